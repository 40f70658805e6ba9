/* Messages put together from pieces, and where that ends. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/inbox.h"

static struct inbox_limits limits;
static struct inbox *inbox;
static bool whole;
static struct ff_slice message;

static int set_up(void **state)
{
    (void)state;
    limits = (struct inbox_limits){
        .text_bytes = 10, .binary_bytes = 20, .held_max = 1000};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    inbox_clear(&inbox, &limits);
    assert_int_equal(limits.held, 0);
    return 0;
}

static ff_err add(const char *text, bool first, bool last, uint64_t more)
{
    struct piece piece = {ff_slice_str(text), first, last, false, more};
    return inbox_add(&inbox, &limits, &piece, &whole, &message);
}

static void one_piece_is_not_copied(void **state)
{
    (void)state;
    const char *text = "hello";
    assert_int_equal(add(text, true, true, 0), FF_OK);
    assert_true(whole);
    assert_ptr_equal(message.data, text);
    assert_null(inbox);
}

static void pieces_are_joined(void **state)
{
    (void)state;
    assert_int_equal(add("he", true, false, 0), FF_OK);
    assert_false(whole);
    assert_int_equal(add("", false, false, 0), FF_OK);
    assert_int_equal(add("ll", false, false, 1), FF_OK);
    assert_int_equal(limits.held, 4);
    assert_int_equal(add("o", false, true, 0), FF_OK);
    assert_true(whole);
    assert_true(ff_slice_is(message, "hello"));
}

static void the_sum_is_limited(void **state)
{
    (void)state;
    assert_int_equal(add("1234567890", true, true, 0), FF_OK);
    assert_int_equal(add("12345678901", true, true, 0), FF_E_TOO_BIG);
    assert_int_equal(add("12345", true, false, 0), FF_OK);
    assert_int_equal(add("12345", false, false, 0), FF_OK);
    assert_int_equal(add("1", false, true, 0), FF_E_TOO_BIG);
}

static void what_is_announced_counts(void **state)
{
    (void)state;
    assert_int_equal(add("1", true, false, UINT64_MAX), FF_E_TOO_BIG);
    assert_int_equal(add("1", true, false, 10), FF_E_TOO_BIG);
    assert_int_equal(add("1", true, false, 9), FF_OK);
}

static void bytes_have_their_own_limit(void **state)
{
    (void)state;
    struct piece piece = {FF_SLICE_LIT("12345678901234567890"), true, true,
                          true, 0};
    assert_int_equal(inbox_add(&inbox, &limits, &piece, &whole, &message),
                     FF_OK);
    piece.data = FF_SLICE_LIT("123456789012345678901");
    assert_int_equal(inbox_add(&inbox, &limits, &piece, &whole, &message),
                     FF_E_TOO_BIG);
}

static void empty_fragments_end(void **state)
{
    (void)state;
    assert_int_equal(add("{", true, false, 0), FF_OK);
    int n = 0;
    while (add("", false, false, 0) == FF_OK)
        assert_true(++n <= INBOX_EMPTY_MAX + 1);
    assert_true(n >= INBOX_EMPTY_MAX);
}

static void all_together_are_limited(void **state)
{
    (void)state;
    struct inbox *others[200] = {0};
    struct piece piece = {FF_SLICE_LIT("12345678"), true, false, false, 0};
    size_t i = 0;
    while (inbox_add(&others[i], &limits, &piece, &whole, &message) == FF_OK)
        assert_true(++i < 200);
    assert_int_equal(i, 125);
    assert_int_equal(add("whole", true, true, 0), FF_OK);
    while (i-- > 0)
        inbox_clear(&others[i], &limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(one_piece_is_not_copied),    T(pieces_are_joined),
        T(the_sum_is_limited),         T(what_is_announced_counts),
        T(bytes_have_their_own_limit), T(empty_fragments_end),
        T(all_together_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
