#include "ff_clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define YEAR_10000_MS 253402300800000

static atomic_bool frozen;
static _Atomic int64_t frozen_unix_ms, frozen_steady_ms;

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t ff_clock_ms(void)
{
    return frozen ? frozen_unix_ms : now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t ff_clock_steady_ms(void)
{
    return frozen ? frozen_steady_ms : now_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t ff_clock_steady_ns(void)
{
    return frozen ? frozen_steady_ms * 1000000 : now_ns(CLOCK_MONOTONIC);
}

void ff_clock_freeze(int64_t unix_ms, int64_t steady_ms)
{
    frozen_unix_ms = unix_ms;
    frozen_steady_ms = steady_ms;
    frozen = true;
}

void ff_clock_thaw(void)
{
    frozen = false;
}

void ff_clock_rfc3339(int64_t unix_ms, char out[32])
{
    if (unix_ms < 0)
        unix_ms = 0;
    if (unix_ms >= YEAR_10000_MS)
        unix_ms = YEAR_10000_MS - 1;
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    size_t len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out + len, 32 - len, ".%03dZ", (int)(unix_ms % 1000));
}
