/* Schemas: a table of every type, what it takes and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_schema.h"
#include "messages.h"

struct sample {
    const char *text;
    struct ff_schema_id id;
    int64_t number, count;
    bool flag;
    const json_t *choice;
    const json_t *any, *object, *array, *strings, *ids;
    const char *channel;
};

#define ROW(name, type, flags, min, max)                                       \
    {                                                                          \
#name, FF_T_##type, flags, min, max, offsetof(struct sample, name),    \
            "about " #name                                                     \
    }

static const struct ff_schema_field fields[] = {
    ROW(text, STRING, FF_SCHEMA_REQUIRED, 2, 5),
    ROW(id, ID, 0, 1, 6),
    ROW(number, INT, 0, 1, 1000),
    ROW(count, INT, 0, 0, INT64_MAX),
    ROW(flag, BOOL, 0, 0, 0),
    ROW(choice, FLAG, 0, 0, 0),
    ROW(any, ANY, 0, 0, 0),
    ROW(object, OBJECT, 0, 0, 0),
    ROW(array, ARRAY, 0, 1, 2),
    ROW(strings, STRINGS, 0, 0, 2),
    ROW(ids, IDS, 0, 0, 2),
    ROW(channel, CHANNEL, 0, 1, 200),
};

static const struct ff_schema schema = {"sample", sizeof(struct sample), fields,
                                        sizeof(fields) / sizeof(fields[0]),
                                        "for this test"};

static json_t *parse(const char *text)
{
    json_t *object = NULL;
    assert_int_equal(ff_json_parse_object(ff_slice_str(text), &object, NULL),
                     FF_OK);
    return object;
}

static void takes_all(void **state)
{
    json_t *object =
        parse("{\"text\":\"abc\",\"id\":-12345,\"number\":1000,\"count\":0,"
              "\"flag\":true,\"choice\":false,\"any\":null,\"object\":{\"a\":1}"
              ",\"array\":[1,{}],"
              "\"strings\":[\"x\"],\"ids\":[\"u\",7],\"channel\":\"chat:1\","
              "\"stranger\":[]}");
    struct sample s;
    (void)state;
    assert_int_equal(ff_schema_decode(&schema, object, &s, NULL), FF_OK);
    assert_string_equal(s.text, "abc");
    assert_string_equal(s.id.text, "-12345");
    assert_int_equal(s.number, 1000);
    assert_int_equal(s.count, 0);
    assert_true(s.flag);
    assert_true(json_is_false(s.choice));
    assert_true(json_is_null(s.any));
    assert_int_equal(json_object_size(s.object), 1);
    assert_int_equal(json_array_size(s.array), 2);
    assert_int_equal(json_array_size(s.strings), 1);
    assert_int_equal(json_array_size(s.ids), 2);
    assert_string_equal(s.channel, "chat:1");
    json_decref(object);
}

static void absent_is_clear(void **state)
{
    json_t *object = parse("{\"text\":\"ab\"}");
    struct sample s, clear = {0};
    (void)state;
    memset(&s, 0xff, sizeof(s));
    assert_int_equal(ff_schema_decode(&schema, object, &s, NULL), FF_OK);
    clear.text = s.text;
    assert_memory_equal(&s, &clear, sizeof(s));
    json_decref(object);
}

static void id_may_be_text(void **state)
{
    json_t *object = parse("{\"text\":\"ab\",\"id\":\"u-7\"}");
    struct sample s;
    (void)state;
    assert_int_equal(ff_schema_decode(&schema, object, &s, NULL), FF_OK);
    assert_string_equal(s.id.text, "u-7");
    json_decref(object);
}

struct refusal {
    const char *json, *field;
    ff_err err;
    const char *text;
};

static const struct refusal refusals[] = {
    {"{}", "text", FF_E_MISSING, "is missing"},
    {"{\"text\":null}", "text", FF_E_INVALID, "must be a string"},
    {"{\"text\":\"\"}", "text", FF_E_INVALID, "must not be empty"},
    {"{\"text\":\"a\"}", "text", FF_E_INVALID, "must have at least 2 bytes"},
    {"{\"text\":\"abcdef\"}", "text", FF_E_TOO_BIG,
     "must have at most 5 bytes"},
    {"{\"text\":\"\xe2\x82\xac\xe2\x82\xac\"}", "text", FF_E_TOO_BIG,
     "must have at most 5 bytes"},
    {"{\"text\":\"ab\",\"id\":1.5}", "id", FF_E_INVALID,
     "must be a string or an integer"},
    {"{\"text\":\"ab\",\"id\":\"\"}", "id", FF_E_INVALID, "must not be empty"},
    {"{\"text\":\"ab\",\"id\":1234567}", "id", FF_E_TOO_BIG,
     "must have at most 6 bytes"},
    {"{\"text\":\"ab\",\"number\":0}", "number", FF_E_INVALID,
     "must be between 1 and 1000"},
    {"{\"text\":\"ab\",\"number\":1001}", "number", FF_E_INVALID,
     "must be between 1 and 1000"},
    {"{\"text\":\"ab\",\"number\":1.0}", "number", FF_E_INVALID,
     "must be an integer"},
    {"{\"text\":\"ab\",\"number\":\"1\"}", "number", FF_E_INVALID,
     "must be an integer"},
    {"{\"text\":\"ab\",\"count\":-1}", "count", FF_E_INVALID,
     "must be at least 0"},
    {"{\"text\":\"ab\",\"flag\":1}", "flag", FF_E_INVALID,
     "must be true or false"},
    {"{\"text\":\"ab\",\"choice\":null}", "choice", FF_E_INVALID,
     "must be true or false"},
    {"{\"text\":\"ab\",\"object\":[]}", "object", FF_E_INVALID,
     "must be an object"},
    {"{\"text\":\"ab\",\"array\":{}}", "array", FF_E_INVALID,
     "must be an array"},
    {"{\"text\":\"ab\",\"array\":[]}", "array", FF_E_INVALID,
     "must not be empty"},
    {"{\"text\":\"ab\",\"array\":[1,2,3]}", "array", FF_E_TOO_BIG,
     "must have at most 2 items"},
    {"{\"text\":\"ab\",\"strings\":\"x\"}", "strings", FF_E_INVALID,
     "must be an array"},
    {"{\"text\":\"ab\",\"strings\":[\"a\",1]}", "strings", FF_E_INVALID,
     "must be an array of strings"},
    {"{\"text\":\"ab\",\"ids\":[1,\"a\",2]}", "ids", FF_E_TOO_BIG,
     "must have at most 2 items"},
    {"{\"text\":\"ab\",\"ids\":[1,true]}", "ids", FF_E_INVALID,
     "must be an array of strings or integers"},
    {"{\"text\":\"ab\",\"channel\":5}", "channel", FF_E_INVALID,
     "must be a string"},
};

static void refuses_and_names_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *r = &refusals[i];
        json_t *object = parse(r->json);
        struct sample s;
        struct ff_why why = {.text = ""};
        assert_int_equal(ff_schema_decode(&schema, object, &s, &why), r->err);
        assert_string_equal(why.field, r->field);
        assert_string_equal(why.text, r->text);
        assert_int_equal(ff_schema_decode(&schema, object, &s, NULL), r->err);
        json_decref(object);
    }
}

static void refuses_bad_channels(void **state)
{
    static const char *const wrong[] = {"", "a\\nb", "a\\u007f"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *text =
            ff_asprintf("{\"text\":\"ab\",\"channel\":\"%s\"}", wrong[i]);
        json_t *object = parse(text);
        struct sample s;
        struct ff_why why = {.text = ""};
        assert_int_equal(ff_schema_decode(&schema, object, &s, &why),
                         FF_E_CHANNEL);
        assert_string_equal(why.field, "channel");
        assert_true(strlen(why.text) > 0);
        json_decref(object);
        free(text);
    }
}

static void wants_an_object(void **state)
{
    json_t *array = json_array();
    struct sample s;
    struct ff_why why;
    (void)state;
    assert_int_equal(ff_schema_decode(&schema, array, &s, &why), FF_E_INVALID);
    assert_int_equal(ff_schema_decode(&schema, NULL, &s, &why), FF_E_INVALID);
    assert_string_equal(why.text, "must be an object");
    json_decref(array);
}

static void document_is_exact(void **state)
{
    static const char wanted[] =
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
        "\"title\":\"sample\",\"description\":\"for this test\","
        "\"type\":\"object\",\"properties\":{"
        "\"text\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":5,"
        "\"description\":\"about text\"},"
        "\"id\":{\"type\":[\"string\",\"integer\"],\"minLength\":1,"
        "\"maxLength\":6,\"description\":\"about id\"},"
        "\"number\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,"
        "\"description\":\"about number\"},"
        "\"count\":{\"type\":\"integer\",\"minimum\":0,"
        "\"description\":\"about count\"},"
        "\"flag\":{\"type\":\"boolean\",\"description\":\"about flag\"},"
        "\"choice\":{\"type\":\"boolean\",\"description\":\"about choice\"},"
        "\"any\":{\"description\":\"about any\"},"
        "\"object\":{\"type\":\"object\",\"description\":\"about object\"},"
        "\"array\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,"
        "\"description\":\"about array\"},"
        "\"strings\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
        "\"maxItems\":2,\"description\":\"about strings\"},"
        "\"ids\":{\"type\":\"array\","
        "\"items\":{\"type\":[\"string\",\"integer\"]},"
        "\"maxItems\":2,\"description\":\"about ids\"},"
        "\"channel\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,"
        "\"description\":\"about channel\"}},\"required\":[\"text\"]}";
    json_t *document = ff_schema_document(&schema);
    struct ff_buf b = {0};
    (void)state;
    ff_json_write(&b, document);
    assert_string_equal(b.data, wanted);
    json_decref(document);
    ff_buf_fini(&b);
}

/* Every row of proto/messages.def fits its type and makes a document. */
static void messages_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; ff_messages[i]; i++) {
        const struct ff_schema *message = ff_messages[i];
        json_t *document = ff_schema_document(message);
        json_t *properties = json_object_get(document, "properties");
        assert_int_equal(json_object_size(properties), message->field_count);
        for (size_t j = 0; j < message->field_count; j++) {
            const struct ff_schema_field *f = &message->fields[j];
            assert_true(f->min >= 0 && f->max >= f->min);
            assert_true(f->offset < message->size);
            assert_true(strlen(f->help) > 0);
        }
        json_decref(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all),
        cmocka_unit_test(absent_is_clear),
        cmocka_unit_test(id_may_be_text),
        cmocka_unit_test(refuses_and_names_the_field),
        cmocka_unit_test(refuses_bad_channels),
        cmocka_unit_test(wants_an_object),
        cmocka_unit_test(document_is_exact),
        cmocka_unit_test(messages_are_sound),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
