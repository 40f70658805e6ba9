#ifndef FF_MEM_H
#define FF_MEM_H

/*
 * Memory: allocation that cannot fail (out of memory aborts, in one place), slices of borrowed bytes, and a buffer
 * that grows. Sizes that a client decides are checked before they come here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ff_err.h"

/* Bytes that somebody else owns. Not terminated by NUL. */
struct ff_slice {
    const char *data;
    size_t len;
};

#define FF_SLICE_LIT(s) ((struct ff_slice){(s), sizeof(s) - 1})
struct ff_slice ff_slice_str(const char *s); /* NULL gives an empty slice */
bool ff_slice_eq(struct ff_slice a, struct ff_slice b);
bool ff_slice_is(struct ff_slice a, const char *s);
char *ff_slice_dup(struct ff_slice s); /* new, terminated by NUL */

void *ff_alloc(size_t size);  /* not cleared */
void *ff_zalloc(size_t size); /* cleared */
/* Cleared; align: a power of two. */
void *ff_zalloc_aligned(size_t align, size_t size);
void *ff_realloc(void *p, size_t size);
char *ff_strdup(const char *s); /* NULL gives NULL */
char *ff_strndup(const char *s, size_t len);
char *ff_asprintf(const char *fmt, ...) FF_PRINTF(1, 2);
/* Grow *p to hold at least want items of size; *cap is in items, doubles. */
void *ff_grow(void *p, size_t *cap, size_t want, size_t size);

#define ff_new(type) ((type *)ff_zalloc(sizeof(type)))

/*
 * A growing buffer. Zeroed memory is a valid empty one. Always terminated by NUL behind len once something was put.
 */
struct ff_buf {
    char *data;
    size_t len;
    size_t cap;
};

void ff_buf_fini(struct ff_buf *b); /* free, and empty again */
void ff_buf_clear(struct ff_buf *b);
void ff_buf_reserve(struct ff_buf *b, size_t more);
void ff_buf_add(struct ff_buf *b, const void *data, size_t len);
void ff_buf_addc(struct ff_buf *b, char c);
void ff_buf_adds(struct ff_buf *b, const char *s);
void ff_buf_addslice(struct ff_buf *b, struct ff_slice s);
void ff_buf_addf(struct ff_buf *b, const char *fmt, ...) FF_PRINTF(2, 3);
void ff_buf_drop(struct ff_buf *b, size_t n); /* forget the first n bytes */
struct ff_slice ff_buf_slice(const struct ff_buf *b);
char *ff_buf_take(struct ff_buf *b); /* caller owns the text; b is empty */

#endif
