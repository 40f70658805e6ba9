/* Between hub and workers: order, ownership, and what is too much. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/handoff.h"

struct got {
    size_t count;
    int64_t last;
    bool disordered;
};

static void take_worker(void *ctx, struct to_worker *item)
{
    struct got *got = ctx;
    got->disordered |= item->limit != got->last + 1;
    got->last = item->limit;
    got->count++;
    to_worker_fini(item);
}

static void take_hub(void *ctx, struct to_hub *item)
{
    struct got *got = ctx;
    got->count++;
    to_hub_fini(item);
}

static void wake(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static void items_move_in_order(void **state)
{
    (void)state;
    struct handoff *h = handoff_new(2);
    atomic_int wakes = 0;
    handoff_on_worker(h, 1, wake, &wakes);
    assert_int_equal(handoff_workers(h), 2);
    for (int64_t i = 1; i <= 1000; i++) {
        struct to_worker item = {.type = TO_WORKER_DELIVER, .limit = i};
        item.channel = ff_strdup("chat");
        handoff_to_worker(h, 1, &item);
        assert_null(item.channel);
    }
    assert_int_equal(wakes, 1);
    struct got got = {0};
    while (handoff_drain_worker(h, 1, take_worker, &got) > 0)
        ;
    assert_int_equal(got.count, 1000);
    assert_false(got.disordered);
    assert_true(wakes > 1); /* it was asked to come again */
    assert_int_equal(handoff_drain_worker(h, 0, take_worker, &got), 0);
    handoff_free(&h);
    assert_null(h);
}

static void a_full_hub_refuses_and_keeps_nothing(void **state)
{
    (void)state;
    struct handoff *h = handoff_new(1);
    size_t sent = 0;
    struct to_hub item = {.type = TO_HUB_DROP};
    for (;;) {
        item.channel = ff_strdup("x");
        if (handoff_to_hub(h, &item) != FF_OK)
            break;
        assert_true(++sent < 1000000);
    }
    assert_string_equal(item.channel, "x");
    to_hub_fini(&item);
    struct got got = {0};
    while (handoff_drain_hub(h, take_hub, &got) > 0)
        ;
    assert_int_equal(got.count, sent);
    handoff_free(&h);
}

/* Everything that an item can own; the sanitizer sees what is forgotten. */
static void what_is_left_is_freed(void **state)
{
    (void)state;
    struct handoff *h = handoff_new(1);
    struct query *query = ff_new(struct query);
    atomic_init(&query->refs, 1);
    query->app = ff_strdup("dev");
    query->reason = ff_strdup("because");
    struct to_hub up = {.type = TO_HUB_PUBLISH,
                        .channel = ff_strdup("c"),
                        .event = ff_strdup("e"),
                        .sender = ff_strdup("s"),
                        .recipients = ff_strdup("r"),
                        .except = ff_strdup("x"),
                        .key = ff_strdup("k"),
                        .body = ff_strdup("b"),
                        .text = ff_strdup("t"),
                        .user = ff_strdup("u"),
                        .query = query_ref(query)};
    up.reply.ref = ff_strdup("1");
    assert_int_equal(handoff_to_hub(h, &up), FF_OK);
    struct to_worker down = {.type = TO_WORKER_QUERY,
                             .channel = ff_strdup("c"),
                             .text = ff_strdup("t"),
                             .user = ff_strdup("u"),
                             .token_id = ff_strdup("i"),
                             .identity = ff_new(struct ff_identity),
                             .query = query};
    down.identity->user_id = ff_strdup("42");
    down.reply.ref = ff_strdup("2");
    handoff_to_worker(h, 0, &down);
    handoff_free(&h);
}

static void *post_many(void *arg)
{
    struct handoff *h = arg;
    for (int64_t i = 1; i <= 50000; i++) {
        struct to_worker item = {.type = TO_WORKER_BUS, .limit = i};
        handoff_to_worker(h, 0, &item);
    }
    return NULL;
}

static void across_threads(void **state)
{
    (void)state;
    struct handoff *h = handoff_new(1);
    pthread_t poster;
    struct got got = {0};
    assert_int_equal(pthread_create(&poster, NULL, post_many, h), 0);
    while (got.count < 50000)
        handoff_drain_worker(h, 0, take_worker, &got);
    pthread_join(poster, NULL);
    assert_false(got.disordered);
    handoff_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_move_in_order),
        cmocka_unit_test(a_full_hub_refuses_and_keeps_nothing),
        cmocka_unit_test(what_is_left_is_freed),
        cmocka_unit_test(across_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
