/* Recent messages: what a ring holds, and the budget of all rings. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/gateway/ring.h"

static struct message *make(uint64_t offset, const char *body)
{
    char text[24];
    struct message *message;

    snprintf(text, sizeof(text), "%llu", (unsigned long long)offset);
    const struct ff_bus_header header = {"Nats-Sequence", ff_slice_str(text)};
    const struct ff_bus_out out = {.subject = "ff.ch.dev.00.a",
                                   .body = ff_slice_str(body),
                                   .headers = &header,
                                   .header_count = 1};
    struct ff_bus_msg *bus = ff_bus_msg_new(&out);
    assert_int_equal(message_new(bus, &message), FF_OK);
    ff_bus_msg_unref(&bus);
    return message;
}

static void add(struct ring *ring, uint64_t offset)
{
    struct message *message = make(offset, "1");

    ring_add(ring, message);
    message_unref(&message);
}

static void add_all(struct ring *ring, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i <= last; i += 2)
        add(ring, i);
}

static void it_has_all_after_from(void **state)
{
    struct ring_pool pool;
    struct ring ring;
    struct message *got[4];

    (void)state;
    ring_pool_init(&pool, 4, 1 << 20);
    ring_init(&ring, &pool, 10);
    assert_true(ring_covers(&ring, 10));
    assert_false(ring_covers(&ring, 9));
    add_all(&ring, 11, 21); /* 15 17 19 21 stay */
    assert_int_equal(ring.count, 4);
    assert_false(ring_covers(&ring, 12));
    assert_true(ring_covers(&ring, 13));
    assert_int_equal(ring_count_after(&ring, 13), 4);
    assert_int_equal(ring_count_after(&ring, 16), 3);
    assert_int_equal(ring_count_after(&ring, 21), 0);
    ring_copy_after(&ring, 17, got);
    assert_int_equal(got[0]->m.offset, 19);
    assert_int_equal(got[1]->m.offset, 21);
    message_unref(&got[0]);
    message_unref(&got[1]);
    ring_fini(&ring);
    assert_int_equal(pool.bytes, 0);
}

static void what_was_removed_is_not_shown(void **state)
{
    struct ring_pool pool;
    struct ring ring;

    (void)state;
    ring_pool_init(&pool, 8, 1 << 20);
    ring_init(&ring, &pool, 0);
    add_all(&ring, 1, 9);
    ring_forget(&ring, 6);
    assert_int_equal(ring.count, 2);
    assert_false(ring_covers(&ring, 5));
    assert_true(ring_covers(&ring, 6));
    ring_forget(&ring, 20);
    assert_int_equal(ring.count, 0);
    assert_false(ring_covers(&ring, 19));
    ring_fini(&ring);
}

static void the_least_used_pays_for_the_others(void **state)
{
    struct ring_pool pool;
    struct ring one, two;
    struct message *got[1];

    (void)state;
    ring_pool_init(&pool, 100, 5000); /* some nine small messages */
    ring_init(&one, &pool, 0);
    ring_init(&two, &pool, 0);
    add_all(&one, 1, 7);
    add_all(&two, 1, 7);
    ring_copy_after(&one, 5, got); /* used last */
    message_unref(&got[0]);
    add_all(&one, 9, 15);
    assert_int_equal(one.count, 8);
    assert_int_equal(two.count, 1);
    assert_true(ring_covers(&one, 0));
    assert_false(ring_covers(&two, 0));
    assert_true(pool.bytes <= 5000);
    ring_fini(&one);
    ring_fini(&two);
}

static void one_ring_alone_keeps_to_the_budget(void **state)
{
    struct ring_pool pool;
    struct ring ring;

    (void)state;
    ring_pool_init(&pool, 100, 2000);
    ring_init(&ring, &pool, 0);
    add_all(&ring, 1, 199);
    assert_int_equal(ring.count, 3);
    assert_int_equal(ring.from, 193);
    ring_fini(&ring);
}

static void a_ring_of_nothing_holds_nothing(void **state)
{
    struct ring_pool pool;
    struct ring ring;

    (void)state;
    ring_pool_init(&pool, 0, 2000);
    ring_init(&ring, &pool, 0);
    add_all(&ring, 1, 5);
    assert_int_equal(ring.count, 0);
    assert_true(ring_covers(&ring, 5));
    assert_false(ring_covers(&ring, 4));
    ring_fini(&ring);
}

/* Against a plain list. */
static void it_is_the_end_of_a_list(void **state)
{
    struct ring_pool pool;
    struct ring ring;
    uint64_t offset = 0, seed = 88172645463325252u;

    (void)state;
    ring_pool_init(&pool, 7, 1 << 20);
    ring_init(&ring, &pool, 0);
    for (unsigned i = 1; i < 500; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        offset += 1 + seed % 3;
        add(&ring, offset);
        assert_int_equal(ring.count, i < 7 ? i : 7);
        assert_int_equal(ring_count_after(&ring, offset), 0);
        assert_int_equal(ring_count_after(&ring, offset - 1), 1);
        assert_int_equal(ring_count_after(&ring, ring.from), ring.count);
    }
    ring_reset(&ring, offset);
    assert_int_equal(ring.count, 0);
    assert_int_equal(pool.bytes, 0);
    ring_fini(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_all_after_from),
        cmocka_unit_test(what_was_removed_is_not_shown),
        cmocka_unit_test(the_least_used_pays_for_the_others),
        cmocka_unit_test(one_ring_alone_keeps_to_the_budget),
        cmocka_unit_test(a_ring_of_nothing_holds_nothing),
        cmocka_unit_test(it_is_the_end_of_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
