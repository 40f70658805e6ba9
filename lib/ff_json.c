#include "ff_json.h"

#include <string.h>

/*
 * Nesting is counted before jansson builds anything. Outside of strings
 * brackets count whether they match or not: jansson tells that later.
 */
static bool too_deep(struct ff_slice text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > FF_JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

ff_err ff_json_parse(struct ff_slice text, json_t **out_value,
                     struct ff_why *why)
{
    if (too_deep(text))
        return ff_why_set(why, FF_E_JSON, "", "nested deeper than %d levels",
                          FF_JSON_DEPTH_MAX);
    /* jansson passes over these, outside of strings. */
    if (memchr(text.len ? text.data : "", '\0', text.len))
        return ff_why_set(why, FF_E_JSON, "", "must not contain NUL");
    json_error_t error;
    json_t *value =
        json_loadb(text.len ? text.data : "", text.len,
                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        return ff_why_set(why, FF_E_JSON, "", "line %d: %s", error.line,
                          error.text);
    *out_value = value;
    return FF_OK;
}

ff_err ff_json_parse_object(struct ff_slice text, json_t **out_object,
                            struct ff_why *why)
{
    json_t *value = NULL;
    FF_TRY(ff_json_parse(text, &value, why));
    if (!json_is_object(value)) {
        json_decref(value);
        return ff_why_set(why, FF_E_JSON, "", "must be a JSON object");
    }
    *out_object = value;
    return FF_OK;
}
