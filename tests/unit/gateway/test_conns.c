/* Numbers of connections: found while they live, never afterwards. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/gateway/conns.h"
#include "services/gateway/limits.h"

static struct conn *fake(uintptr_t n)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return (struct conn *)(n * 16 + 16);
}

static void numbers_find_their_connection(void **state)
{
    (void)state;
    struct conns conns = {0};
    conn_id ids[100];
    for (uintptr_t i = 0; i < 100; i++) {
        ids[i] = conns_add(&conns, 3, fake(i));
        assert_true(ids[i] != 0);
        assert_int_equal(CONN_WORKER(ids[i]), 3);
    }
    assert_int_equal(conns.count, 100);
    for (uintptr_t i = 0; i < 100; i++)
        assert_ptr_equal(conns_find(&conns, ids[i]), fake(i));
    assert_null(conns_find(&conns, 0));
    assert_null(conns_find(&conns, CONN_ID(3, 100, 1)));
    conns_fini(&conns);
}

static void a_slot_is_used_again_under_another_number(void **state)
{
    (void)state;
    struct conns conns = {0};
    conn_id first = conns_add(&conns, 0, fake(1));
    conns_remove(&conns, first);
    conns_remove(&conns, first);
    assert_int_equal(conns.count, 0);
    conn_id second = conns_add(&conns, 0, fake(2));
    assert_int_equal(CONN_SLOT(first), CONN_SLOT(second));
    assert_true(first != second);
    assert_null(conns_find(&conns, first));
    assert_ptr_equal(conns_find(&conns, second), fake(2));
    conns_fini(&conns);
}

static void count_one(void *ctx, struct conn *conn)
{
    (void)conn;
    (*(int *)ctx)++;
}

static void a_walk_sees_those_there_are(void **state)
{
    (void)state;
    struct conns conns = {0};
    conn_id ids[5];
    int seen = 0;
    for (uintptr_t i = 0; i < 5; i++)
        ids[i] = conns_add(&conns, 0, fake(i));
    conns_remove(&conns, ids[2]);
    conns_each(&conns, count_one, &seen);
    assert_int_equal(seen, 4);
    conns_fini(&conns);
}

static void names_tell_the_instance(void **state)
{
    (void)state;
    char name[CONN_NAME_MAX];
    conn_name("gateway-1", CONN_ID(1, 2, 3), name);
    assert_string_equal(name, "gateway-1.100000002000003");
}

static void limits_of_all_and_of_one_address(void **state)
{
    (void)state;
    struct limits *limits = limits_new(4, 2);
    assert_int_equal(limits_take(limits, "1.1.1.1"), FF_OK);
    assert_int_equal(limits_take(limits, "1.1.1.1"), FF_OK);
    assert_int_equal(limits_take(limits, "1.1.1.1"), FF_E_CONNECTIONS);
    assert_int_equal(limits_take(limits, "2.2.2.2"), FF_OK);
    assert_int_equal(limits_take(limits, "3.3.3.3"), FF_OK);
    assert_int_equal(limits_take(limits, "4.4.4.4"), FF_E_CONNECTIONS);
    assert_int_equal(limits_count(limits), 4);
    limits_give(limits, "1.1.1.1");
    assert_int_equal(limits_take(limits, "1.1.1.1"), FF_OK);
    limits_give(limits, "2.2.2.2");
    assert_int_equal(limits_take(limits, "4.4.4.4"), FF_OK);
    limits_free(&limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_find_their_connection),
        cmocka_unit_test(a_slot_is_used_again_under_another_number),
        cmocka_unit_test(a_walk_sees_those_there_are),
        cmocka_unit_test(names_tell_the_instance),
        cmocka_unit_test(limits_of_all_and_of_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
