/*
 * JSON: what was accepted reads back the same from its written text and from
 * the raw text of each member; nothing reads past the end.
 */
#include "ff_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(const json_t *value, struct ff_slice text)
{
    json_t *again = NULL;
    struct ff_why why;
    if (ff_json_parse(text, &again, &why) != FF_OK)
        ff_bug("%s: %.*s", why.text, (int)text.len, text.data);
    if (!json_equal(value, again))
        ff_bug("not the same: %.*s", (int)text.len, text.data);
    json_decref(again);
}

static void check_written(const json_t *value)
{
    struct ff_buf b = {0};
    ff_json_write(&b, value);
    if (!ff_utf8_valid(ff_buf_slice(&b)))
        ff_bug("not UTF-8: %s", b.data);
    must_be(value, ff_buf_slice(&b));
    ff_buf_fini(&b);
}

static void check_members(json_t *object, struct ff_slice text)
{
    const char *key;
    json_t *member;
    json_object_foreach(object, key, member)
    {
        struct ff_slice raw;
        if (ff_json_raw_member(text, key, &raw) != FF_OK)
            ff_bug("no member %s", key);
        must_be(member, raw);
    }
}

/* Whatever the bytes are, a string of them is JSON. */
static void check_string(struct ff_slice bytes)
{
    struct ff_buf b = {0};
    ff_json_add_string(&b, bytes);
    json_t *string =
        json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!json_is_string(string))
        ff_bug("not a string: %s", b.data);
    struct ff_slice back = {json_string_value(string),
                            json_string_length(string)};
    if (ff_utf8_valid(bytes) != ff_slice_eq(bytes, back))
        ff_bug("not the same string: %s", b.data);
    json_decref(string);
    ff_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ff_slice text = {(const char *)data, size}, raw;
    json_t *value = NULL;
    check_string(text);
    if (ff_json_raw_member(text, "a", &raw) == FF_OK &&
        (raw.data < text.data || raw.data + raw.len > text.data + size))
        ff_bug("a member outside of its object");
    if (ff_json_parse(text, &value, NULL) != FF_OK)
        return 0;
    check_written(value);
    if (json_is_object(value))
        check_members(value, text);
    json_decref(value);
    return 0;
}
