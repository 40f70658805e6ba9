/* Hashes against published vectors, base64 against RFC 4648. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_hash.h"

static void sha256_is(const char *text, const char *hex)
{
    uint8_t hash[32];
    char out[65];
    ff_sha256(ff_slice_str(text), hash);
    ff_hex(hash, sizeof(hash), out);
    assert_string_equal(out, hex);
}

static void sha256(void **state)
{
    (void)state;
    sha256_is("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
                  "7852b855");
    sha256_is("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff6"
                     "1f20015ad");
}

static void hmac_is(struct ff_slice key, const char *text, const char *hex)
{
    uint8_t mac[32];
    char out[65];
    ff_hmac_sha256(key, ff_slice_str(text), mac);
    ff_hex(mac, sizeof(mac), out);
    assert_string_equal(out, hex);
}

/* RFC 4231, cases 2 and 6; and an empty key. */
static void hmac(void **state)
{
    char long_key[131];
    (void)state;
    memset(long_key, 0xaa, sizeof(long_key));
    hmac_is(FF_SLICE_LIT("Jefe"), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_is((struct ff_slice){long_key, sizeof(long_key)},
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_is((struct ff_slice){NULL, 0}, "",
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void base64(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xff\xfe", "///+"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct ff_buf text = {0}, back = {0};
        ff_base64(&text, ff_slice_str(pairs[i][0]));
        assert_true(ff_slice_is(ff_buf_slice(&text), pairs[i][1]));
        assert_int_equal(ff_base64_decode(&back, ff_buf_slice(&text)), FF_OK);
        assert_true(ff_slice_is(ff_buf_slice(&back), pairs[i][0]));
        ff_buf_fini(&text);
        ff_buf_fini(&back);
    }
}

static void refuse(ff_err (*decode)(struct ff_buf *, struct ff_slice),
                   struct ff_slice text)
{
    struct ff_buf out = {0};
    ff_buf_adds(&out, "kept");
    assert_int_equal(decode(&out, text), FF_E_INVALID);
    assert_string_equal(out.data, "kept");
    ff_buf_fini(&out);
}

/* One text for each value: no whitespace, no missing padding, no spare bits. */
static void base64_is_strict(void **state)
{
    static const char *const wrong[] = {
        "Z",      "Zg",       "Zg=",  "Z===",     "====",
        "=",      "Zh==",     "Zm9=", "Zg==Zg==", "Zm 9",
        "Zm9v\n", "Zm9v====", "-_==", "Zm9v=",    "Z=g=",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        refuse(ff_base64_decode, ff_slice_str(wrong[i]));
    refuse(ff_base64_decode, FF_SLICE_LIT("Zm9\0"));
    refuse(ff_base64url_decode, FF_SLICE_LIT("Zg=="));
    refuse(ff_base64url_decode, FF_SLICE_LIT("Z"));
    refuse(ff_base64url_decode, FF_SLICE_LIT("Zh"));
    refuse(ff_base64url_decode, FF_SLICE_LIT("//++"));
}

static void base64url(void **state)
{
    struct ff_buf out = {0};
    (void)state;
    assert_int_equal(ff_base64url_decode(&out, FF_SLICE_LIT("__-_Zg")), FF_OK);
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data,
                        "\xff\xff\xbf"
                        "f",
                        4);
    ff_buf_fini(&out);
}

static void random_names(void **state)
{
    char name[21], other[21];
    (void)state;
    for (int i = 0; i < 200; i++) {
        ff_random_name(name, 20);
        ff_random_name(other, 20);
        assert_int_equal(strlen(name), 20);
        assert_in_range(name[0], 'a', 'z');
        assert_int_equal(strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"),
                         20);
        assert_string_not_equal(name, other);
    }
    ff_random_name(name, 0);
    assert_string_equal(name, "");
}

static void random_bytes(void **state)
{
    uint8_t a[1000] = {0}, b[1000] = {0};
    (void)state;
    ff_random(a, sizeof(a));
    ff_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    ff_random(a, 0);
}

static void same(void **state)
{
    (void)state;
    assert_true(ff_same(FF_SLICE_LIT("abc"), FF_SLICE_LIT("abc")));
    assert_false(ff_same(FF_SLICE_LIT("abc"), FF_SLICE_LIT("abd")));
    assert_false(ff_same(FF_SLICE_LIT("abc"), FF_SLICE_LIT("ab")));
    assert_true(ff_same(ff_slice_str(NULL), ff_slice_str("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256),       cmocka_unit_test(hmac),
        cmocka_unit_test(base64),       cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(base64url),    cmocka_unit_test(random_names),
        cmocka_unit_test(random_bytes), cmocka_unit_test(same),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
