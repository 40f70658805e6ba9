/* Owners: each partition has one, for every set of replicas, and few of them move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "services/presence/owners.h"

#define REPLICAS 7

static char names[REPLICAS][16];

static int setup(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REPLICAS; i++)
        snprintf(names[i], sizeof(names[i]), "presence-%u", i + 1);
    return 0;
}

/* What `self` thinks when the replicas of this set of bits live, itself too. */
static struct owners *view(unsigned self, unsigned set)
{
    struct owners *owners = owners_new(names[self]);

    for (unsigned i = 0; i < REPLICAS; i++)
        if (i != self && (set & (1u << i)))
            assert_true(owners_hear(owners, names[i], false, 1000));
    assert_true(owners_join(owners));
    return owners;
}

static void everybody_agrees_on_one_owner(void **state)
{
    unsigned mine[FF_PARTITIONS];

    (void)state;
    for (unsigned set = 1; set < 1u << REPLICAS; set++) {
        memset(mine, 0, sizeof(mine));
        for (unsigned self = 0; self < REPLICAS; self++) {
            if (!(set & (1u << self)))
                continue;
            struct owners *owners = view(self, set);
            for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
                mine[pp] += owners_is_mine(owners, pp);
            owners_free(&owners);
        }
        for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
            assert_int_equal(mine[pp], 1);
    }
}

static void owners_at(unsigned self, unsigned set, char out[][16])
{
    struct owners *owners = view(self, set);

    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        snprintf(out[pp], 16, "%s", owners_of(owners, pp));
    owners_free(&owners);
}

static void a_change_moves_only_what_must(void **state)
{
    char before[FF_PARTITIONS][16], after[FF_PARTITIONS][16];

    (void)state;
    for (unsigned set = 2; set < 1u << REPLICAS; set += 2) {
        owners_at(0, set | 1, before);
        for (unsigned gone = 1; gone < REPLICAS; gone++) {
            if (!(set & (1u << gone)))
                continue;
            owners_at(0, (set | 1) & ~(1u << gone), after);
            for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
                if (strcmp(before[pp], names[gone]) != 0)
                    assert_string_equal(before[pp], after[pp]);
        }
    }
}

static void nobody_has_far_too_much(void **state)
{
    unsigned counts[REPLICAS] = {0};
    char of[FF_PARTITIONS][16];

    (void)state;
    owners_at(0, 7, of);
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        counts[of[pp][strlen("presence-")] - '1']++;
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(counts[i], 8, 40);
}

static void nobody_owns_while_it_listens(void **state)
{
    struct owners *owners = owners_new("a");

    (void)state;
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++) {
        assert_null(owners_of(owners, pp));
        assert_false(owners_is_mine(owners, pp));
    }
    owners_hear(owners, "b", false, 0);
    assert_string_equal(owners_of(owners, 5), "b");
    owners_reset(owners);
    assert_null(owners_of(owners, 5));
    assert_int_equal(owners_others(owners), 0);
    owners_free(&owners);
}

static void the_silent_and_the_leaving_are_gone(void **state)
{
    struct owners *owners = owners_new("a");

    (void)state;
    owners_join(owners);
    assert_true(owners_hear(owners, "b", false, 1000));
    assert_true(owners_hear(owners, "c", false, 1000));
    assert_false(owners_hear(owners, "b", false, 2000));
    assert_false(owners_hear(owners, "a", false, 2000)); /* we */
    assert_false(owners_expire(owners, 1000 + OWNERS_ALIVE_MS));
    assert_true(owners_expire(owners, 1001 + OWNERS_ALIVE_MS)); /* c */
    assert_int_equal(owners_others(owners), 1);
    assert_true(owners_hear(owners, "b", true, 5000));
    assert_false(owners_hear(owners, "b", true, 5001));
    assert_int_equal(owners_others(owners), 0);
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        assert_true(owners_is_mine(owners, pp));
    owners_free(&owners);
}

static void there_is_a_limit(void **state)
{
    struct owners *owners = owners_new("a");
    char name[16];

    (void)state;
    for (unsigned i = 0; i < OWNERS_MAX + 10; i++) {
        snprintf(name, sizeof(name), "r%u", i);
        owners_hear(owners, name, false, 0);
    }
    assert_int_equal(owners_others(owners), OWNERS_MAX);
    owners_free(&owners);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_agrees_on_one_owner),
        cmocka_unit_test(a_change_moves_only_what_must),
        cmocka_unit_test(nobody_has_far_too_much),
        cmocka_unit_test(nobody_owns_while_it_listens),
        cmocka_unit_test(the_silent_and_the_leaving_are_gone),
        cmocka_unit_test(there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
