/* Addresses behind proxies: who is believed, and how far. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/address.h"

static const char *client(const char *peer, const char *forwarded,
                          const char *proxy)
{
    static char out[ADDRESS_MAX];
    struct address_range trusted;
    assert_true(address_range_parse(proxy, &trusted));
    address_of_client(peer, ff_slice_str(forwarded), &trusted, 1, out);
    return out;
}

static void a_stranger_is_not_believed(void **state)
{
    (void)state;
    assert_string_equal(client("9.9.9.9", "1.1.1.1", "10.0.0.0/8"), "9.9.9.9");
}

static void the_right_most_stranger_counts(void **state)
{
    (void)state;
    assert_string_equal(client("10.0.0.1", "1.1.1.1", "10.0.0.0/8"), "1.1.1.1");
    assert_string_equal(client("10.0.0.1", "6.6.6.6, 1.1.1.1", "10.0.0.0/8"),
                        "1.1.1.1");
    assert_string_equal(
        client("10.0.0.1", "6.6.6.6,1.1.1.1 , 10.2.3.4", "10.0.0.0/8"),
        "1.1.1.1");
    assert_string_equal(client("10.0.0.1", "10.0.0.3", "10.0.0.0/8"),
                        "10.0.0.3");
    assert_string_equal(client("10.0.0.1", NULL, "10.0.0.0/8"), "10.0.0.1");
    assert_string_equal(client("10.0.0.1", "1.1.1.1, junk", "10.0.0.0/8"),
                        "10.0.0.1");
}

static void hops_are_bounded(void **state)
{
    (void)state;
    char list[200 * 10] = "";
    for (int i = 0; i < 150; i++)
        strncat(list, "10.0.0.2,", sizeof(list) - strlen(list) - 1);
    assert_string_equal(client("10.0.0.1", list, "10.0.0.0/8"), "10.0.0.1");
    list[strlen(list) - 1] = '\0';
    assert_string_equal(client("10.0.0.1", list, "10.0.0.0/8"), "10.0.0.2");
}

static void forms_of_an_address(void **state)
{
    (void)state;
    assert_string_equal(client("::ffff:10.0.0.1", "1.1.1.1:80", "10.0.0.1"),
                        "1.1.1.1");
    assert_string_equal(client("fd00::1", "[2001:db8::7]:443", "fd00::/16"),
                        "2001:db8::7");
    assert_string_equal(client("fd00::1", "2001:DB8::7", "fd00::/16"),
                        "2001:db8::7");
}

static void ranges(void **state)
{
    (void)state;
    struct address_range range;
    assert_false(address_range_parse("", &range));
    assert_false(address_range_parse("10.0.0.0/33", &range));
    assert_false(address_range_parse("10.0.0.0/", &range));
    assert_false(address_range_parse("proxy.example", &range));
    assert_true(address_range_parse("10.1.2.128/25", &range));
    struct address at;
    assert_true(address_parse(ff_slice_str("10.1.2.129"), &at));
    assert_true(address_in_range(&at, &range));
    assert_true(address_parse(ff_slice_str("10.1.2.127"), &at));
    assert_false(address_in_range(&at, &range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_not_believed),
        cmocka_unit_test(the_right_most_stranger_counts),
        cmocka_unit_test(hops_are_bounded),
        cmocka_unit_test(forms_of_an_address),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
