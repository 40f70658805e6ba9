#ifndef FF_CLOCK_H
#define FF_CLOCK_H

/*
 * Time. Wall time for what people and peers see, steady time for deadlines. Tests may freeze both. Any thread.
 */

#include <stddef.h>
#include <stdint.h>

int64_t ff_clock_ms(void);        /* Unix milliseconds */
int64_t ff_clock_steady_ms(void); /* never goes back */
int64_t ff_clock_steady_ns(void);
void ff_clock_freeze(int64_t unix_ms, int64_t steady_ms); /* tests only */
void ff_clock_thaw(void);
/* "2026-11-21T15:00:00.123Z"; out holds 32 bytes. */
void ff_clock_rfc3339(int64_t unix_ms, char out[32]);

#endif
