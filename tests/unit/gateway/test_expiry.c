/* The soonest comes first, whatever was taken out before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/gateway/expiry.h"

#define ENTRIES 500

static struct expiry_entry entries[ENTRIES];

static void they_come_in_order(void **state)
{
    struct expiry expiry = {0};
    struct expiry_entry *entry;
    int64_t last = 0;
    uint32_t random = 7;
    int taken = 0;

    (void)state;
    for (int i = 0; i < ENTRIES; i++) {
        random = random * 1664525u + 1013904223u;
        expiry_add(&expiry, &entries[i], random >> 16, &entries[i]);
    }
    for (int i = 0; i < ENTRIES; i += 3) {
        expiry_remove(&expiry, &entries[i]);
        expiry_remove(&expiry, &entries[i]);
    }
    assert_null(expiry_take(&expiry, -1));
    while ((entry = expiry_take(&expiry, 70000)) != NULL) {
        assert_true(entry->at_s >= last);
        assert_int_not_equal((entry - entries) % 3, 0);
        last = entry->at_s;
        taken++;
    }
    assert_int_equal(taken, ENTRIES - (ENTRIES + 2) / 3);
    assert_int_equal(expiry.count, 0);
    expiry_fini(&expiry);
}

static void one_comes_at_its_second(void **state)
{
    struct expiry expiry = {0};
    struct expiry_entry entry = {0};

    (void)state;
    expiry_add(&expiry, &entry, 100, &entry);
    assert_null(expiry_take(&expiry, 99));
    assert_ptr_equal(expiry_take(&expiry, 100), &entry);
    assert_null(expiry_take(&expiry, 100));
    expiry_fini(&expiry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_in_order),
        cmocka_unit_test(one_comes_at_its_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
