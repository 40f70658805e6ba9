#ifndef FF_HASH_H
#define FF_HASH_H

/*
 * SHA-256, HMAC, base64, hex, random bytes and comparison in constant time; libcrypto below. Any thread.
 */

#include "ff_mem.h"

void ff_sha256(struct ff_slice data, uint8_t out[32]);
void ff_hmac_sha256(struct ff_slice key, struct ff_slice data, uint8_t out[32]);
void ff_hex(const uint8_t *data, size_t len, char *out); /* 2 * len + 1 bytes */
void ff_base64(struct ff_buf *out, struct ff_slice data);
FF_MUST_USE ff_err ff_base64_decode(struct ff_buf *out, struct ff_slice text);
FF_MUST_USE ff_err ff_base64url_decode(struct ff_buf *out,
                                       struct ff_slice text);
void ff_random(void *out, size_t len);
/* n characters of [0-9a-z], the first one a letter, and a NUL. */
void ff_random_name(char *out, size_t n);
bool ff_same(struct ff_slice a,
             struct ff_slice b); /* constant time for equal lengths */

#endif
