/* Time: frozen, thawed, and as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_clock.h"

static void freezes(void **state)
{
    (void)state;
    ff_clock_freeze(1795000000123, 5000);
    assert_int_equal(ff_clock_ms(), 1795000000123);
    assert_int_equal(ff_clock_steady_ms(), 5000);
    assert_int_equal(ff_clock_steady_ns(), 5000000000);
    ff_clock_thaw();
    assert_true(ff_clock_ms() != 1795000000123);
}

static void steady_never_goes_back(void **state)
{
    (void)state;
    int64_t before = ff_clock_steady_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t now = ff_clock_steady_ns();
        assert_true(now >= before);
        before = now;
    }
    assert_true(ff_clock_steady_ms() >= before / 1000000);
    assert_true(ff_clock_ms() > 1700000000000);
}

static void text_of(int64_t unix_ms, const char *text)
{
    char out[32];
    ff_clock_rfc3339(unix_ms, out);
    assert_string_equal(out, text);
}

static void is_written_as_rfc3339(void **state)
{
    (void)state;
    text_of(0, "1970-01-01T00:00:00.000Z");
    text_of(1795273200123, "2026-11-21T15:00:00.123Z");
    text_of(1709164800007, "2024-02-29T00:00:00.007Z");
    text_of(253402300799999, "9999-12-31T23:59:59.999Z");
    text_of(INT64_MAX, "9999-12-31T23:59:59.999Z");
    text_of(-1, "1970-01-01T00:00:00.000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freezes),
        cmocka_unit_test(steady_never_goes_back),
        cmocka_unit_test(is_written_as_rfc3339),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
