/* Policy: every rule, for every kind of user, walked as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_policy.h"

static struct ff_app *app;

static json_t *parse(const char *text)
{
    json_t *value;

    assert_int_equal(ff_json_parse_object(ff_slice_str(text), &value, NULL),
                     FF_OK);
    return value;
}

static int setup(void **state)
{
    json_t *record =
        parse("{\"id\":\"a\",\"namespaces\":{"
              "\"pub\":{\"publish\":\"any\"},"
              "\"admins\":{\"subscribe\":\"admin\",\"publish\":\"admin\"},"
              "\"users\":{\"subscribe\":\"user\",\"history\":\"user\"},"
              "\"api\":{\"subscribe\":\"api\",\"publish\":\"api\"},"
              "\"off\":{\"subscribe\":\"none\",\"publish\":\"none\"},"
              "\"quiet\":{\"whisper\":false,\"history\":\"none\"}}}");

    (void)state;
    assert_int_equal(ff_app_decode(record, &app, NULL), FF_OK);
    json_decref(record);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ff_app_unref(&app);
    return 0;
}

/* In the order of the letters below. */
static char *patterns[] = {(char[]){"private-own.*"}, (char[]){"presence-own"},
                           (char[]){"admins:*"},      (char[]){"api:*"},
                           (char[]){"off:*"},         (char[]){"$*"},
                           (char[]){"#user-*"},       NULL};
static const struct ff_identity people[] = {
    {0}, /* nobody: given as NULL */
    {.user_id = (char[]){"42"}, .role = (char[]){"user"}},
    {.user_id = (char[]){"43"}, .role = (char[]){"user"}, .channels = patterns},
    {.user_id = (char[]){"1"}, .role = (char[]){"admin"}},
};

/*
 * What each verb answers to nobody, a user, a user with grants, an admin:
 * + may, ? a token could open it, - may not.
 */
static const struct {
    const char *channel;
    const char *subscribe, *publish, *history, *whisper;
} matrix[] = {
    {"room", "++++", "?+++", "++++", "++++"},
    {"pub:1", "++++", "++++", "++++", "++++"},
    {"users:1", "?+++", "?+++", "?+++", "?+++"},
    {"admins:1", "?-++", "?-++", "?-++", "?-++"},
    {"api:1", "----", "----", "----", "----"},
    {"off:1", "----", "----", "----", "----"},
    {"quiet:1", "++++", "?+++", "----", "----"},
    {"private-room", "?--+", "?--+", "?--+", "?--+"},
    {"private-own.1", "?-++", "?-++", "?-++", "?-++"},
    {"presence-own", "?-++", "?-++", "?-++", "?-++"},
    {"presence-room", "?--+", "?--+", "?--+", "?--+"},
    {"private-encrypted-x", "?--+", "?--+", "?--+", "?--+"},
    {"private-admins:1", "?--+", "?--+", "?--+", "?--+"},
    {"private-api:1", "?--+", "----", "?--+", "?--+"},
    {"private-pub:1", "?--+", "?--+", "?--+", "?--+"},
    {"cache-room", "++++", "?+++", "++++", "++++"},
    {"$system", "----", "----", "----", "----"},
    {"#user-42", "?+-+", "----", "?+-+", "----"},
    {"#user-43", "?-++", "----", "?-++", "----"},
    {"#user-", "?--+", "----", "?--+", "----"},
    {"#general", "++++", "?+++", "++++", "++++"},
};

static char answer(const struct ff_identity *who, enum ff_verb verb,
                   const char *channel)
{
    switch ((int)ff_policy_check(app, who, verb, ff_slice_str(channel))) {
    case FF_OK:
        return '+';
    case FF_E_UNAUTHENTICATED:
        return '?';
    case FF_E_FORBIDDEN:
        return '-';
    default:
        return '!';
    }
}

static void the_matrix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matrix / sizeof matrix[0]; i++) {
        const char *wanted[] = {
            [FF_VERB_SUBSCRIBE] = matrix[i].subscribe,
            [FF_VERB_PUBLISH] = matrix[i].publish,
            [FF_VERB_HISTORY] = matrix[i].history,
            [FF_VERB_WHISPER] = matrix[i].whisper,
        };
        for (size_t v = 0; v < 4; v++) {
            char got[5] = "";
            for (size_t p = 0; p < 4; p++)
                got[p] = answer(p ? &people[p] : NULL, (enum ff_verb)v,
                                matrix[i].channel);
            if (strcmp(got, wanted[v]) != 0)
                fail_msg("%s, verb %zu: %s instead of %s", matrix[i].channel, v,
                         got, wanted[v]);
        }
    }
}

static void anonymous_tokens_may_hold_grants(void **state)
{
    struct ff_identity guest = {.channels = patterns};

    (void)state;
    assert_int_equal(answer(&guest, FF_VERB_SUBSCRIBE, "private-own.1"), '+');
    assert_int_equal(answer(&guest, FF_VERB_SUBSCRIBE, "private-room"), '?');
    assert_int_equal(answer(&guest, FF_VERB_SUBSCRIBE, "#user-42"), '?');
}

static void patterns_match_runs(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "b", false},
        {"a", "ab", false},
        {"ab", "a", false},
        {"*", "", true},
        {"*", "a.b:c", true},
        {"a*", "a", true},
        {"a*", "b", false},
        {"*a", "bba", true},
        {"*a", "ab", false},
        {"a*c", "abbc", true},
        {"a*c", "abb", false},
        {"a*b*c", "aXbYbZc", true},
        {"**", "x", true},
        {"a**", "a", true},
        {"chat.*", "chat", false},
        {"*ab", "aab", true},
        {"*a*b*", "xbxa", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (ff_pattern_match(cases[i].pattern, ff_slice_str(cases[i].name)) !=
            cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].name);
}

/* Many stars against a long name that just does not fit: no explosion. */
static void patterns_are_matched_in_bounded_time(void **state)
{
    char pattern[201], name[201];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        pattern[i] = i % 2 ? '*' : 'a';
        name[i] = 'a';
    }
    pattern[199] = 'b';
    pattern[200] = name[200] = '\0';
    for (int i = 0; i < 1000; i++)
        assert_false(ff_pattern_match(pattern, ff_slice_str(name)));
}

static void claims_become_an_identity(void **state)
{
    json_t *claims = parse(
        "{\"user_id\":\"42\",\"role\":\"admin\",\"token_id\":\"t\","
        "\"name\":\"Ann\",\"info\":{\"a\":1},\"channels\":[\"a.*\",\"b\"],"
        "\"issued_at\":10,\"expires_at\":20,\"more\":true}");
    struct ff_identity id = {0};

    (void)state;
    assert_int_equal(ff_identity_decode(claims, &id, NULL), FF_OK);
    json_decref(claims);
    assert_string_equal(id.user_id, "42");
    assert_string_equal(id.name, "Ann");
    assert_string_equal(id.token_id, "t");
    assert_int_equal(json_integer_value(json_object_get(id.info, "a")), 1);
    assert_string_equal(id.channels[1], "b");
    assert_null(id.channels[2]);
    assert_int_equal(id.issued_at_s, 10);
    assert_int_equal(id.expires_at_s, 20);
    assert_true(ff_identity_is_admin(&id));
    ff_identity_fini(&id);
    ff_identity_fini(&id);
    assert_false(ff_identity_is_admin(NULL));
}

static void wrong_claims_are_refused_by_name(void **state)
{
    static const struct {
        const char *claims, *field;
    } cases[] = {
        {"{\"user_id\":7}", "user_id"},
        {"{\"user_id\":\"\"}", "user_id"},
        {"{\"role\":[]}", "role"},
        {"{\"channels\":\"a\"}", "channels"},
        {"{\"channels\":[\"a\",1]}", "channels"},
        {"{\"info\":1}", "info"},
        {"{\"expires_at\":\"soon\"}", "expires_at"},
        {"{\"expires_at\":-1}", "expires_at"},
        {"{\"issued_at\":1.5}", "issued_at"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ff_identity id = {0};
        struct ff_why why = {0};
        json_t *claims = parse(cases[i].claims);
        assert_int_equal(ff_identity_decode(claims, &id, &why), FF_E_INVALID);
        assert_string_equal(why.field, cases[i].field);
        json_decref(claims);
    }
    json_t *none = parse("{\"user_id\":null,\"channels\":null}");
    struct ff_identity id = {0};
    assert_int_equal(ff_identity_decode(none, &id, NULL), FF_OK);
    assert_null(id.user_id);
    ff_identity_fini(&id);
    json_decref(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix),
        cmocka_unit_test(anonymous_tokens_may_hold_grants),
        cmocka_unit_test(patterns_match_runs),
        cmocka_unit_test(patterns_are_matched_in_bounded_time),
        cmocka_unit_test(claims_become_an_identity),
        cmocka_unit_test(wrong_claims_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
