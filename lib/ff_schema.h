#ifndef FF_SCHEMA_H
#define FF_SCHEMA_H

/*
 * From a JSON object to a C struct by a table of fields: types, bounds and presence are checked and the error names
 * the field. The tables are written in proto/messages.h; the JSON schemas and docs/PROTOCOL.md come from them too.
 *
 * Texts, lists and values in the struct are borrowed from the JSON object: valid while it lives.
 */

#include "ff_json.h"

enum ff_schema_type {
    FF_T_STRING, /* const char *; NULL when absent; min..max bytes */
    FF_T_ID, /* struct ff_schema_id: a string or an integer, as text; min..max bytes */
    FF_T_INT,     /* int64_t; min..max */
    FF_T_BOOL,    /* bool */
    FF_T_FLAG,    /* const json_t *; true or false, NULL when absent */
    FF_T_ANY,     /* const json_t *; any JSON value, null too */
    FF_T_OBJECT,  /* const json_t *; an object */
    FF_T_ARRAY,   /* const json_t *; an array of min..max items */
    FF_T_STRINGS, /* const json_t *; an array of min..max strings */
    FF_T_IDS,     /* const json_t *; an array of min..max strings or integers */
    FF_T_CHANNEL, /* const char *; a valid channel name */
};

#define FF_SCHEMA_REQUIRED 1u

struct ff_schema_field {
    const char *name;
    enum ff_schema_type type;
    unsigned flags;
    int64_t min, max;
    size_t offset;
    const char *help;
};

struct ff_schema {
    const char *name;
    size_t size; /* of the struct */
    const struct ff_schema_field *fields;
    size_t field_count;
    const char *help;
};

/* FF_T_ID values that came as numbers are turned into text here: each FF_T_ID member of a struct is this type. text points into
 * the JSON or into this very struct: do not copy it as a whole. */
struct ff_schema_id {
    const char *text; /* NULL when absent */
    char digits[24];
};

/*
 * Clears *out and fills it. Unknown members are ignored, as readers of a version must. FF_E_MISSING, FF_E_INVALID,
 * FF_E_CHANNEL, FF_E_TOO_BIG with why->field set.
 */
FF_MUST_USE ff_err ff_schema_decode(const struct ff_schema *schema,
                                    const json_t *object, void *out,
                                    struct ff_why *why);

/* The JSON Schema (draft 2020-12) of a table, for proto/schemas/. */
json_t *ff_schema_document(const struct ff_schema *schema);

#endif
