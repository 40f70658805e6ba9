/* Apps: a record is taken whole or refused by the name of what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ff_app.h"

static ff_err decode(const char *text, struct ff_app **out, struct ff_why *why)
{
    json_t *record;

    assert_int_equal(ff_json_parse_object(ff_slice_str(text), &record, why),
                     FF_OK);
    ff_err err = ff_app_decode(record, out, why);
    json_decref(record);
    return err;
}

static const char whole[] =
    "{\"id\":\"dev\",\"name\":\"Development\",\"enabled\":true,"
    "\"keys\":[{\"key\":\"dev-key\",\"secret\":\"dev-secret\"},"
    "{\"key\":\"k2\",\"secret\":\"s2\"}],"
    "\"token_keys\":[{\"kid\":\"1\",\"alg\":\"HS256\","
    "\"secret\":\"01234567890123456789012345678901\"},"
    "{\"kid\":\"2\",\"alg\":\"RS256\",\"public\":\"PEM\",\"private\":\"P\"}],"
    "\"namespaces\":{\"\":{\"publish\":\"any\"},"
    "\"chat\":{\"publish\":\"admin\",\"history_size\":100,\"cache\":true},"
    "\"docs\":{\"documents\":true},"
    "\"*\":{\"subscribe\":\"api\"}}}";

static void a_whole_record_is_taken(void **state)
{
    struct ff_app *app = NULL;
    struct ff_why why = {0};

    (void)state;
    if (decode(whole, &app, &why) != FF_OK)
        fail_msg("%s: %s", why.field, why.text);
    assert_string_equal(app->id, "dev");
    assert_string_equal(app->name, "Development");
    assert_true(app->enabled);
    assert_int_equal(app->key_count, 2);
    assert_int_equal(app->token_key_count, 2);
    assert_string_equal(app->token_keys[1].private_pem, "P");
    const struct ff_app_key *key = ff_app_find_key(app, FF_SLICE_LIT("k2"));
    assert_string_equal(key->secret, "s2");
    assert_null(ff_app_find_key(app, FF_SLICE_LIT("k")));
    assert_null(ff_app_find_key(app, FF_SLICE_LIT("")));
    struct ff_app *again = ff_app_ref(app);
    ff_app_unref(&app);
    assert_null(app);
    assert_string_equal(again->id, "dev");
    ff_app_unref(&again);
}

static void least_record(void **state)
{
    struct ff_app *app = NULL;

    (void)state;
    assert_int_equal(decode("{\"id\":\"a\"}", &app, NULL), FF_OK);
    assert_true(app->enabled);
    assert_null(app->name);
    const struct ff_namespace *ns =
        ff_app_namespace(app, FF_SLICE_LIT("chat:1"));
#define N(name, type, standard, min, max, help)                                \
    assert_true(ns->name == standard);
#include "namespace.def"
#undef N
    ff_app_unref(&app);
}

static void channels_find_their_namespace(void **state)
{
    static const struct {
        const char *channel, *name;
    } cases[] = {
        {"room", ""},
        {"chat:1", "chat"},
        {"chat:1:2", "chat"},
        {"chat.room.1", ""},
        {"private-chat:1", "chat"},
        {"presence-chat:1", "chat"},
        {"private-encrypted-chat:1", "chat"},
        {"cache-chat:1", "chat"},
        {"private-cache-chat:1", "chat"},
        {"private-encrypted-cache-chat:1", "chat"},
        {"presence-cache-chat:1", "chat"},
        {"other:1", "*"},
        {":1", ""},
        {"#user-chat:1", ""},
        {"#user-42", ""},
        {"$chat:1", ""},
        {"private-", ""},
        {"docs:a/b", "docs"},
    };
    struct ff_app *app = NULL;

    (void)state;
    assert_int_equal(decode(whole, &app, NULL), FF_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ff_namespace *ns =
            ff_app_namespace(app, ff_slice_str(cases[i].channel));
        const char *name = ns->subscribe == FF_WHO_API   ? "*"
                           : ns->publish == FF_WHO_ADMIN ? "chat"
                           : ns->documents               ? "docs"
                                                         : "";
        if (strcmp(name, cases[i].name) != 0)
            fail_msg("%s is of \"%s\"", cases[i].channel, name);
    }
    ff_app_unref(&app);
}

static void prefixes_have_their_meaning(void **state)
{
    static const struct {
        const char *channel;
        bool guarded, stored, cached, presence;
    } cases[] = {
        {"room", false, false, false, false},
        {"private-room", true, false, false, false},
        {"presence-room", true, false, false, true},
        {"private-encrypted-room", true, false, false, false},
        {"cache-room", false, true, true, false},
        {"private-cache-room", true, true, true, false},
        {"presence-cache-room", true, true, true, true},
        {"cachet", false, false, false, false},
        {"Private-room", false, false, false, false},
        {"chat:1", false, true, true, false},
        {"docs:1", false, true, false, false},
    };
    struct ff_app *app = NULL;

    (void)state;
    assert_int_equal(decode(whole, &app, NULL), FF_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ff_slice channel = ff_slice_str(cases[i].channel);
        const struct ff_namespace *ns = ff_app_namespace(app, channel);
        assert_int_equal(ff_channel_guarded(channel), cases[i].guarded);
        assert_int_equal(ff_namespace_stored(ns, channel), cases[i].stored);
        assert_int_equal(ff_namespace_cached(ns, channel), cases[i].cached);
        assert_int_equal(ff_namespace_has_presence(ns, channel),
                         cases[i].presence);
    }
    ff_app_unref(&app);
}

static void reserved_channels_have_no_members(void **state)
{
    static const struct ff_namespace ns = {.presence = true};

    (void)state;
    assert_true(ff_namespace_has_presence(&ns, ff_slice_str("room")));
    assert_false(ff_namespace_has_presence(&ns, ff_slice_str("#user-1")));
    assert_false(ff_namespace_has_presence(&ns, ff_slice_str("$stats")));
}

static void wrong_records_are_refused_by_name(void **state)
{
    static const struct {
        const char *record, *field;
    } cases[] = {
        {"{}", "id"},
        {"{\"id\":\"\"}", "id"},
        {"{\"id\":7}", "id"},
        {"{\"id\":\"a.b\"}", "id"},
        {"{\"id\":\"a\",\"x\":1}", "x"},
        {"{\"id\":\"a\",\"enabled\":1}", "enabled"},
        {"{\"id\":\"a\",\"keys\":{}}", "keys"},
        {"{\"id\":\"a\",\"keys\":[7]}", "keys.0"},
        {"{\"id\":\"a\",\"keys\":[{\"key\":\"k\"}]}", "keys.0.secret"},
        {"{\"id\":\"a\",\"keys\":[{\"key\":\"k\",\"secret\":\"s\"},"
         "{\"key\":\"k\",\"secret\":\"s\"}]}",
         "keys.1.key"},
        {"{\"id\":\"a\",\"keys\":[{\"key\":\"k\",\"secret\":\"s\",\"y\":1}]}",
         "keys.0.y"},
        {"{\"id\":\"a\",\"token_keys\":[{\"kid\":\"1\",\"alg\":\"none\"}]}",
         "token_keys.0.alg"},
        {"{\"id\":\"a\",\"token_keys\":[{\"kid\":\"1\",\"alg\":\"hs256\","
         "\"secret\":\"01234567890123456789012345678901\"}]}",
         "token_keys.0.alg"},
        {"{\"id\":\"a\",\"token_keys\":[{\"kid\":\"1\",\"alg\":\"HS256\","
         "\"secret\":\"0123456789012345678901234567890\"}]}",
         "token_keys.0.secret"},
        {"{\"id\":\"a\",\"token_keys\":[{\"kid\":\"1\",\"alg\":\"HS256\","
         "\"secret\":\"01234567890123456789012345678901\","
         "\"public\":\"PEM\"}]}",
         "token_keys.0.public"},
        {"{\"id\":\"a\",\"token_keys\":[{\"kid\":\"1\",\"alg\":\"RS256\","
         "\"secret\":\"01234567890123456789012345678901\"}]}",
         "token_keys.0.secret"},
        {"{\"id\":\"a\",\"token_keys\":[{\"kid\":\"1\",\"alg\":\"ES256\"}]}",
         "token_keys.0.public"},
        {"{\"id\":\"a\",\"namespaces\":[]}", "namespaces"},
        {"{\"id\":\"a\",\"namespaces\":{\"chat\":{\"publish\":\"all\"}}}",
         "namespaces.chat.publish"},
        {"{\"id\":\"a\",\"namespaces\":{\"chat\":{\"publsh\":\"any\"}}}",
         "namespaces.chat.publsh"},
        {"{\"id\":\"a\",\"namespaces\":{\"chat\":{\"history_size\":-1}}}",
         "namespaces.chat.history_size"},
        {"{\"id\":\"a\",\"namespaces\":{\"chat\":{\"history_size\":1.5}}}",
         "namespaces.chat.history_size"},
        {"{\"id\":\"a\",\"namespaces\":{\"chat\":{\"cache\":\"yes\"}}}",
         "namespaces.chat.cache"},
        {"{\"id\":\"a\",\"namespaces\":{\"a:b\":{}}}", "namespaces.a:b"},
        {"{\"id\":\"a\",\"namespaces\":{\"\":{\"x\":1}}}", "namespaces.x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ff_app *app = NULL;
        struct ff_why why = {0};
        if (decode(cases[i].record, &app, &why) != FF_E_INVALID)
            fail_msg("taken: %s", cases[i].record);
        assert_null(app);
        assert_true(why.text[0] != '\0');
        assert_string_equal(why.field, cases[i].field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_record_is_taken),
        cmocka_unit_test(least_record),
        cmocka_unit_test(channels_find_their_namespace),
        cmocka_unit_test(prefixes_have_their_meaning),
        cmocka_unit_test(reserved_channels_have_no_members),
        cmocka_unit_test(wrong_records_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
