/* Pages: a frozen list is read whole, whatever happens to the channel meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "roster_fake.h"
#include "services/presence/pages.h"

static struct roster_fake fake;
static struct pages *pages;
static struct ff_buf text;

static int setup(void **state)
{
    (void)state;
    roster_fake_init(&fake);
    fake.grace_ms = 0;
    pages = pages_new(10);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pages_free(&pages);
    roster_fake_fini(&fake);
    ff_buf_fini(&text);
    return 0;
}

static void set(unsigned from, unsigned to, bool on)
{
    for (unsigned i = from; i < to; i++) {
        char user[16];
        snprintf(user, sizeof(user), "u%04u", i);
        roster_fake_set(&fake, 0, "chat", user, on);
    }
    roster_adopt(fake.roster);
}

static struct pages_key key(int64_t version)
{
    return (struct pages_key){"dev", "chat", version};
}

static struct page first(int64_t version)
{
    const struct channel *channel = roster_find(fake.roster, "dev", "chat");
    struct pages_key k = key(version);
    struct page page;

    ff_buf_clear(&text);
    pages_first(pages, &k, channel, fake.now_ms, &text, &page);
    return page;
}

static ff_err next(int64_t version, size_t number, struct page *out_page)
{
    struct pages_key k = key(version);

    ff_buf_clear(&text);
    return pages_next(pages, &k, number, fake.now_ms, &text, out_page);
}

static void expect_users(unsigned from, unsigned to)
{
    struct ff_buf want = {0};

    for (unsigned i = from; i < to; i++)
        ff_buf_addf(&want, "%s{\"user_id\":\"u%04u\"}", i > from ? "," : "", i);
    assert_true(ff_slice_eq(ff_buf_slice(&text), ff_buf_slice(&want)));
    ff_buf_fini(&want);
}

static void an_empty_list_has_one_page(void **state)
{
    struct page page;

    (void)state;
    page = first(1);
    assert_int_equal(text.len, 0);
    assert_int_equal(page.count, 0);
    assert_false(page.more);
}

static void a_short_list_is_not_kept(void **state)
{
    struct page page;

    (void)state;
    set(0, 10, true);
    page = first(1);
    assert_false(page.more);
    assert_int_equal(page.count, 10);
    expect_users(0, 10);
    assert_int_equal(next(1, 1, &page), FF_E_CONFLICT);
}

static void a_list_stays_as_it_was(void **state)
{
    struct page page;

    (void)state;
    set(0, 25, true);
    assert_true(first(1).more);
    expect_users(0, 10);
    set(5, 25, false);
    assert_false(first(2).more);
    assert_int_equal(next(1, 1, &page), FF_OK);
    assert_true(page.more);
    assert_int_equal(page.count, 25);
    expect_users(10, 20);
    set(0, 5, false);
    assert_int_equal(next(1, 2, &page), FF_OK);
    assert_false(page.more);
    expect_users(20, 25);
    assert_int_equal(next(1, 3, &page), FF_E_INVALID);
    assert_int_equal(next(2, 1, &page), FF_E_CONFLICT);
}

static void who_reads_on_keeps_it(void **state)
{
    struct page page;

    (void)state;
    set(0, 30, true);
    first(1);
    for (int i = 0; i < 5; i++) {
        fake.now_ms += PAGES_KEEP_MS;
        pages_expire(pages, fake.now_ms);
        assert_int_equal(next(1, 1, &page), FF_OK);
    }
    fake.now_ms += PAGES_KEEP_MS + 1;
    pages_expire(pages, fake.now_ms);
    assert_int_equal(next(1, 1, &page), FF_E_CONFLICT);
}

static void the_same_version_is_frozen_once(void **state)
{
    struct page page;

    (void)state;
    set(0, 30, true);
    first(1);
    fake.now_ms += PAGES_KEEP_MS;
    set(20, 30, false); /* would be another version */
    assert_int_equal(first(1).count, 30);
    fake.now_ms += PAGES_KEEP_MS;
    pages_expire(pages, fake.now_ms);
    assert_int_equal(next(1, 2, &page), FF_OK);
    expect_users(20, 30);
}

static void a_page_has_a_limit_in_bytes(void **state)
{
    struct presence_item item = {.app = "dev", .channel = "chat", .on = true};
    struct page page = {.more = true};
    char user[16];
    size_t n = 0;

    (void)state;
    pages_free(&pages);
    pages = pages_new(1000);
    item.info = json_pack("{s:o}", "a", json_sprintf("%08000d", 7));
    for (unsigned i = 0; i < 150; i++) {
        snprintf(user, sizeof(user), "u%04u", i);
        item.user_id = user;
        assert_int_equal(roster_apply(fake.roster, 0, 0, &item, false), FF_OK);
    }
    json_decref((json_t *)(uintptr_t)item.info);
    roster_adopt(fake.roster);
    page = first(1);
    for (; page.more; n++) {
        assert_in_range(text.len, PAGES_BYTES_MAX - 9000, PAGES_BYTES_MAX);
        assert_int_equal(next(1, n + 1, &page), FF_OK);
    }
    assert_int_equal(n, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(an_empty_list_has_one_page),      T(a_short_list_is_not_kept),
        T(a_list_stays_as_it_was),          T(who_reads_on_keeps_it),
        T(the_same_version_is_frozen_once), T(a_page_has_a_limit_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
