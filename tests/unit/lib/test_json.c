/* JSON: what is refused, what is written, and raw members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_json.h"

static ff_err parse(struct ff_slice text, json_t **out)
{
    struct ff_why why = {.text = ""};
    ff_err err = ff_json_parse(text, out, &why);
    assert_int_equal(err == FF_OK, why.text[0] == '\0');
    return err;
}

static void refuses(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "1 2",
        "{} x",
        "nul",
        "NaN",
        "01",
        "1.",
        "'a'",
        "{a:1}",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\xff\"",
        "\"\xed\xa0\x80\"",
        "\"\xc0\x80\"",
        "\"a\nb\"",
        "\"a",
        "\"\\x41\"",
        "1e999",
        "99999999999999999999",
        "// x\n1",
        "\xef\xbb\xbf{}",
        "{\"a\\u0000b\":1}",
        "{\"\\u0061\":1,\"a\":2}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *value = NULL;
        assert_int_equal(parse(ff_slice_str(wrong[i]), &value), FF_E_JSON);
        assert_null(value);
    }
    json_t *value = NULL;
    assert_int_equal(parse(FF_SLICE_LIT("1\0"), &value), FF_E_JSON);
    assert_int_equal(parse(FF_SLICE_LIT("{\0}"), &value), FF_E_JSON);
    assert_int_equal(parse(FF_SLICE_LIT("[1,\0 2]"), &value), FF_E_JSON);
    assert_int_equal(parse(FF_SLICE_LIT("\"a\0b\""), &value), FF_E_JSON);
    assert_int_equal(parse((struct ff_slice){NULL, 0}, &value), FF_E_JSON);
}

static void takes_any_value(void **state)
{
    static const char *const right[] = {
        "null",
        "true",
        "0",
        "-1.5e3",
        "\"\"",
        "[]",
        "{}",
        " { \"a\" : [ 1 , { } ] } ",
        "\"\\ud83d\\ude00\"",
        "\"\xf0\x9f\x98\x80\"",
        "9223372036854775807",
        "\"\\\\\\\"[{\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        json_t *value = NULL;
        assert_int_equal(parse(ff_slice_str(right[i]), &value), FF_OK);
        json_decref(value);
    }
}

static void object_only(void **state)
{
    json_t *object = NULL;
    struct ff_why why;
    (void)state;
    assert_int_equal(ff_json_parse_object(FF_SLICE_LIT("[1]"), &object, &why),
                     FF_E_JSON);
    assert_string_equal(why.text, "must be a JSON object");
    assert_null(object);
    assert_int_equal(
        ff_json_parse_object(FF_SLICE_LIT("{\"a\":\n\n}"), &object, &why),
        FF_E_JSON);
    assert_non_null(strstr(why.text, "line 3"));
    assert_int_equal(ff_json_parse_object(FF_SLICE_LIT("{}"), &object, NULL),
                     FF_OK);
    json_decref(object);
}

static void nest(struct ff_buf *b, size_t depth)
{
    ff_buf_clear(b);
    for (size_t i = 0; i < depth; i++)
        ff_buf_adds(b, i % 2 ? "{\"]\":" : "[");
    ff_buf_adds(b, "1");
    for (size_t i = depth; i-- > 0;)
        ff_buf_addc(b, i % 2 ? '}' : ']');
}

static void depth_is_limited(void **state)
{
    struct ff_buf b = {0};
    json_t *value = NULL;
    struct ff_why why;
    (void)state;
    nest(&b, FF_JSON_DEPTH_MAX);
    assert_int_equal(ff_json_parse(ff_buf_slice(&b), &value, NULL), FF_OK);
    json_decref(value);
    nest(&b, FF_JSON_DEPTH_MAX + 1);
    assert_int_equal(ff_json_parse(ff_buf_slice(&b), &value, &why), FF_E_JSON);
    assert_non_null(strstr(why.text, "16"));
    ff_buf_clear(&b);
    for (int i = 0; i < 1000000; i++)
        ff_buf_addc(&b, '[');
    assert_int_equal(ff_json_parse(ff_buf_slice(&b), &value, NULL), FF_E_JSON);
    ff_buf_fini(&b);
    /* Siblings and brackets in texts are not depth. */
    static const char wide[] = "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                               "[],[],[],\"[[[[[[[[[[\\\"[[[[[[[[[[[[[[\"]";
    assert_int_equal(ff_json_parse(ff_slice_str(wide), &value, NULL), FF_OK);
    json_decref(value);
}

static void rewrite(const char *text, const char *wanted)
{
    json_t *value = NULL;
    struct ff_buf b = {0};
    assert_int_equal(parse(ff_slice_str(text), &value), FF_OK);
    ff_json_write(&b, value);
    assert_string_equal(b.data, wanted);
    json_decref(value);
    ff_buf_fini(&b);
}

static void writes_compact(void **state)
{
    (void)state;
    rewrite(" { \"z\" : [ 1 , 2 , { } , [ ] ] , \"a\" : null } ",
            "{\"z\":[1,2,{},[]],\"a\":null}");
    rewrite("[true,false,\"\\u0041\\n\\/\"]", "[true,false,\"A\\n/\"]");
    rewrite("-9223372036854775808", "-9223372036854775808");
}

static void reals_stay_what_they_were(void **state)
{
    (void)state;
    rewrite("[0.1,1.0,-0.0,1e300,3.14]", "[0.1,1.0,-0.0,1e+300,3.14]");
    rewrite("0.30000000000000004", "0.30000000000000004");
    rewrite("1e2", "100.0");
    rewrite("5e-324", "4.94065645841247e-324");
    rewrite("123456789012345680.0", "1.2345678901234568e+17");
}

static void add_string(struct ff_slice text, const char *wanted)
{
    struct ff_buf b = {0};
    ff_json_add_string(&b, text);
    assert_string_equal(b.data, wanted);
    ff_buf_fini(&b);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    add_string(ff_slice_str(NULL), "\"\"");
    add_string(FF_SLICE_LIT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    add_string(FF_SLICE_LIT("\b\f\n\r\t\0\x1f\x7f"),
               "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
    add_string(FF_SLICE_LIT("\xc3\xa9\xf0\x9f\x98\x80"),
               "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    add_string(FF_SLICE_LIT("a\xff"
                            "b\xe2\x82"),
               "\"a\xef\xbf\xbd"
               "b\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void utf8(void **state)
{
    static const char *const right[] = {
        "",
        "plain",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "eight by\xc3\xa9teight by",
    };
    static const char *const wrong[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xef\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "eight byteight b\xe2\x82",
        "\xf0\x9f\x98\x41",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(ff_utf8_valid(ff_slice_str(right[i])));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(ff_utf8_valid(ff_slice_str(wrong[i])));
    assert_true(ff_utf8_valid((struct ff_slice){NULL, 0}));
    /* Cut by its length, not by what stands behind. */
    assert_false(ff_utf8_valid((struct ff_slice){"\xe2\x82\xac", 2}));
}

/* --- raw members ------------------------------------------------------------ */

static void raw_is(const char *object, const char *key, const char *wanted)
{
    struct ff_slice raw;
    assert_int_equal(ff_json_raw_member(ff_slice_str(object), key, &raw),
                     FF_OK);
    assert_true(ff_slice_is(raw, wanted));
}

static void raw_members(void **state)
{
    static const char text[] =
        "\r\n { \"a\" : \"x\\\"},\" ,\"b\":{\"c\":[1,\"]}\",{}],\"d\":{}} ,\t"
        "\"n\":-1.5e+3,\"t\":true ,\"z\":null,\"e\":\"\",\"l\" : [ 1 , 2 ]\n}";
    (void)state;
    raw_is(text, "a", "\"x\\\"},\"");
    raw_is(text, "b", "{\"c\":[1,\"]}\",{}],\"d\":{}}");
    raw_is(text, "n", "-1.5e+3");
    raw_is(text, "t", "true");
    raw_is(text, "z", "null");
    raw_is(text, "e", "\"\"");
    raw_is(text, "l", "[ 1 , 2 ]");
}

static void raw_keys_may_be_escaped(void **state)
{
    (void)state;
    raw_is("{\"\\u0063hannel\":1}", "channel", "1");
    raw_is("{\"chann\\u0065\\u006C\":2}", "channel", "2");
    raw_is("{\"\\ud83d\\ude00\":3}", "\xf0\x9f\x98\x80", "3");
    raw_is("{\"\\u20ac\\u00e9\":4}", "\xe2\x82\xac\xc3\xa9", "4");
    raw_is("{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":5}", "\"\\/\b\f\n\r\t", "5");
    raw_is("{\"\":6}", "", "6");
    raw_is("{\"\\\\u0063\":1,\"c\":7}", "c", "7");
}

static void raw_absent(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{ }",
        "{\"ab\":1}",
        "{\"b\":{\"a\":1}}",
        "{\"b\":\"a\"}",
        "{\"b\":[\"a\",1]}",
        "{\"b\":\"\\\"a\\\":1\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ff_slice raw = {"untouched", 9};
        assert_int_equal(ff_json_raw_member(ff_slice_str(texts[i]), "a", &raw),
                         FF_E_NOT_FOUND);
        assert_true(ff_slice_is(raw, "untouched"));
    }
}

/* Never past the end, whatever the text (the sanitizer looks). */
static void raw_of_broken_texts(void **state)
{
    static const char text[] =
        "{\"b\":[1,{\"x\":\"\\\"y\"}],\"\\ud83d\\ude00\\n\":-12,\"c\":true}";
    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *exact = ff_alloc(len);
        memcpy(exact, text, len);
        struct ff_slice raw = {NULL, 0};
        if (ff_json_raw_member((struct ff_slice){exact, len}, "nope", &raw) ==
            FF_OK)
            fail();
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(takes_any_value),
        cmocka_unit_test(object_only),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(writes_compact),
        cmocka_unit_test(reals_stay_what_they_were),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(utf8),
        cmocka_unit_test(raw_members),
        cmocka_unit_test(raw_keys_may_be_escaped),
        cmocka_unit_test(raw_absent),
        cmocka_unit_test(raw_of_broken_texts),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
