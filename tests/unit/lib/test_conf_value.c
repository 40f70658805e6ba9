/* Settings: the values of each type, and how they are shown. */
#include "conf_steps.h"

#include "ff_json.h"

static void booleans(void **state)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true},   {"1", true},  {"yes", true},
                 {"false", false}, {"0", false}, {"no", false}};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(load(ARGS(word("--loud"), word(words[i].text)), NONE),
                         FF_OK);
        assert_int_equal(conf.loud, words[i].value);
        ff_conf_fini(&table, &conf);
    }
    refused(load(ARGS(word("--loud"), word("TRUE")), NONE), "loud",
            "must be true or false (--loud)");
}

static void numbers_are_strict(void **state)
{
    static const char *const wrong[] = {
        "",
        " 1",
        "1 ",
        "+1",
        "0x1",
        "1.0",
        "1e1",
        "-",
        "--1",
        "one",
        "9223372036854775808",
        "000000000000000000000000000001",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        refused(load(ARGS(word("--limit"), word(wrong[i])), NONE), "limit",
                "must be a whole number (--limit)");
    refused(load(ARGS(word("--limit"), word("101")), NONE), "limit",
            "must be between -5 and 100 (--limit)");
    refused(load(ARGS(word("--limit"), word("-6")), NONE), "limit",
            "must be between -5 and 100 (--limit)");
}

static void lengths_are_bounded(void **state)
{
    char *env[] = {word("FANFARE_HOSTS="), NULL};
    (void)state;
    refused(load(ARGS(word("--hosts= ,\t,")), NONE), "hosts",
            "must not be empty (--hosts)");
    refused(load(ARGS(word("--title=")), NONE), "title",
            "must not be empty (--title)");
    refused(load(ARGS(word("--title=a")), NONE), "title",
            "must have 2 to 8 bytes (--title)");
    refused(load(ARGS(word("--title=123456789")), NONE), "title",
            "must have 2 to 8 bytes (--title)");
    refused(
        load(ARGS(word("--friends=12345678901234567890123456789012345678901")),
             NONE),
        "friends", "must have 0 to 40 bytes (--friends)");
    refused(load(ARGS(NULL), env), "hosts",
            "must not be empty (FANFARE_HOSTS)");
}

static void printed_without_secrets(void **state)
{
    struct ff_buf b = {0};
    json_t *object = NULL;
    (void)state;
    assert_int_equal(
        load(ARGS(word("--password=hunter2"),
                  word("--hosts=nats://me:hunter2@a:1/x@y,tls://b"),
                  word("--loud=1"), word("--title=a@b")),
             NONE),
        FF_OK);
    ff_conf_print(&table, &conf, &b);
    assert_null(strstr(b.data, "hunter2"));
    assert_int_equal(ff_json_parse_object(ff_buf_slice(&b), &object, NULL),
                     FF_OK);
    assert_int_equal(json_object_size(object), table.count);
    const char *password, *title, *first, *second;
    int loud, limit;
    assert_int_equal(json_unpack(object, "{s:s,s:s,s:[ss],s:b,s:i}", "password",
                                 &password, "title", &title, "hosts", &first,
                                 &second, "loud", &loud, "limit", &limit),
                     0);
    assert_string_equal(password, "***");
    assert_string_equal(title, "a@b");
    assert_string_equal(first, "nats://***@a:1/x@y");
    assert_string_equal(second, "tls://b");
    assert_true(loud);
    assert_int_equal(limit, 10);
    json_decref(object);
    ff_buf_fini(&b);
}

static void loopback(void **state)
{
    static const char *const near[] = {"127.0.0.1", "127.9.9.9", "::1",
                                       "localhost", "::ffff:127.0.0.1"};
    static const char *const far[] = {
        "",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "::ffff:10.0.0.1",
        "127",
        "*",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
        assert_true(ff_conf_is_loopback(near[i]));
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        assert_false(ff_conf_is_loopback(far[i]));
}

#define T(name) cmocka_unit_test_teardown(name, unload)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(booleans),
        T(numbers_are_strict),
        T(lengths_are_bounded),
        T(printed_without_secrets),
        T(loopback),
    };
    return cmocka_run_group_tests_name("conf_value", tests, NULL, NULL);
}
