/* Subjects: the code of names, and building and taking apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ff_subject.h"

static void assert_built(const struct ff_subject_text *s, const char *want)
{
    assert_string_equal(s->text, want);
}

static void names_are_encoded_reversibly(void **state)
{
    (void)state;
    char name[FF_CHANNEL_MAX + 1], token[FF_TOKEN_MAX + 1];
    char back[FF_CHANNEL_MAX + 1];
    for (unsigned first = 1; first < 256; first++) {
        name[0] = (char)first;
        name[1] = (char)(255 - first / 2);
        name[2] = '\0';
        struct ff_slice whole = ff_slice_str(name);
        assert_int_equal(ff_token_encode(whole, token), FF_OK);
        assert_null(strpbrk(token, ".*> \r\n\t"));
        assert_int_equal(ff_token_decode(ff_slice_str(token), back), FF_OK);
        assert_string_equal(back, name);
    }
    assert_int_equal(ff_token_encode(FF_SLICE_LIT("chat.room 1"), token),
                     FF_OK);
    assert_string_equal(token, "chat=2Eroom=201");
}

static void only_canonical_tokens_are_decoded(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "=",    "=2",  "=2e", "=41",
                                      "a.", "a b",  "=GG", "a=",  "é",
                                      "*",  "=2E=", ">",   "=5F"};
    char out[FF_CHANNEL_MAX + 1] = "kept";
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ff_token_decode(ff_slice_str(bad[i]), out),
                         FF_E_INVALID);
    assert_string_equal(out, "kept");
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    char name[FF_CHANNEL_MAX + 2], token[FF_TOKEN_MAX + 1];
    char back[FF_CHANNEL_MAX + 1];
    memset(name, '.', sizeof(name));
    struct ff_slice most = {name, FF_CHANNEL_MAX};
    struct ff_slice over = {name, FF_CHANNEL_MAX + 1};
    assert_int_equal(ff_token_encode(most, token), FF_OK);
    assert_int_equal(strlen(token), FF_TOKEN_MAX);
    assert_int_equal(ff_token_decode(ff_slice_str(token), back), FF_OK);
    assert_int_equal(ff_token_encode(over, token), FF_E_INVALID);
    memset(name, 'a', sizeof(name));
    assert_int_equal(ff_token_decode(over, back), FF_E_INVALID);
    assert_int_equal(ff_token_encode((struct ff_slice){"", 0}, token),
                     FF_E_INVALID);
}

static void channels_are_checked(void **state)
{
    (void)state;
    struct ff_why why;
    assert_int_equal(ff_channel_check(FF_SLICE_LIT("chat.raum é *>"), &why),
                     FF_OK);
    static const char *const bad[] = {"", "a\nb", "a\x7f", "\xff", "\xc0\x80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ff_channel_check(ff_slice_str(bad[i]), &why),
                         FF_E_CHANNEL);
        assert_string_equal(why.field, "channel");
    }
    char name[FF_CHANNEL_MAX + 1];
    memset(name, 'a', sizeof(name));
    assert_int_equal(
        ff_channel_check((struct ff_slice){name, sizeof(name)}, &why),
        FF_E_CHANNEL);
}

static void partitions_never_change(void **state)
{
    (void)state;
    assert_int_equal(ff_subject_partition(FF_SLICE_LIT("")), 2166136261u % 64);
    assert_int_equal(ff_subject_partition(FF_SLICE_LIT("a")), 0xe40c292cu % 64);
    assert_int_equal(ff_subject_partition(FF_SLICE_LIT("foobar")),
                     0xbf9cf968u % 64);
}

static void subjects_are_built(void **state)
{
    (void)state;
    struct ff_subject_text s;
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, "dev", "foobar"),
                     FF_OK);
    assert_built(&s, "ff.ch.dev.40.foobar");
    assert_int_equal(
        ff_subject_build(&s, FF_SUBJ_PRESENCE_ROSTER, "dev", "foobar"), FF_OK);
    assert_built(&s, "ff.px.dev.40.foobar");
    assert_int_equal(
        ff_subject_build(&s, FF_SUBJ_PRESENCE_PART, "07", "members"), FF_OK);
    assert_built(&s, "ff.pr.07.members");
    assert_int_equal(
        ff_subject_build(&s, FF_SUBJ_PRESENCE_DELTA, "gateway-1", "63"), FF_OK);
    assert_built(&s, "ff.pd.gateway-1.63");
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_PRESENCE_DELTA, FF_ANY, "07"),
                     FF_OK);
    assert_built(&s, "ff.pd.*.07");
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_GATEWAY, "dev", "*"), FF_OK);
    assert_built(&s, "ff.gw.dev.=2A");
}

static void wildcards_are_asked_for(void **state)
{
    (void)state;
    struct ff_subject_text s;
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, "dev", FF_ANY), FF_OK);
    assert_built(&s, "ff.ch.dev.*.*");
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, FF_ANY, FF_ANY), FF_OK);
    assert_built(&s, "ff.ch.*.*.*");
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_STORE, FF_REST, FF_ANY),
                     FF_OK);
    assert_built(&s, "ff.in.>");
    ff_subject_wildcard(FF_SUBJ_STORE, &s);
    assert_built(&s, "ff.in.*.*.*");
}

static void a_refused_subject_leaves_out_alone(void **state)
{
    (void)state;
    struct ff_subject_text s = {"kept"};
    char name[FF_CHANNEL_MAX + 2];
    memset(name, '.', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, "dev", name),
                     FF_E_INVALID);
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, "dev", ""),
                     FF_E_INVALID);
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, "dev"), FF_E_INVALID);
    name[FF_CHANNEL_MAX] = '\0';
    assert_int_equal(ff_subject_build(&s, FF_SUBJ_LIVE, name, name),
                     FF_E_INVALID);
    assert_string_equal(s.text, "kept");
}

static void subjects_are_taken_apart(void **state)
{
    (void)state;
    char out[FF_CHANNEL_MAX + 1];
    struct ff_slice s = FF_SLICE_LIT("ff.ch.dev.40.chat=2E1");
    assert_int_equal(ff_subject_part(FF_SUBJ_LIVE, s, 0, out), FF_OK);
    assert_string_equal(out, "dev");
    assert_int_equal(ff_subject_part(FF_SUBJ_LIVE, s, 1, out), FF_OK);
    assert_string_equal(out, "40");
    assert_int_equal(ff_subject_part(FF_SUBJ_LIVE, s, 2, out), FF_OK);
    assert_string_equal(out, "chat.1");
    assert_int_equal(ff_subject_part(FF_SUBJ_LIVE, s, 3, out), FF_E_INVALID);
    assert_int_equal(ff_subject_part(FF_SUBJ_STORE, s, 2, out), FF_E_INVALID);
    static const char *const bad[] = {"", "ff.ch.dev.40", "ff.ch.dev.40.a.b",
                                      "ff.ch.dev.40.", "ff.ch.dev.40.=4"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(
            ff_subject_part(FF_SUBJ_LIVE, ff_slice_str(bad[i]), 2, out),
            FF_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_encoded_reversibly),
        cmocka_unit_test(only_canonical_tokens_are_decoded),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(channels_are_checked),
        cmocka_unit_test(partitions_never_change),
        cmocka_unit_test(subjects_are_built),
        cmocka_unit_test(wildcards_are_asked_for),
        cmocka_unit_test(a_refused_subject_leaves_out_alone),
        cmocka_unit_test(subjects_are_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
