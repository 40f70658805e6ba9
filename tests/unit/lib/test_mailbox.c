/* The mailbox: order, limit, wake-ups, and many posters at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "ff_clock.h"
#include "ff_mailbox.h"

static atomic_int wakes;

static void count_wake(void *ctx)
{
    (void)ctx;
    wakes++;
}

static int reset(void **state)
{
    (void)state;
    wakes = 0;
    return 0;
}

struct taken {
    int items[64];
    size_t count;
};

static void take(void *ctx, void *item)
{
    struct taken *t = ctx;
    t->items[t->count++] = *(int *)item;
}

static void post(struct ff_mailbox *mb, int item)
{
    assert_int_equal(ff_mailbox_post(mb, &item), FF_OK);
}

static void keeps_order_and_wakes_once(void **state)
{
    struct ff_mailbox *mb = ff_mailbox_new(sizeof(int), 100, count_wake, NULL);
    struct taken t = {.count = 0};
    (void)state;
    assert_int_equal(ff_mailbox_drain(mb, 10, take, &t), 0);
    for (int i = 0; i < 20; i++)
        post(mb, i);
    assert_int_equal(wakes, 1);
    assert_int_equal(ff_mailbox_count(mb), 20);
    assert_int_equal(ff_mailbox_drain(mb, SIZE_MAX, take, &t), 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(t.items[i], i);
    assert_int_equal(wakes, 1);
    post(mb, 20);
    assert_int_equal(wakes, 2);
    ff_mailbox_free(&mb);
    assert_null(mb);
    ff_mailbox_free(&mb);
}

static void rest_wakes_again(void **state)
{
    struct ff_mailbox *mb = ff_mailbox_new(sizeof(int), 100, count_wake, NULL);
    struct taken t = {.count = 0};
    (void)state;
    for (int i = 0; i < 5; i++)
        post(mb, i);
    assert_int_equal(ff_mailbox_drain(mb, 2, take, &t), 2);
    assert_int_equal(wakes, 2);
    post(mb, 5);
    assert_int_equal(wakes, 2);
    assert_int_equal(ff_mailbox_count(mb), 4);
    /* What was posted in between waits behind the rest. */
    assert_int_equal(ff_mailbox_drain(mb, 100, take, &t), 3);
    assert_int_equal(wakes, 3);
    assert_int_equal(ff_mailbox_drain(mb, 100, take, &t), 1);
    assert_int_equal(wakes, 3);
    for (int i = 0; i < 6; i++)
        assert_int_equal(t.items[i], i);
    ff_mailbox_free(&mb);
}

static void is_bounded(void **state)
{
    struct ff_mailbox *mb = ff_mailbox_new(sizeof(int), 3, NULL, NULL);
    struct taken t = {.count = 0};
    int item = 9;
    (void)state;
    for (int i = 0; i < 3; i++)
        post(mb, i);
    assert_int_equal(ff_mailbox_post(mb, &item), FF_E_BUSY);
    ff_mailbox_force(mb, &item);
    assert_int_equal(ff_mailbox_count(mb), 4);
    assert_int_equal(ff_mailbox_drain(mb, 1, take, &t), 1);
    assert_int_equal(ff_mailbox_post(mb, &item), FF_E_BUSY);
    while (ff_mailbox_drain(mb, 1, take, &t) > 0) {
    }
    assert_int_equal(t.count, 4);
    assert_int_equal(t.items[3], 9);
    post(mb, 1);
    ff_mailbox_free(&mb);
}

struct echo {
    struct ff_mailbox *mb;
    int count;
};

static void take_and_post(void *ctx, void *item)
{
    struct echo *echo = ctx;
    int n = *(int *)item;
    echo->count++;
    post(echo->mb, n + 1);
}

/* An item that posts another one must not keep the owner for ever. */
static void posting_while_taking_waits(void **state)
{
    struct echo echo = {ff_mailbox_new(sizeof(int), 10, count_wake, NULL), 0};
    (void)state;
    post(echo.mb, 0);
    assert_int_equal(ff_mailbox_drain(echo.mb, 100, take_and_post, &echo), 1);
    assert_int_equal(wakes, 2);
    assert_int_equal(ff_mailbox_drain(echo.mb, 100, take_and_post, &echo), 1);
    assert_int_equal(echo.count, 2);
    ff_mailbox_free(&echo.mb);
}

#define POSTERS 4
#define EACH    20000

struct item {
    int poster, number;
};

struct poster {
    struct ff_mailbox *mb;
    int id;
};

static void *post_many(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < EACH; i++) {
        struct item item = {p->id, i};
        while (ff_mailbox_post(p->mb, &item) == FF_E_BUSY)
            sched_yield();
    }
    return NULL;
}

static void check_order(void *ctx, void *arg)
{
    int *next = ctx;
    struct item *item = arg;
    assert_int_equal(item->number, next[item->poster]);
    next[item->poster]++;
}

static void many_post_at_once(void **state)
{
    struct ff_mailbox *mb =
        ff_mailbox_new(sizeof(struct item), 64, count_wake, NULL);
    struct poster posters[POSTERS];
    pthread_t threads[POSTERS];
    int next[POSTERS] = {0};
    size_t total = 0;
    (void)state;
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){mb, i};
        pthread_create(&threads[i], NULL, post_many, &posters[i]);
    }
    int64_t deadline = ff_clock_steady_ms() + 60000;
    while (total < POSTERS * EACH && ff_clock_steady_ms() < deadline) {
        /* Only a wake-up may be needed to know that there is something. */
        if (atomic_exchange(&wakes, 0) > 0)
            total += ff_mailbox_drain(mb, 50, check_order, next);
        else
            sched_yield();
    }
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(total, POSTERS * EACH);
    assert_int_equal(ff_mailbox_count(mb), 0);
    ff_mailbox_free(&mb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keeps_order_and_wakes_once, reset),
        cmocka_unit_test_setup(rest_wakes_again, reset),
        cmocka_unit_test_setup(is_bounded, reset),
        cmocka_unit_test_setup(posting_while_taking_waits, reset),
        cmocka_unit_test_setup(many_post_at_once, reset),
    };
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
