/*
 * Schemas: any JSON object into every struct of proto/messages.def; a refusal
 * names what was wrong, and what was taken can be read.
 */
#include <stdlib.h>
#include <string.h>

#include "messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(const struct ff_schema_field *f, const void *out)
{
    const char *at = (const char *)out + f->offset;
    const char *text = NULL;
    if (f->type == FF_T_INT && *(const int64_t *)at != 0 &&
        (*(const int64_t *)at < f->min || *(const int64_t *)at > f->max))
        ff_bug("%s is out of bounds", f->name);
    if (f->type == FF_T_STRING || f->type == FF_T_CHANNEL)
        text = *(const char *const *)at;
    if (f->type == FF_T_ID)
        text = ((const struct ff_schema_id *)at)->text;
    if (text &&
        (strlen(text) < (size_t)f->min || strlen(text) > (size_t)f->max))
        ff_bug("%s has a wrong length", f->name);
}

static void decode(const struct ff_schema *schema, const json_t *object)
{
    void *out = ff_alloc(schema->size);
    struct ff_why why = {.text = ""};
    ff_err err = ff_schema_decode(schema, object, out, &why);
    if (err != FF_OK && (!why.field[0] || !why.text[0]))
        ff_bug("%s: a refusal without a reason", schema->name);
    for (size_t i = 0; err == FF_OK && i < schema->field_count; i++)
        check_field(&schema->fields[i], out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *object = NULL;
    struct ff_slice text = {(const char *)data, size};
    if (ff_json_parse_object(text, &object, NULL) != FF_OK)
        return 0;
    for (size_t i = 0; ff_messages[i]; i++)
        decode(ff_messages[i], object);
    json_decref(object);
    return 0;
}
