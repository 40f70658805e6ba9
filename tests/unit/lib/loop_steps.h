#ifndef LOOP_STEPS_H
#define LOOP_STEPS_H

/* What tests of the loop have in common: one loop, and turning it until something was counted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_clock.h"
#include "ff_loop.h"

#define PATIENCE_MS 30000

static struct ff_loop *loop;

static inline int setup(void **state)
{
    (void)state;
    loop = ff_loop_new();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    ff_loop_free(&loop);
    return loop != NULL;
}

static inline void count(void *arg)
{
    (*(int *)arg)++;
}

static inline void step_until(const int *counter, int wanted)
{
    int64_t deadline = ff_clock_steady_ms() + PATIENCE_MS;
    while (*counter < wanted && ff_clock_steady_ms() < deadline)
        ff_loop_step(loop, 100);
    assert_int_equal(*counter, wanted);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
