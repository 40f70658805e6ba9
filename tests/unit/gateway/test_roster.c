/* One channel's members: changes and whole lists by set difference. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/roster.h"

static json_t *parse(const char *text)
{
    json_t *value = NULL;

    assert_int_equal(ff_json_parse(ff_slice_str(text), &value, NULL), FF_OK);
    return value;
}

static void add(struct roster_list *list, const char *joined, const char *left)
{
    json_t *on = parse(joined), *off = parse(left);

    roster_list_join(list, on);
    roster_list_leave(list, off);
    json_decref(on);
    json_decref(off);
}

/* "+a+b-c~d" */
static char *told(const struct roster_diff *diff)
{
    struct ff_buf text = {0};

    ff_buf_adds(&text, "");
    for (size_t i = 0; i < diff->joined_count; i++)
        ff_buf_addf(&text, "+%s", diff->joined[i]->user_id);
    for (size_t i = 0; i < diff->left_count; i++)
        ff_buf_addf(&text, "-%s", diff->left[i]->user_id);
    for (size_t i = 0; i < diff->changed_count; i++)
        ff_buf_addf(&text, "~%s", diff->changed[i]->user_id);
    return ff_buf_take(&text);
}

static void said(struct roster_diff *diff, const char *wanted)
{
    char *text = told(diff);

    assert_string_equal(text, wanted);
    free(text);
    roster_diff_fini(diff);
}

static void change(struct roster *roster, const char *joined, const char *left,
                   const char *wanted)
{
    struct roster_list list = {0};
    struct roster_diff diff;

    add(&list, joined, left);
    roster_change(roster, &list, &diff);
    said(&diff, wanted);
}

static void replace(struct roster *roster, const char *members,
                    const char *wanted)
{
    struct roster_list list = {0};
    struct roster_diff diff;

    add(&list, members, "[]");
    roster_replace(roster, &list, &diff);
    said(&diff, wanted);
}

static void expect(const struct roster *roster, const char *wanted)
{
    struct ff_buf text = {0};

    ff_buf_adds(&text, "");
    for (size_t i = 0; i < roster->count; i++)
        ff_buf_addf(&text, "%s%s;", roster->members[i]->user_id,
                    roster->members[i]->about);
    assert_string_equal(text.data, wanted);
    ff_buf_fini(&text);
}

static void changes(void **state)
{
    struct roster roster = {0};

    (void)state;
    change(&roster, "[{\"user_id\":\"b\"},{\"user_id\":\"a\"}]", "[]", "+a+b");
    change(&roster, "[{\"user_id\":\"b\"}]", "[]", "");
    change(&roster, "[{\"user_id\":\"c\"}]", "[\"a\",\"x\"]", "+c-a");
    expect(&roster, "b;c;");
    assert_false(roster.known);
    roster_fini(&roster);
}

static void one_user_twice(void **state)
{
    struct roster roster = {0};

    (void)state;
    change(&roster, "[{\"user_id\":\"a\"},{\"user_id\":\"a\"}]", "[\"a\"]",
           "+a");
    change(&roster, "[{\"user_id\":\"a\"}]", "[\"a\"]", "");
    change(&roster, "[]", "[\"a\",\"a\"]", "-a");
    expect(&roster, "");
    roster_fini(&roster);
}

static void whole_lists(void **state)
{
    struct roster roster = {0};

    (void)state;
    replace(&roster, "[{\"user_id\":\"a\"},{\"user_id\":\"b\"}]", "+a+b");
    assert_true(roster.known);
    replace(&roster, "[{\"user_id\":\"c\"},{\"user_id\":\"b\"}]", "+c-a");
    replace(&roster, "[{\"user_id\":\"b\"},{\"user_id\":\"c\"}]", "");
    expect(&roster, "b;c;");
    replace(&roster, "[]", "-b-c");
    expect(&roster, "");
    roster_fini(&roster);
}

static void what_others_see(void **state)
{
    struct roster roster = {0};

    (void)state;
    change(&roster,
           "[{\"user_id\":\"a\",\"name\":\"A \\\"1\\\"\",\"info\":{\"x\":1}},"
           "{\"user_id\":\"b\",\"name\":null,\"info\":[1]}]",
           "[]", "+a+b");
    expect(&roster, "a,\"name\":\"A \\\"1\\\"\",\"info\":{\"x\":1};b;");
    change(&roster, "[{\"user_id\":\"a\",\"name\":\"B\"}]", "[]", "~a");
    expect(&roster, "a,\"name\":\"B\";b;");
    roster_fini(&roster);
}

static void what_is_no_row(void **state)
{
    struct roster roster = {0};

    (void)state;
    change(&roster, "[{},7,{\"user_id\":5},{\"user_id\":\"a\"}]", "[7,null]",
           "+a");
    change(&roster, "{}", "{}", "");
    expect(&roster, "a;");
    roster_fini(&roster);
}

static void places(void **state)
{
    struct roster roster = {0};

    (void)state;
    assert_int_equal(roster_place(&roster, "a"), 0);
    assert_false(roster_is_at(&roster, 0, "a"));
    change(&roster,
           "[{\"user_id\":\"b\"},{\"user_id\":\"d\"},{\"user_id\":\"f\"}]",
           "[]", "+b+d+f");
    assert_int_equal(roster_place(&roster, "a"), 0);
    assert_int_equal(roster_place(&roster, "b"), 0);
    assert_int_equal(roster_place(&roster, "c"), 1);
    assert_int_equal(roster_place(&roster, "f"), 2);
    assert_int_equal(roster_place(&roster, "g"), 3);
    assert_true(roster_is_at(&roster, 2, "f"));
    assert_false(roster_is_at(&roster, 3, "g"));
    roster_fini(&roster);
}

/* --- many random ones against a set of bits ---------------------------------- */

#define USERS 40

static unsigned below(uint64_t *seed, unsigned n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

static void some_rows(struct roster_list *list, uint64_t *seed, bool *want,
                      bool whole)
{
    for (unsigned u = 0; u < USERS; u++) {
        char text[40];
        bool on = below(seed, 2) == 0;
        if (!whole && below(seed, 4) != 0)
            continue;
        snprintf(text, sizeof(text), "[{\"user_id\":\"u%02u\"}]", u);
        if (on) {
            add(list, text, "[]");
        } else if (!whole) {
            snprintf(text, sizeof(text), "[\"u%02u\"]", u);
            add(list, "[]", text);
        }
        want[u] = on;
    }
}

static unsigned user_of(const struct roster_member *member)
{
    return (unsigned)atoi(member->user_id + 1);
}

static void check_diff(const struct roster_diff *diff, const bool *before,
                       const bool *want)
{
    size_t joined = 0, left = 0;

    for (unsigned u = 0; u < USERS; u++) {
        joined += want[u] && !before[u];
        left += before[u] && !want[u];
    }
    assert_int_equal(diff->joined_count, joined);
    assert_int_equal(diff->left_count, left);
    for (size_t i = 0; i < joined; i++)
        assert_true(want[user_of(diff->joined[i])] &&
                    !before[user_of(diff->joined[i])]);
    for (size_t i = 0; i < left; i++)
        assert_true(before[user_of(diff->left[i])] &&
                    !want[user_of(diff->left[i])]);
}

static void check_order(const struct roster *roster, const bool *want)
{
    size_t place = 0;

    for (unsigned u = 0; u < USERS; u++) {
        if (!want[u])
            continue;
        assert_true(place < roster->count);
        assert_int_equal(user_of(roster->members[place++]), u);
    }
    assert_int_equal(roster->count, place);
}

static void random_ones(void **state)
{
    struct roster roster = {0};
    bool want[USERS] = {false}, before[USERS];
    uint64_t seed = 42;

    (void)state;
    for (int step = 0; step < 3000; step++) {
        struct roster_list list = {0};
        struct roster_diff diff;
        bool whole = below(&seed, 3) == 0;
        memcpy(before, want, sizeof(want));
        some_rows(&list, &seed, want, whole);
        if (whole)
            roster_replace(&roster, &list, &diff);
        else
            roster_change(&roster, &list, &diff);
        check_diff(&diff, before, want);
        check_order(&roster, want);
        roster_diff_fini(&diff);
    }
    roster_fini(&roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes),        cmocka_unit_test(one_user_twice),
        cmocka_unit_test(whole_lists),    cmocka_unit_test(what_others_see),
        cmocka_unit_test(what_is_no_row), cmocka_unit_test(places),
        cmocka_unit_test(random_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
