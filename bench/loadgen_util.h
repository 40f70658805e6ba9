/*
 * loadgen_util - the small things every part of the load generator uses:
 * a monotonic clock in nanoseconds, fatal errors, memory that never fails, a
 * private random generator, and bytes searched in bytes.
 * The generator shares no code with the services that it judges.
 */
#ifndef LOADGEN_UTIL_H
#define LOADGEN_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS  1000000
#define NS_PER_SEC 1000000000

/* CLOCK_MONOTONIC, nanoseconds. */
int64_t now_ns(void);

/* Print the reason and end with status 2: a run that cannot be judged. */
_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Zeroed memory; dies where there is none. */
void *must_alloc(size_t count, size_t size);
void *must_grow(void *old, size_t size);

/* xorshift64*: below(n) is uniform enough for jitter. Any state but 0. */
uint64_t random_next(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t limit);

/* First place of text in data, or NULL. */
const char *find_text(const char *data, size_t len, const char *text);

/* The number or string that follows "key": in data; false where absent. */
bool find_number(const char *data, size_t len, const char *key,
                 uint64_t *out_value);
bool find_string(const char *data, size_t len, const char *key, char *out_text,
                 size_t text_size);

#endif
