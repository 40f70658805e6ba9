#ifndef LIVE_STEPS_H
#define LIVE_STEPS_H

/* For tests of one replica: it is there before each, and gone after it. */

#include "live.h"

static struct live live;

static inline int setup(void **state)
{
    (void)state;
    live_open_one(&live);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    live_fini(&live);
    return 0;
}

#endif
