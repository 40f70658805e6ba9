#include "ff_mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *p, size_t size)
{
    if (!p) {
        fprintf(stderr, "out of memory: %zu bytes wanted\n", size);
        abort();
    }
    return p;
}

struct ff_slice ff_slice_str(const char *s)
{
    return s ? (struct ff_slice){s, strlen(s)} : FF_SLICE_LIT("");
}

bool ff_slice_eq(struct ff_slice a, struct ff_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool ff_slice_is(struct ff_slice a, const char *s)
{
    return ff_slice_eq(a, ff_slice_str(s));
}

char *ff_slice_dup(struct ff_slice s)
{
    char *copy = ff_alloc(s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return copy;
}

void *ff_alloc(size_t size)
{
    size += size == 0;
    return or_abort(malloc(size), size);
}

void *ff_zalloc(size_t size)
{
    size += size == 0;
    return or_abort(calloc(1, size), size);
}

void *ff_zalloc_aligned(size_t align, size_t size)
{
    size = (size + align - 1) / align * align;
    return memset(or_abort(aligned_alloc(align, size), size), 0, size);
}

void *ff_realloc(void *p, size_t size)
{
    size += size == 0;
    return or_abort(realloc(p, size), size);
}

char *ff_strdup(const char *s)
{
    return s ? ff_slice_dup(ff_slice_str(s)) : NULL;
}

char *ff_strndup(const char *s, size_t len)
{
    return ff_slice_dup((struct ff_slice){s, strnlen(s, len)});
}

char *ff_asprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = NULL;
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    return or_abort(len < 0 ? NULL : text, 0);
}

void *ff_grow(void *p, size_t *cap, size_t want, size_t size)
{
    if (want <= *cap)
        return p;
    size_t items = *cap < 8 ? 8 : *cap;
    while (items < want)
        items = items > SIZE_MAX / 2 ? want : items * 2;
    size_t bytes;
    if (__builtin_mul_overflow(items, size, &bytes))
        or_abort(NULL, SIZE_MAX);
    p = ff_realloc(p, bytes);
    *cap = items;
    return p;
}

void ff_buf_fini(struct ff_buf *b)
{
    free(b->data);
    *b = (struct ff_buf){0};
}

void ff_buf_clear(struct ff_buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void ff_buf_reserve(struct ff_buf *b, size_t more)
{
    size_t want;
    if (__builtin_add_overflow(b->len + 1, more, &want))
        or_abort(NULL, SIZE_MAX);
    b->data = ff_grow(b->data, &b->cap, want, 1);
}

void ff_buf_add(struct ff_buf *b, const void *data, size_t len)
{
    ff_buf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void ff_buf_addc(struct ff_buf *b, char c)
{
    ff_buf_add(b, &c, 1);
}

void ff_buf_adds(struct ff_buf *b, const char *s)
{
    ff_buf_add(b, s, strlen(s));
}

void ff_buf_addslice(struct ff_buf *b, struct ff_slice s)
{
    ff_buf_add(b, s.data, s.len);
}

void ff_buf_addf(struct ff_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        ff_bug("format %s", fmt);
    ff_buf_reserve(b, (size_t)len);
    vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
    va_end(again);
    b->len += (size_t)len;
}

void ff_buf_drop(struct ff_buf *b, size_t n)
{
    if (n >= b->len) {
        ff_buf_clear(b);
        return;
    }
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
}

struct ff_slice ff_buf_slice(const struct ff_buf *b)
{
    return b->data ? (struct ff_slice){b->data, b->len} : FF_SLICE_LIT("");
}

char *ff_buf_take(struct ff_buf *b)
{
    char *text = b->data ? b->data : ff_strdup("");
    *b = (struct ff_buf){0};
    return text;
}
