/* Base64: what decodes encodes to the very same text, and the other way. */
#include "ff_hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ff_slice in = {(const char *)data, size};
    struct ff_buf bytes = {0}, text = {0};
    if (ff_base64_decode(&bytes, in) == FF_OK) {
        ff_base64(&text, ff_buf_slice(&bytes));
        if (!ff_slice_eq(ff_buf_slice(&text), in))
            ff_bug("two texts for the same bytes");
    }
    ff_buf_clear(&bytes);
    ff_buf_clear(&text);
    ff_base64(&text, in);
    if (ff_base64_decode(&bytes, ff_buf_slice(&text)) != FF_OK ||
        !ff_slice_eq(ff_buf_slice(&bytes), in))
        ff_bug("the bytes did not come back");
    ff_buf_clear(&bytes);
    if (ff_base64url_decode(&bytes, in) == FF_OK && bytes.len != size * 3 / 4)
        ff_bug("%zu characters gave %zu bytes", size, bytes.len);
    ff_buf_fini(&bytes);
    ff_buf_fini(&text);
    return 0;
}
