#include "loadgen_mark.h"

#include "loadgen_util.h"

#include <string.h>

#define PREFIX       "fb:"
#define PREFIX_BYTES 3
#define SEQ_DIGITS   10
#define DUE_DIGITS   19
#define SEQ_AT       (PREFIX_BYTES + 2)
#define DUE_AT       (SEQ_AT + SEQ_DIGITS + 1)
#define MARK_BYTES   (DUE_AT + DUE_DIGITS)

static void write_digits(char *out, unsigned count, uint64_t value)
{
    while (count-- > 0) {
        out[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

static uint64_t read_digits(const char *text, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    return value;
}

void mark_write(const struct mark *mark, char *out_body, size_t size)
{
    static const char open[] = "{\"bench\":\"" PREFIX;
    char *at = out_body + sizeof(open) - 1 - PREFIX_BYTES;

    memset(out_body, 'x', size);
    memcpy(out_body, open, sizeof(open) - 1);
    at[PREFIX_BYTES] = (char)('0' + mark->stream);
    at[SEQ_AT - 1] = at[DUE_AT - 1] = at[MARK_BYTES] = ':';
    write_digits(at + SEQ_AT, SEQ_DIGITS, mark->seq);
    write_digits(at + DUE_AT, DUE_DIGITS, (uint64_t)mark->due_ns);
    memcpy(out_body + size - 2, "\"}", 2);
}

static bool is_mark(const char *at)
{
    return memcmp(at, PREFIX, PREFIX_BYTES) == 0 && at[SEQ_AT - 1] == ':' &&
           at[DUE_AT - 1] == ':';
}

bool mark_find(const char *data, size_t len, size_t *hint,
               struct mark *out_mark)
{
    const char *at = data + *hint;

    if (len < MARK_BYTES)
        return false;
    if (*hint > len - MARK_BYTES || !is_mark(at)) {
        at = find_text(data, len, PREFIX);
        if (!at || (size_t)(data + len - at) < MARK_BYTES || !is_mark(at))
            return false;
        *hint = (size_t)(at - data);
    }
    out_mark->stream = (uint32_t)(at[PREFIX_BYTES] - '0');
    out_mark->seq = (uint32_t)read_digits(at + SEQ_AT, SEQ_DIGITS);
    out_mark->due_ns = (int64_t)read_digits(at + DUE_AT, DUE_DIGITS);
    return out_mark->stream < MARK_STREAMS;
}
