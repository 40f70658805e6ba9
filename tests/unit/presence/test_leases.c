/* Leases: gateways by their signs of life. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "services/presence/leases.h"

static char told[200]; /* "+g1 -g1 !g1": came, left, silent */

static void on_came(void *ctx, const struct lease *lease)
{
    (void)ctx;
    strcat(strcat(told, told[0] ? " +" : "+"), lease->name);
}

static void on_gone(void *ctx, const struct lease *lease, bool at_once)
{
    (void)ctx;
    if (told[0])
        strcat(told, " ");
    strcat(strcat(told, at_once ? "!" : "-"), lease->name);
}

static const struct leases_events events = {on_came, on_gone, NULL};

static void expect_told(const char *want)
{
    assert_string_equal(told, want);
    told[0] = '\0';
}

static int setup(void **state)
{
    *state = leases_new(10000, &events);
    told[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    struct leases *leases = *state;
    leases_free(&leases);
    return 0;
}

static void a_new_one_gets_a_number(void **state)
{
    struct leases *leases = *state;
    const struct lease *a = leases_hear(leases, "a", 5, false, 0);
    const struct lease *b = leases_hear(leases, "b", 5, false, 0);

    assert_int_equal(a->number, 0);
    assert_int_equal(b->number, 1);
    assert_int_equal(leases_limit(leases), 2);
    assert_ptr_equal(leases_hear(leases, "a", 5, false, 10), a);
    assert_ptr_equal(leases_at(leases, 1), b);
    expect_told("+a +b");
}

static void silence_ends_it_at_once(void **state)
{
    struct leases *leases = *state;

    leases_hear(leases, "a", 5, false, 0);
    leases_hear(leases, "b", 5, false, 1);
    leases_expire(leases, 10000);
    expect_told("+a +b");
    leases_expire(leases, 10001);
    expect_told("!a");
    assert_null(leases_at(leases, 0));
    assert_int_equal(leases_hear(leases, "c", 1, false, 10001)->number, 0);
    expect_told("+c");
}

static void who_leaves_is_not_heard_any_more(void **state)
{
    struct leases *leases = *state;

    leases_hear(leases, "a", 5, false, 0);
    assert_null(leases_hear(leases, "a", 5, true, 10));
    expect_told("+a -a");
    assert_null(leases_hear(leases, "a", 5, false, 20)); /* came late */
    assert_null(leases_hear(leases, "a", 5, true, 30));
    assert_null(leases_at(leases, 0));
    leases_expire(leases, 20000);
    expect_told("");
    assert_null(leases_hear(leases, "b", 5, true, 30)); /* never known */
    expect_told("");
}

static void a_new_start_is_another_one(void **state)
{
    struct leases *leases = *state;

    leases_hear(leases, "a", 5, false, 0);
    assert_non_null(leases_hear(leases, "a", 6, false, 10));
    expect_told("+a -a +a");
    assert_null(leases_hear(leases, "a", 5, false, 20)); /* of before */
    assert_null(leases_hear(leases, "a", 5, true, 20));
    expect_told("");
    assert_null(leases_hear(leases, "a", 6, true, 30));
    assert_non_null(leases_hear(leases, "a", 7, false, 40));
    expect_told("-a +a");
    assert_non_null(leases_at(leases, 0));
}

static void there_is_a_limit(void **state)
{
    struct leases *leases = *state;
    char name[16];

    for (unsigned i = 0; i < LEASES_MAX; i++) {
        snprintf(name, sizeof(name), "g%u", i);
        assert_non_null(leases_hear(leases, name, 1, false, 0));
        told[0] = '\0';
    }
    assert_null(leases_hear(leases, "more", 1, false, 0));
    leases_reset(leases);
    expect_told("");
    assert_int_equal(leases_limit(leases), 0);
    assert_non_null(leases_hear(leases, "more", 1, false, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_one_gets_a_number, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(silence_ends_it_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_leaves_is_not_heard_any_more, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_new_start_is_another_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(there_is_a_limit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
