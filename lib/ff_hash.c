#include "ff_hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

void ff_sha256(struct ff_slice data, uint8_t out[32])
{
    if (EVP_Digest(data.data, data.len, out, NULL, EVP_sha256(), NULL) != 1)
        ff_bug("sha256");
}

void ff_hmac_sha256(struct ff_slice key, struct ff_slice data, uint8_t out[32])
{
    if (key.len > INT32_MAX ||
        !HMAC(EVP_sha256(), key.len ? key.data : "", (int)key.len,
              (const unsigned char *)data.data, data.len, out, NULL))
        ff_bug("hmac");
}

void ff_hex(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = '\0';
}

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void ff_base64(struct ff_buf *out, struct ff_slice data)
{
    const uint8_t *p = (const uint8_t *)data.data;
    ff_buf_reserve(out, data.len / 3 * 4 + 4);
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t bits = (uint32_t)p[i] << 16;
        bits |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        bits |= left > 2 ? p[i + 2] : 0;
        char quad[4] = {base64[bits >> 18], base64[bits >> 12 & 63],
                        left > 1 ? base64[bits >> 6 & 63] : '=',
                        left > 2 ? base64[bits & 63] : '='};
        ff_buf_add(out, quad, sizeof(quad));
    }
}

/* 2..4 characters are 1..3 bytes; the bits that are left over must be zero. */
static ff_err decode_quad(struct ff_buf *out, const char *text, size_t len,
                          const char *alphabet)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!at)
            return FF_E_INVALID;
        bits |= (uint32_t)(at - alphabet) << (18 - 6 * i);
    }
    if (len < 2 || (bits & (0xffffffu >> (8 * (len - 1)))) != 0)
        return FF_E_INVALID;
    uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8),
                        (uint8_t)bits};
    ff_buf_add(out, bytes, len - 1);
    return FF_OK;
}

/* Appends all or nothing. */
static ff_err decode(struct ff_buf *out, struct ff_slice text,
                     const char *alphabet)
{
    size_t before = out->len;
    ff_buf_reserve(out, text.len);
    for (size_t i = 0; i < text.len; i += 4) {
        size_t left = text.len - i;
        if (decode_quad(out, text.data + i, left < 4 ? left : 4, alphabet) !=
            FF_OK) {
            out->len = before;
            out->data[before] = '\0';
            return FF_E_INVALID;
        }
    }
    return FF_OK;
}

ff_err ff_base64_decode(struct ff_buf *out, struct ff_slice text)
{
    if (text.len % 4 != 0)
        return FF_E_INVALID;
    for (int i = 0; i < 2 && text.len > 0; i++)
        text.len -= text.data[text.len - 1] == '=';
    return decode(out, text, base64);
}

ff_err ff_base64url_decode(struct ff_buf *out, struct ff_slice text)
{
    return decode(out, text, base64url);
}

void ff_random(void *out, size_t len)
{
    char *p = out;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno != EINTR)
            ff_bug("getrandom: %s", strerror(errno));
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}

/* A number below n without bias; n <= 256. */
static unsigned random_below(unsigned n)
{
    uint8_t byte;
    do {
        ff_random(&byte, 1);
    } while (byte >= 256 / n * n);
    return byte % n;
}

void ff_random_name(char *out, size_t n)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < n; i++)
        out[i] = characters[random_below(i == 0 ? 26 : 36)];
    out[n] = '\0';
}

bool ff_same(struct ff_slice a, struct ff_slice b)
{
    return a.len == b.len &&
           (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}
