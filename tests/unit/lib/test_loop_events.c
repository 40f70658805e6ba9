/* The loop: descriptors, wake-ups, signals, the end. */
#include "loop_steps.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* --- descriptors ------------------------------------------------------------ */

struct reader {
    int fd, bytes;
};

static void read_one(void *ctx)
{
    struct reader *r = ctx;
    char byte;
    if (read(r->fd, &byte, 1) == 1)
        r->bytes++;
}

static void watches_reading(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct reader r = {ends[0], 0};
    struct ff_watch *watch = ff_watch_new(loop, ends[0], false, read_one, &r);
    ff_loop_step(loop, 0);
    assert_int_equal(r.bytes, 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    step_until(&r.bytes, 3);
    ff_watch_free(&watch);
    assert_null(watch);
    ff_watch_free(&watch);
    assert_int_equal(write(ends[1], "d", 1), 1);
    ff_loop_step(loop, 0);
    assert_int_equal(r.bytes, 3);
    close(ends[0]);
    close(ends[1]);
}

static void watches_writing(void **state)
{
    int ends[2], writable = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct ff_watch *watch =
        ff_watch_new(loop, ends[1], true, count, &writable);
    step_until(&writable, 1);
    ff_watch_free(&watch);
    close(ends[0]);
    close(ends[1]);
}

/* The other end goes: the owner is told, so that it reads and sees the end. */
static void watch_tells_the_end(void **state)
{
    int ends[2], told = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct ff_watch *watch = ff_watch_new(loop, ends[0], false, count, &told);
    close(ends[1]);
    step_until(&told, 1);
    ff_watch_free(&watch);
    close(ends[0]);
}

/* --- wake-ups, signals, the end --------------------------------------------- */

static void *wake_many(void *wake)
{
    for (int i = 0; i < 100; i++)
        ff_wake_up(wake);
    return NULL;
}

static void wakes_from_another_thread(void **state)
{
    pthread_t thread;
    int woken = 0;
    struct ff_wake *wake = ff_wake_new(loop, count, &woken);
    (void)state;
    pthread_create(&thread, NULL, wake_many, wake);
    int64_t deadline = ff_clock_steady_ms() + PATIENCE_MS;
    while (woken == 0 && ff_clock_steady_ms() < deadline)
        ff_loop_step(loop, 100);
    pthread_join(thread, NULL);
    assert_in_range(woken, 1, 100);
    ff_wake_free(&wake);
    assert_null(wake);
    ff_wake_free(&wake);
}

static void on_signal(void *ctx, int signo)
{
    assert_int_equal(signo, SIGUSR1);
    count(ctx);
}

static void signals_arrive_on_the_loop(void **state)
{
    int got = 0;
    (void)state;
    ff_loop_on_signal(loop, SIGUSR1, on_signal, &got);
    raise(SIGUSR1);
    step_until(&got, 1);
}

/* What its owner left behind goes with the loop (the sanitizer looks). */
static void end_frees_everything(void **state)
{
    int ends[2], n = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    ff_timer_new(loop, 1000000, 0, count, &n);
    ff_watch_new(loop, ends[0], false, count, &n);
    ff_wake_new(loop, count, &n);
    ff_loop_on_signal(loop, SIGUSR2, on_signal, &n);
    ff_loop_on_pass(loop, count, &n);
    ff_loop_free(&loop);
    close(ends[0]);
    close(ends[1]);
    ff_loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(watches_reading),
        T(watches_writing),
        T(watch_tells_the_end),
        T(wakes_from_another_thread),
        T(signals_arrive_on_the_loop),
        T(end_frees_everything),
    };
    return cmocka_run_group_tests_name("loop_events", tests, NULL, NULL);
}
