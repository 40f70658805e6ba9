#include "ff_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ff_subject.h"

/* What a type's functions are given; at is the member in the struct. */
struct place {
    const struct ff_schema_field *field;
    const json_t *value;
    void *at;
    struct ff_why *why;
};

static ff_err wrong_type(const struct place *p, const char *wanted)
{
    return ff_why_set(p->why, FF_E_INVALID, p->field->name, "must be %s",
                      wanted);
}

static ff_err check_count(const struct place *p, size_t count, const char *unit)
{
    const struct ff_schema_field *f = p->field;
    if (f->max > 0 && count > (size_t)f->max)
        return ff_why_set(p->why, FF_E_TOO_BIG, f->name,
                          "must have at most %" PRId64 " %s", f->max, unit);
    if (count == 0 && f->min > 0)
        return ff_why_set(p->why, FF_E_INVALID, f->name, "must not be empty");
    if (count < (size_t)f->min)
        return ff_why_set(p->why, FF_E_INVALID, f->name,
                          "must have at least %" PRId64 " %s", f->min, unit);
    return FF_OK;
}

static ff_err take_string(const struct place *p)
{
    if (!json_is_string(p->value))
        return wrong_type(p, "a string");
    FF_TRY(check_count(p, json_string_length(p->value), "bytes"));
    *(const char **)p->at = json_string_value(p->value);
    return FF_OK;
}

static ff_err take_channel(const struct place *p)
{
    if (!json_is_string(p->value))
        return wrong_type(p, "a string");
    const char *name = json_string_value(p->value);
    struct ff_why why = {.text = ""};
    ff_err err = ff_channel_check(
        (struct ff_slice){name, json_string_length(p->value)}, &why);
    if (err != FF_OK)
        return ff_why_set(p->why, err, p->field->name, "%s", why.text);
    *(const char **)p->at = name;
    return FF_OK;
}

static ff_err take_id(const struct place *p)
{
    struct ff_schema_id *id = p->at;
    if (json_is_integer(p->value)) {
        snprintf(id->digits, sizeof(id->digits), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(p->value));
        id->text = id->digits;
    } else if (json_is_string(p->value)) {
        id->text = json_string_value(p->value);
    } else {
        return wrong_type(p, "a string or an integer");
    }
    return check_count(p, strlen(id->text), "bytes");
}

static ff_err take_int(const struct place *p)
{
    const struct ff_schema_field *f = p->field;
    if (!json_is_integer(p->value))
        return wrong_type(p, "an integer");
    int64_t number = json_integer_value(p->value);
    if (number >= f->min && number <= f->max) {
        *(int64_t *)p->at = number;
        return FF_OK;
    }
    if (f->max == INT64_MAX)
        return ff_why_set(p->why, FF_E_INVALID, f->name,
                          "must be at least %" PRId64, f->min);
    return ff_why_set(p->why, FF_E_INVALID, f->name,
                      "must be between %" PRId64 " and %" PRId64, f->min,
                      f->max);
}

static ff_err take_bool(const struct place *p)
{
    if (!json_is_boolean(p->value))
        return wrong_type(p, "true or false");
    *(bool *)p->at = json_is_true(p->value);
    return FF_OK;
}

static ff_err take_flag(const struct place *p)
{
    if (!json_is_boolean(p->value))
        return wrong_type(p, "true or false");
    *(const json_t **)p->at = p->value;
    return FF_OK;
}

static ff_err take_any(const struct place *p)
{
    *(const json_t **)p->at = p->value;
    return FF_OK;
}

static ff_err take_object(const struct place *p)
{
    if (!json_is_object(p->value))
        return wrong_type(p, "an object");
    return take_any(p);
}

static ff_err take_array(const struct place *p)
{
    if (!json_is_array(p->value))
        return wrong_type(p, "an array");
    FF_TRY(check_count(p, json_array_size(p->value), "items"));
    return take_any(p);
}

static ff_err take_strings(const struct place *p)
{
    size_t i;
    json_t *item;
    json_array_foreach(p->value, i, item)
    {
        if (!json_is_string(item))
            return wrong_type(p, "an array of strings");
    }
    return take_array(p);
}

static ff_err take_ids(const struct place *p)
{
    size_t i;
    json_t *item;
    json_array_foreach(p->value, i, item)
    {
        if (!json_is_string(item) && !json_is_integer(item))
            return wrong_type(p, "an array of strings or integers");
    }
    return take_array(p);
}

/* --- the JSON Schema of a field ------------------------------------------- */

static void limit(json_t *schema, const char *name, int64_t value)
{
    json_object_set_new(schema, name, json_integer(value));
}

/* A JSON Schema counts characters where we count bytes: max holds for both,
 * of min only that it is not empty. */
static void describe_string(json_t *schema, const struct ff_schema_field *f)
{
    if (f->min > 0)
        limit(schema, "minLength", 1);
    if (f->max > 0)
        limit(schema, "maxLength", f->max);
}

static void describe_int(json_t *schema, const struct ff_schema_field *f)
{
    limit(schema, "minimum", f->min);
    if (f->max < INT64_MAX)
        limit(schema, "maximum", f->max);
}

static void describe_array(json_t *schema, const struct ff_schema_field *f)
{
    if (f->min > 0)
        limit(schema, "minItems", f->min);
    if (f->max > 0)
        limit(schema, "maxItems", f->max);
}

/* items: JSON type names of the items, as type is of the field. */
struct type {
    ff_err (*take)(const struct place *p);
    void (*describe)(json_t *schema, const struct ff_schema_field *f);
    const char *types[2], *items[2];
};

static const struct type types[] = {
    [FF_T_STRING] = {take_string, describe_string, {"string"}, {0}},
    [FF_T_ID] = {take_id, describe_string, {"string", "integer"}, {0}},
    [FF_T_INT] = {take_int, describe_int, {"integer"}, {0}},
    [FF_T_BOOL] = {take_bool, NULL, {"boolean"}, {0}},
    [FF_T_FLAG] = {take_flag, NULL, {"boolean"}, {0}},
    [FF_T_ANY] = {take_any, NULL, {0}, {0}},
    [FF_T_OBJECT] = {take_object, NULL, {"object"}, {0}},
    [FF_T_ARRAY] = {take_array, describe_array, {"array"}, {0}},
    [FF_T_STRINGS] = {take_strings, describe_array, {"array"}, {"string"}},
    [FF_T_IDS] = {take_ids, describe_array, {"array"}, {"string", "integer"}},
    [FF_T_CHANNEL] = {take_channel, describe_string, {"string"}, {0}},
};

static ff_err decode_field(const struct ff_schema_field *f,
                           const json_t *object, void *out, struct ff_why *why)
{
    const json_t *value = json_object_get(object, f->name);
    if (!value && !(f->flags & FF_SCHEMA_REQUIRED))
        return FF_OK;
    if (!value)
        return ff_why_set(why, FF_E_MISSING, f->name, "is missing");
    struct place p = {f, value, (char *)out + f->offset, why};
    return types[f->type].take(&p);
}

ff_err ff_schema_decode(const struct ff_schema *schema, const json_t *object,
                        void *out, struct ff_why *why)
{
    memset(out, 0, schema->size);
    if (!json_is_object(object))
        return ff_why_set(why, FF_E_INVALID, "", "must be an object");
    for (size_t i = 0; i < schema->field_count; i++)
        FF_TRY(decode_field(&schema->fields[i], object, out, why));
    return FF_OK;
}

static void set_types(json_t *schema, const char *const names[2])
{
    if (names[0] && names[1])
        json_object_set_new(schema, "type",
                            json_pack("[ss]", names[0], names[1]));
    else if (names[0])
        json_object_set_new(schema, "type", json_string(names[0]));
}

static json_t *field_document(const struct ff_schema_field *f)
{
    const struct type *type = &types[f->type];
    json_t *schema = json_object();
    set_types(schema, type->types);
    if (type->items[0]) {
        json_t *items = json_object();
        set_types(items, type->items);
        json_object_set_new(schema, "items", items);
    }
    if (type->describe)
        type->describe(schema, f);
    json_object_set_new(schema, "description", json_string(f->help));
    return schema;
}

json_t *ff_schema_document(const struct ff_schema *schema)
{
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct ff_schema_field *f = &schema->fields[i];
        json_object_set_new(properties, f->name, field_document(f));
        if (f->flags & FF_SCHEMA_REQUIRED)
            json_array_append_new(required, json_string(f->name));
    }
    return json_pack("{ss ss ss ss so so}", "$schema",
                     "https://json-schema.org/draft/2020-12/schema", "title",
                     schema->name, "description", schema->help, "type",
                     "object", "properties", properties, "required", required);
}
