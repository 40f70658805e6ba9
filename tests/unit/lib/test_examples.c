/*
 * The examples of proto/examples/: each valid one is accepted by the schema that its file is named after, each invalid one
 * refused with the error and the field that stand in it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <string.h>

#include "ff_file.h"
#include "messages.h"

/* "…/action_ping.1.json" to action_ping_schema. */
static const struct ff_schema *schema_of(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    size_t len = strcspn(name, ".");

    for (size_t i = 0; ff_messages[i] != NULL; i++) {
        if (strlen(ff_messages[i]->name) == len &&
            strncmp(ff_messages[i]->name, name, len) == 0)
            return ff_messages[i];
    }
    fail_msg("%s: there is no such schema", path);
    return NULL;
}

static json_t *load(const char *path)
{
    struct ff_buf text = {0};
    json_t *value;

    assert_int_equal(ff_file_read(path, 1 << 20, &text, NULL), FF_OK);
    if (ff_json_parse_object(ff_buf_slice(&text), &value, NULL) != FF_OK)
        fail_msg("%s is not JSON", path);
    ff_buf_fini(&text);
    return value;
}

static ff_err decode(const char *path, const json_t *value, struct ff_why *why)
{
    const struct ff_schema *schema = schema_of(path);
    void *out = ff_zalloc(schema->size + 1);
    ff_err err = ff_schema_decode(schema, value, out, why);

    free(out);
    return err;
}

static void check_valid(const char *path)
{
    struct ff_why why = {"", ""};
    json_t *value = load(path);

    if (decode(path, value, &why) != FF_OK)
        fail_msg("%s: %s %s", path, why.field, why.text);
    json_decref(value);
}

static void check_invalid(const char *path)
{
    struct ff_why why = {"", ""};
    json_t *example = load(path);
    ff_err err = decode(path, json_object_get(example, "value"), &why);

    assert_string_equal(ff_err_code(err),
                        json_string_value(json_object_get(example, "error")));
    assert_string_equal(why.field,
                        json_string_value(json_object_get(example, "field")));
    json_decref(example);
}

static void each(const char *pattern, void (*check)(const char *path))
{
    glob_t found;

    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 20);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
}

static void valid_examples_are_accepted(void **state)
{
    (void)state;
    each("proto/examples/valid/*.json", check_valid);
}

static void invalid_examples_are_refused(void **state)
{
    (void)state;
    each("proto/examples/invalid/*.json", check_invalid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_examples_are_accepted),
        cmocka_unit_test(invalid_examples_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
