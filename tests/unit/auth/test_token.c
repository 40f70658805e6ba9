/* Signatures: what is signed opens, and each known forgery is refused. Keys are made here, by libcrypto. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "ff_hash.h"
#include "services/auth/token.h"

#define MAX 4096

static char *pem(EVP_PKEY *key, bool private_part)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;

    if (private_part)
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_PUBKEY(bio, key);
    size_t len = (size_t)BIO_get_mem_data(bio, &data);
    char *text = ff_strndup(data, len);
    BIO_free(bio);
    return text;
}

static void add_pair(json_t *keys, const char *kid, const char *alg,
                     EVP_PKEY *key)
{
    char *private_pem = pem(key, true), *public_pem = pem(key, false);

    json_array_append_new(keys, json_pack("{s:s, s:s, s:s, s:s}", "kid", kid,
                                          "alg", alg, "public", public_pem,
                                          "private", private_pem));
    free(private_pem);
    free(public_pem);
    EVP_PKEY_free(key);
}

#define SECRET "0123456789abcdef0123456789abcdef"

/* An app whose only signing keys are those named. */
static struct ff_app *make_app(bool hs, bool rs, bool es)
{
    json_t *keys = json_array();
    struct ff_app *app;
    struct ff_why why = {0};

    if (hs)
        json_array_append_new(keys,
                              json_pack("{s:s, s:s, s:s}", "kid", "h", "alg",
                                        "HS256", "secret", SECRET));
    if (rs)
        add_pair(keys, "r", "RS256", EVP_RSA_gen(2048));
    if (es)
        add_pair(keys, "e", "ES256", EVP_EC_gen("P-256"));
    json_t *record = json_pack("{s:s, s:b, s:o}", "id", "dev", "enabled", 1,
                               "token_keys", keys);
    if (ff_app_decode(record, &app, &why) != FF_OK)
        fail_msg("app refused: %s %s", why.field, why.text);
    json_decref(record);
    return app;
}

static char *sign(const struct ff_app *app)
{
    json_t *claims = json_pack("{s:s}", "sub", "42");
    char *token = NULL;

    assert_int_equal(token_sign(app, claims, &token), FF_OK);
    json_decref(claims);
    return token;
}

static ff_err try_open(const struct ff_app *app, const char *token)
{
    json_t *claims;
    struct ff_why why = {0};
    ff_err err = token_open(app, ff_slice_str(token), MAX, &claims, &why);

    if (err == FF_OK)
        json_decref(claims);
    else
        assert_string_equal(why.field, "token");
    return err;
}

static void test_each_algorithm_round_trips(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct ff_app *app = make_app(i == 0, i == 1, i == 2);
        char *token = sign(app);
        assert_int_equal(try_open(app, token), FF_OK);
        token[strlen(token) - 6] ^= 1;
        assert_int_equal(try_open(app, token), FF_E_UNAUTHENTICATED);
        free(token);
        ff_app_unref(&app);
    }
}

static void test_two_keys_stand_while_one_is_changed(void **state)
{
    struct ff_app *both = make_app(true, true, false);
    struct ff_app *old = make_app(true, false, false);
    char *token = sign(old);

    (void)state;
    assert_int_equal(try_open(both, token), FF_OK);
    free(token);
    ff_app_unref(&both);
    ff_app_unref(&old);
}

/* base64url without padding (RFC 7515, section 2). */
static void add_part(struct ff_buf *out, struct ff_slice bytes)
{
    struct ff_buf text = {0};

    ff_base64(&text, bytes);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c != '=')
            ff_buf_addc(out, (char)(c == '+' ? '-' : c == '/' ? '_' : c));
    }
    ff_buf_fini(&text);
}

static char *forge(const char *header, const char *payload, const char *key)
{
    struct ff_buf token = {0};
    uint8_t mac[32];

    add_part(&token, ff_slice_str(header));
    ff_buf_addc(&token, '.');
    add_part(&token, ff_slice_str(payload));
    if (key != NULL)
        ff_hmac_sha256(ff_slice_str(key), ff_buf_slice(&token), mac);
    ff_buf_addc(&token, '.');
    if (key != NULL)
        add_part(&token, (struct ff_slice){(char *)mac, sizeof(mac)});
    return ff_buf_take(&token);
}

static void test_forgeries(void **state)
{
    struct ff_app *app = make_app(true, true, false);
    const char *public_pem = app->token_keys[1].public_pem;
    const struct {
        const char *header, *key;
    } rows[] = {
        {"{\"alg\":\"none\"}", NULL},
        {"{\"alg\":\"nOnE\"}", NULL},
        {"{\"alg\":\"none\"}", SECRET},
        {"{\"alg\":\"hs256\"}", SECRET},
        {"{\"alg\":\"HS256\"}", public_pem},
        {"{\"alg\":\"HS256\",\"kid\":\"r\"}", public_pem},
        {"{\"alg\":\"HS256\",\"kid\":\"../../etc\"}", SECRET},
        {"{\"alg\":\"HS256\",\"alg\":\"none\"}", SECRET},
        {"{\"alg\":\"HS256\"}", ""},
        {"{}", SECRET},
        {"[]", SECRET},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *token = forge(rows[i].header, "{\"sub\":\"1\"}", rows[i].key);
        assert_int_equal(try_open(app, token), FF_E_UNAUTHENTICATED);
        free(token);
    }
    char *good = forge("{\"alg\":\"HS256\"}", "{\"sub\":\"1\"}", SECRET);
    assert_int_equal(try_open(app, good), FF_OK);
    free(good);
    ff_app_unref(&app);
}

static void test_shapes(void **state)
{
    static const char *const bad[] = {
        "", ".", "..", "a.b", "a.b.c.d", "a..c", "e30.e30.", "\x01.\x02.\x03"};
    struct ff_app *app = make_app(true, false, false);
    char *good = sign(app), *huge = ff_zalloc(1000001);
    struct ff_buf four = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(try_open(app, bad[i]), FF_E_UNAUTHENTICATED);
    ff_buf_addf(&four, "%s.e30", good);
    assert_int_equal(try_open(app, four.data), FF_E_UNAUTHENTICATED);
    memset(huge, 'a', 1000000);
    assert_int_equal(try_open(app, huge), FF_E_UNAUTHENTICATED);
    ff_buf_fini(&four);
    free(huge);
    free(good);
    ff_app_unref(&app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_algorithm_round_trips),
        cmocka_unit_test(test_two_keys_stand_while_one_is_changed),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
