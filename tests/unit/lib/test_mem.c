/* Memory: slices, and a buffer that grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_mem.h"

static void slices_compare(void **state)
{
    (void)state;
    assert_true(ff_slice_is(FF_SLICE_LIT("abc"), "abc"));
    assert_false(ff_slice_is(FF_SLICE_LIT("abc"), "abd"));
    assert_false(ff_slice_is(FF_SLICE_LIT("abc"), "ab"));
    assert_true(ff_slice_is(ff_slice_str(NULL), ""));
    assert_true(ff_slice_eq((struct ff_slice){NULL, 0}, ff_slice_str("")));
    assert_false(ff_slice_eq(FF_SLICE_LIT("a\0b"), FF_SLICE_LIT("a\0c")));
}

static void copies_end_with_nul(void **state)
{
    (void)state;
    char *s = ff_slice_dup((struct ff_slice){"abcdef", 3});
    assert_string_equal(s, "abc");
    free(s);
    s = ff_slice_dup((struct ff_slice){NULL, 0});
    assert_string_equal(s, "");
    free(s);
    s = ff_strndup("abcdef", 100);
    assert_string_equal(s, "abcdef");
    free(s);
    assert_null(ff_strdup(NULL));
    s = ff_asprintf("%d-%s", 7, "x");
    assert_string_equal(s, "7-x");
    free(s);
}

static void nothing_is_something(void **state)
{
    (void)state;
    void *p = ff_alloc(0);
    assert_non_null(p);
    p = ff_realloc(p, 0);
    assert_non_null(p);
    free(p);
    p = ff_zalloc(0);
    assert_non_null(p);
    free(p);
}

static void grow_doubles(void **state)
{
    size_t cap = 0;
    (void)state;
    int *items = ff_grow(NULL, &cap, 1, sizeof(int));
    assert_int_equal(cap, 8);
    int *same = ff_grow(items, &cap, 8, sizeof(int));
    assert_ptr_equal(same, items);
    items = ff_grow(items, &cap, 9, sizeof(int));
    assert_int_equal(cap, 16);
    items = ff_grow(items, &cap, 100, sizeof(int));
    assert_int_equal(cap, 128);
    free(items);
}

static void buf_grows(void **state)
{
    struct ff_buf b = {0};
    (void)state;
    assert_int_equal(ff_buf_slice(&b).len, 0);
    assert_non_null(ff_buf_slice(&b).data);
    for (int i = 0; i < 1000; i++)
        ff_buf_addc(&b, (char)('a' + i % 26));
    ff_buf_adds(&b, "tail");
    ff_buf_addslice(&b, FF_SLICE_LIT("\0!"));
    ff_buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 1006);
    assert_int_equal(b.data[b.len], '\0');
    assert_memory_equal(b.data + 1000, "tail\0!", 6);
    ff_buf_fini(&b);
    assert_null(b.data);
    ff_buf_fini(&b);
}

static void buf_formats(void **state)
{
    struct ff_buf b = {0};
    (void)state;
    ff_buf_addf(&b, "%s", "");
    assert_string_equal(b.data, "");
    ff_buf_addf(&b, "%d:%0300d", 1, 2);
    assert_int_equal(b.len, 302);
    ff_buf_clear(&b);
    assert_string_equal(b.data, "");
    ff_buf_addf(&b, "%s-%s", "a", "b");
    assert_string_equal(b.data, "a-b");
    ff_buf_fini(&b);
}

static void buf_drops_from_the_front(void **state)
{
    struct ff_buf b = {0};
    (void)state;
    ff_buf_drop(&b, 0);
    ff_buf_drop(&b, 5);
    ff_buf_adds(&b, "abcdef");
    ff_buf_drop(&b, 0);
    ff_buf_drop(&b, 2);
    assert_string_equal(b.data, "cdef");
    assert_int_equal(b.len, 4);
    ff_buf_drop(&b, 100);
    assert_string_equal(b.data, "");
    assert_int_equal(b.len, 0);
    ff_buf_fini(&b);
}

static void buf_gives_its_text_away(void **state)
{
    struct ff_buf b = {0};
    (void)state;
    char *text = ff_buf_take(&b);
    assert_string_equal(text, "");
    free(text);
    ff_buf_adds(&b, "mine");
    text = ff_buf_take(&b);
    assert_string_equal(text, "mine");
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare),
        cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(grow_doubles),
        cmocka_unit_test(buf_grows),
        cmocka_unit_test(buf_formats),
        cmocka_unit_test(buf_drops_from_the_front),
        cmocka_unit_test(buf_gives_its_text_away),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
