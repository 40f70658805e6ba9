#include "ff_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void writer(struct ff_buf *b, const json_t *value);

static void write_object(struct ff_buf *b, const json_t *value)
{
    const char *key;
    json_t *member;
    char before = '{';
    /* jansson's iterators want a json_t that is not const, and change none. */
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        ff_buf_addc(b, before);
        ff_json_add_strings(b, key);
        ff_buf_addc(b, ':');
        ff_json_write(b, member);
        before = ',';
    }
    ff_buf_adds(b, before == '{' ? "{}" : "}");
}

static void write_array(struct ff_buf *b, const json_t *value)
{
    size_t i;
    json_t *item;
    ff_buf_addc(b, '[');
    json_array_foreach(value, i, item)
    {
        if (i > 0)
            ff_buf_addc(b, ',');
        ff_json_write(b, item);
    }
    ff_buf_addc(b, ']');
}

static void write_string(struct ff_buf *b, const json_t *value)
{
    ff_json_add_string(b, (struct ff_slice){json_string_value(value),
                                            json_string_length(value)});
}

static void write_integer(struct ff_buf *b, const json_t *value)
{
    ff_buf_addf(b, "%lld", (long long)json_integer_value(value));
}

/* No more digits than it takes to read back the same number: jansson itself
 * writes 0.1 as 0.10000000000000001. */
static void write_real(struct ff_buf *b, const json_t *value)
{
    double number = json_real_value(value);
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    ff_buf_adds(b, text);
    if (!strpbrk(text, ".e"))
        ff_buf_adds(b, ".0");
}

static void write_true(struct ff_buf *b, const json_t *value)
{
    (void)value;
    ff_buf_adds(b, "true");
}

static void write_false(struct ff_buf *b, const json_t *value)
{
    (void)value;
    ff_buf_adds(b, "false");
}

static void write_null(struct ff_buf *b, const json_t *value)
{
    (void)value;
    ff_buf_adds(b, "null");
}

void ff_json_write(struct ff_buf *b, const json_t *value)
{
    static writer *const writers[] = {
        [JSON_OBJECT] = write_object, [JSON_ARRAY] = write_array,
        [JSON_STRING] = write_string, [JSON_INTEGER] = write_integer,
        [JSON_REAL] = write_real,     [JSON_TRUE] = write_true,
        [JSON_FALSE] = write_false,   [JSON_NULL] = write_null,
    };
    writers[json_typeof(value)](b, value);
}
