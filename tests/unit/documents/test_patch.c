/* JSON Patch by the examples of RFC 6902 appendix A, and JSON Merge Patch by those of RFC 7396 appendix A. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/documents/patch.h"

#define COPY_MAX 1000

static json_t *json(const char *text)
{
    json_t *value;

    if (ff_json_parse(ff_slice_str(text), &value, NULL) != FF_OK)
        fail_msg("not JSON: %s", text);
    return value;
}

static const struct {
    const char *document, *changes, *result; /* NULL: refused */
} patches[] = {
    {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":1}]",
     "{\"foo\":\"bar\",\"baz\":1}"},
    {"{\"foo\":[1,3]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":2}]",
     "{\"foo\":[1,2,3]}"},
    {"{\"foo\":[1]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":2}]",
     "{\"foo\":[1,2]}"},
    {"{\"a\":1,\"b\":2}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "{\"b\":2}"},
    {"{\"a\":[1,2,3]}", "[{\"op\":\"remove\",\"path\":\"/a/1\"}]",
     "{\"a\":[1,3]}"},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":[2]}]",
     "{\"a\":[2]}"},
    {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{}}]", "{}"},
    {"{\"a\":{\"b\":1},\"c\":{}}",
     "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/c/d\"}]",
     "{\"a\":{},\"c\":{\"d\":1}}"},
    {"{\"a\":[1,2,3,4]}",
     "[{\"op\":\"move\",\"from\":\"/a/1\",\"path\":\"/a/3\"}]",
     "{\"a\":[1,3,4,2]}"},
    {"{\"a\":{\"x\":1}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]",
     "{\"a\":{\"x\":1},\"b\":{\"x\":1}}"},
    {"{\"a\":\"x\"}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":\"x\"}]",
     "{\"a\":\"x\"}"},
    {"{\"/\":9,\"~1\":10}",
     "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10},"
     "{\"op\":\"remove\",\"path\":\"/~1\"}]",
     "{\"~1\":10}"},
    {"{\"a\":null}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", NULL},
    {"{}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", NULL},
    {"{}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]", NULL},
    {"{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/3\",\"value\":1}]", NULL},
    {"{\"a\":[1]}", "[{\"op\":\"remove\",\"path\":\"/a/01\"}]", NULL},
    {"{\"a\":{\"b\":1}}",
     "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]", NULL},
    {"{}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]", NULL},
    {"{}", "[{\"op\":\"add\",\"path\":\"/~2\",\"value\":1}]", NULL},
    {"{}", "[{\"op\":\"grow\",\"path\":\"/a\",\"value\":1}]", NULL},
    {"{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", NULL},
    {"{}", "[7]", NULL},
};

static void test_patches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++) {
        json_t *document = json(patches[i].document), *out = NULL;
        json_t *changes = json(patches[i].changes);
        struct ff_why why = {0};
        ff_err err = patch_apply(document, changes, COPY_MAX, &out, &why);
        if (patches[i].result == NULL) {
            assert_int_not_equal(err, FF_OK);
            assert_non_null(strstr(why.field, "changes["));
        } else {
            json_t *want = json(patches[i].result);
            assert_int_equal(err, FF_OK);
            assert_true(json_equal(out, want));
            json_decref(want);
        }
        json_t *before = json(patches[i].document);
        assert_true(json_equal(document, before));
        json_decref(before);
        json_decref(out);
        json_decref(document);
        json_decref(changes);
    }
}

static void test_failed_test_is_a_conflict(void **state)
{
    json_t *document = json("{\"a\":1}"), *out;
    json_t *changes = json("[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]");
    struct ff_why why = {0};

    (void)state;
    assert_int_equal(patch_apply(document, changes, COPY_MAX, &out, &why),
                     FF_E_CONFLICT);
    assert_string_equal(why.field, "changes[0]");
    json_decref(document);
    json_decref(changes);
}

/* Each copy doubles the document: forty of them would be a terabyte. */
static void test_copies_are_bounded(void **state)
{
    json_t *document = json("{\"a\":[\"0123456789\"]}"), *out;
    json_t *changes = json_array();
    struct ff_why why = {0};

    (void)state;
    for (int i = 0; i < 40; i++)
        json_array_append_new(
            changes,
            json("{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/-\"}"));
    assert_int_equal(patch_apply(document, changes, COPY_MAX, &out, &why),
                     FF_E_TOO_BIG);
    json_decref(document);
    json_decref(changes);
}

static const struct {
    const char *document, *merge, *result;
} merges[] = {
    {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
    {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
     "{\"a\":{\"b\":\"d\"}}"},
    {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
    {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
    {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
    {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
};

static void test_merges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(merges) / sizeof(merges[0]); i++) {
        json_t *document = json(merges[i].document);
        json_t *merge = json(merges[i].merge), *want = json(merges[i].result);
        json_t *out = patch_merge(document, merge);
        assert_true(json_equal(out, want));
        json_decref(out);
        json_decref(want);
        json_decref(merge);
        json_decref(document);
    }
}

static void test_depth(void **state)
{
    json_t *value = json("{\"a\":[1,{\"b\":2}]}");

    (void)state;
    assert_int_equal(patch_depth(value), 3);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patches),
        cmocka_unit_test(test_failed_test_is_a_conflict),
        cmocka_unit_test(test_copies_are_bounded),
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
