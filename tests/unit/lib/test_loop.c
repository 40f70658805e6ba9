/* The loop: tasks, timers, passes. */
#include "loop_steps.h"

#include <pthread.h>
#include <sched.h>

/* --- tasks ------------------------------------------------------------------ */

static char order[16];

static void note(void *arg)
{
    strncat(order, arg, sizeof(order) - strlen(order) - 1);
}

static void tasks_run_in_order(void **state)
{
    char a[] = "a", b[] = "b", c[] = "c";
    int done = 0;
    (void)state;
    order[0] = '\0';
    assert_int_equal(ff_loop_post(loop, note, a), FF_OK);
    assert_int_equal(ff_loop_post(loop, note, b), FF_OK);
    assert_int_equal(ff_loop_post(loop, note, c), FF_OK);
    assert_int_equal(ff_loop_post(loop, count, &done), FF_OK);
    step_until(&done, 1);
    assert_string_equal(order, "abc");
}

static void tasks_are_bounded(void **state)
{
    int done = 0;
    (void)state;
    for (int i = 0; i < 65536; i++)
        assert_int_equal(ff_loop_post(loop, count, &done), FF_OK);
    assert_int_equal(ff_loop_post(loop, count, &done), FF_E_BUSY);
    step_until(&done, 65536);
}

static void waiting_tasks_run_at_the_end(void **state)
{
    int done = 0;
    (void)state;
    for (int i = 0; i < 5000; i++)
        assert_int_equal(ff_loop_post(loop, count, &done), FF_OK);
    ff_loop_free(&loop);
    assert_int_equal(done, 5000);
}

static void stop_loop(void *arg)
{
    (void)arg;
    ff_loop_stop(loop);
}

static void *post_from_outside(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        while (ff_loop_post(loop, count, arg) == FF_E_BUSY)
            sched_yield();
    }
    while (ff_loop_post(loop, stop_loop, NULL) == FF_E_BUSY)
        sched_yield();
    return NULL;
}

static void others_post_while_it_runs(void **state)
{
    pthread_t thread;
    int done = 0;
    (void)state;
    pthread_create(&thread, NULL, post_from_outside, &done);
    ff_loop_run(loop);
    pthread_join(thread, NULL);
    assert_int_equal(done, 1000);
}

static void *stop_from_outside(void *arg)
{
    (void)arg;
    ff_loop_stop(loop);
    return NULL;
}

static void stop_before_run_is_not_lost(void **state)
{
    pthread_t thread;
    (void)state;
    pthread_create(&thread, NULL, stop_from_outside, NULL);
    pthread_join(thread, NULL);
    ff_loop_run(loop);
    /* And it can run again. */
    pthread_create(&thread, NULL, stop_from_outside, NULL);
    ff_loop_run(loop);
    pthread_join(thread, NULL);
}

/* --- timers ----------------------------------------------------------------- */

static void timer_fires_once(void **state)
{
    int once = 0, many = 0;
    struct ff_timer *a = ff_timer_new(loop, 0, 0, count, &once);
    struct ff_timer *b = ff_timer_new(loop, 1, 1, count, &many);
    (void)state;
    step_until(&many, 5);
    assert_int_equal(once, 1);
    ff_timer_free(&a);
    ff_timer_free(&b);
    assert_null(a);
    ff_timer_free(&a);
    ff_loop_step(loop, 5);
    assert_int_equal(many, 5);
}

static void timer_is_not_early(void **state)
{
    int done = 0;
    int64_t began = ff_clock_steady_ms();
    struct ff_timer *timer = ff_timer_new(loop, 50, 0, count, &done);
    (void)state;
    step_until(&done, 1);
    assert_true(ff_clock_steady_ms() - began >= 49);
    ff_timer_free(&timer);
}

struct self {
    struct ff_timer *timer;
    int fired;
};

static void free_itself(void *ctx)
{
    struct self *self = ctx;
    self->fired++;
    ff_timer_free(&self->timer);
}

static void timer_may_free_itself(void **state)
{
    struct self self = {.fired = 0};
    (void)state;
    self.timer = ff_timer_new(loop, 0, 1, free_itself, &self);
    step_until(&self.fired, 1);
    ff_loop_step(loop, 5);
    assert_int_equal(self.fired, 1);
    assert_null(self.timer);
}

static void step_gives_up_in_time(void **state)
{
    (void)state;
    int64_t began = ff_clock_steady_ms();
    ff_loop_step(loop, 20);
    assert_true(ff_clock_steady_ms() - began >= 19);
    ff_loop_step(loop, 0);
}

/* --- passes ----------------------------------------------------------------- */

static void every_pass_is_seen(void **state)
{
    int a = 0, b = 0;
    (void)state;
    ff_loop_on_pass(loop, count, &a);
    ff_loop_on_pass(loop, count, &b);
    ff_loop_step(loop, 0);
    ff_loop_step(loop, 0);
    assert_int_equal(a, 2);
    assert_int_equal(b, 2);
    ff_loop_on_pass(loop, NULL, &a);
    ff_loop_step(loop, 0);
    assert_int_equal(a, 2);
    assert_int_equal(b, 3);
    ff_loop_on_pass(loop, NULL, &b);
    ff_loop_step(loop, 0);
    assert_int_equal(b, 3);
    ff_loop_on_pass(loop, count, &a);
    ff_loop_step(loop, 0);
    assert_int_equal(a, 3);
}

static void end_own_pass(void *ctx)
{
    count(ctx);
    ff_loop_on_pass(loop, NULL, ctx);
}

static void pass_may_end_itself(void **state)
{
    int a = 0, b = 0;
    (void)state;
    ff_loop_on_pass(loop, end_own_pass, &a);
    ff_loop_on_pass(loop, count, &b);
    ff_loop_step(loop, 0);
    ff_loop_step(loop, 0);
    assert_int_equal(a, 1);
    assert_int_equal(b, 2);
}

/* What a task does is seen by the pass before the loop waits again. */
static void pass_comes_before_waiting(void **state)
{
    int done = 0, passes = 0;
    (void)state;
    ff_loop_on_pass(loop, count, &passes);
    assert_int_equal(ff_loop_post(loop, count, &done), FF_OK);
    step_until(&done, 1);
    int before = passes;
    ff_loop_step(loop, 1);
    assert_int_equal(passes, before + 1);
}

static void nested(void *arg)
{
    struct ff_loop *inner = ff_loop_new();
    struct ff_timer *timer = ff_timer_new(inner, 0, 0, count, arg);
    int64_t deadline = ff_clock_steady_ms() + PATIENCE_MS;
    while (*(int *)arg == 0 && ff_clock_steady_ms() < deadline)
        ff_loop_step(inner, 100);
    ff_timer_free(&timer);
    ff_loop_free(&inner);
}

static void loops_do_not_share(void **state)
{
    int done = 0;
    (void)state;
    assert_int_equal(ff_loop_post(loop, nested, &done), FF_OK);
    step_until(&done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(tasks_run_in_order),           T(tasks_are_bounded),
        T(waiting_tasks_run_at_the_end), T(others_post_while_it_runs),
        T(stop_before_run_is_not_lost),  T(timer_fires_once),
        T(timer_is_not_early),           T(timer_may_free_itself),
        T(step_gives_up_in_time),        T(every_pass_is_seen),
        T(pass_may_end_itself),          T(pass_comes_before_waiting),
        T(loops_do_not_share),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
