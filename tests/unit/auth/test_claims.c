/* What a token's claims must be: times, parties, user, and what becomes of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/auth/claims.h"

#define NOW 1000000

static const struct auth_conf conf = {
    .issuer = (char *)"fanfare",
    .audience = (char *)"us",
    .leeway_s = 30,
    .token_ttl_s = 3600,
    .token_ttl_max_s = 7200,
};

static ff_err check(const char *text, json_t **out, struct ff_why *why)
{
    json_t *claims;

    if (ff_json_parse_object(ff_slice_str(text), &claims, NULL) != FF_OK)
        fail_msg("not JSON: %s", text);
    ff_err err = claims_check(claims, &conf, NOW, out, why);
    json_decref(claims);
    return err;
}

#define GOOD "\"sub\":\"42\",\"aud\":\"us\",\"exp\":1000100"

static const struct {
    const char *claims;
    ff_err err;
    const char *field;
} refused[] = {
    {"{\"sub\":\"42\",\"aud\":\"us\"}", FF_E_UNAUTHENTICATED, "exp"},
    {"{\"sub\":\"42\",\"aud\":\"us\",\"exp\":999970}", FF_E_EXPIRED, "exp"},
    {"{\"sub\":\"42\",\"aud\":\"us\",\"exp\":\"1000100\"}",
     FF_E_UNAUTHENTICATED, "exp"},
    {"{\"sub\":\"42\",\"aud\":\"us\",\"exp\":1e30}", FF_E_UNAUTHENTICATED,
     "exp"},
    {"{\"sub\":\"42\",\"aud\":\"us\",\"exp\":-5}", FF_E_UNAUTHENTICATED, "exp"},
    {"{" GOOD ",\"nbf\":1000031}", FF_E_UNAUTHENTICATED, "nbf"},
    {"{" GOOD ",\"iat\":1000031}", FF_E_UNAUTHENTICATED, "nbf"},
    {"{" GOOD ",\"iss\":\"other\"}", FF_E_UNAUTHENTICATED, "iss"},
    {"{\"sub\":\"42\",\"exp\":1000100}", FF_E_UNAUTHENTICATED, "aud"},
    {"{\"sub\":\"42\",\"aud\":[\"them\"],\"exp\":1000100}",
     FF_E_UNAUTHENTICATED, "aud"},
    {"{\"aud\":\"us\",\"exp\":1000100}", FF_E_UNAUTHENTICATED, "sub"},
    {"{\"sub\":\"\",\"aud\":\"us\",\"exp\":1000100}", FF_E_UNAUTHENTICATED,
     "sub"},
    {"{" GOOD ",\"role\":5}", FF_E_UNAUTHENTICATED, "role"},
    {"{" GOOD ",\"channels\":\"*\"}", FF_E_UNAUTHENTICATED, "channels"},
    {"{" GOOD ",\"channels\":[\"\"]}", FF_E_UNAUTHENTICATED, "channels"},
    {"{" GOOD ",\"info\":[]}", FF_E_UNAUTHENTICATED, "info"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct ff_why why = {0};
        json_t *identity = NULL;
        assert_int_equal(check(refused[i].claims, &identity, &why),
                         refused[i].err);
        assert_string_equal(why.field, refused[i].field);
        assert_null(identity);
    }
}

static const char *text_of(const json_t *identity, const char *name)
{
    return json_string_value(json_object_get(identity, name));
}

static void test_accepted(void **state)
{
    json_t *identity;
    struct ff_why why = {0};

    (void)state;
    assert_int_equal(check("{\"sub\":42,\"aud\":[\"x\",\"us\"],\"exp\":1000100,"
                           "\"iat\":1000020,\"jti\":\"t\",\"name\":\"Ann\","
                           "\"role\":\"admin\",\"channels\":[\"chat.*\"],"
                           "\"info\":{\"a\":1}}",
                           &identity, &why),
                     FF_OK);
    assert_string_equal(text_of(identity, "user_id"), "42");
    assert_string_equal(text_of(identity, "token_id"), "t");
    assert_string_equal(text_of(identity, "name"), "Ann");
    assert_string_equal(text_of(identity, "role"), "admin");
    assert_int_equal(
        json_integer_value(json_object_get(identity, "expires_at")), 1000100);
    json_decref(identity);
}

static void test_role_is_user_unless_told(void **state)
{
    json_t *identity;

    (void)state;
    assert_int_equal(check("{" GOOD "}", &identity, NULL), FF_OK);
    assert_string_equal(text_of(identity, "role"), "user");
    json_decref(identity);
}

static void test_new_claims_pass_and_are_bounded(void **state)
{
    const struct auth_issue wish = {
        .app = "dev", .user_id = "42", .ttl = 99999999};
    int64_t expires;
    json_t *identity, *claims = claims_new(&wish, &conf, NOW, &expires);

    (void)state;
    assert_int_equal(expires, NOW + 7200);
    assert_int_equal(claims_check(claims, &conf, NOW, &identity, NULL), FF_OK);
    assert_non_null(text_of(identity, "token_id"));
    json_decref(identity);
    json_decref(claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_role_is_user_unless_told),
        cmocka_unit_test(test_new_claims_pass_and_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
