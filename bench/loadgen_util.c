#include "loadgen_util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

_Noreturn void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("fanfare-loadgen: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

void *must_alloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);

    if (!memory)
        die("out of memory");
    return memory;
}

void *must_grow(void *old, size_t size)
{
    void *memory = realloc(old, size);

    if (!memory)
        die("out of memory");
    return memory;
}

uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1DULL;
}

uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return limit ? (random_next(state) >> 11) % limit : 0;
}

const char *find_text(const char *data, size_t len, const char *text)
{
    return memmem(data, len, text, strlen(text));
}

/* Where the value of "key": begins, or NULL. */
static const char *find_value(const char *data, size_t len, const char *key)
{
    char quoted[48];
    const char *found;

    snprintf(quoted, sizeof(quoted), "\"%s\":", key);
    found = find_text(data, len, quoted);
    return found ? found + strlen(quoted) : NULL;
}

bool find_number(const char *data, size_t len, const char *key,
                 uint64_t *out_value)
{
    const char *at = find_value(data, len, key);
    uint64_t value = 0;

    if (!at || at == data + len || *at < '0' || *at > '9')
        return false;
    for (; at < data + len && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    *out_value = value;
    return true;
}

bool find_string(const char *data, size_t len, const char *key, char *out_text,
                 size_t text_size)
{
    const char *at = find_value(data, len, key);
    const char *end;
    size_t size;

    if (!at || at == data + len || *at++ != '"')
        return false;
    end = memchr(at, '"', (size_t)(data + len - at));
    if (!end || (size = (size_t)(end - at)) >= text_size)
        return false;
    memcpy(out_text, at, size);
    out_text[size] = '\0';
    return true;
}
