#include "ff_conf_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static ff_err wrong(const struct ff_conf_row *row, struct ff_why *why,
                    const char *text)
{
    return ff_why_set(why, FF_E_CONFIG, row->name, "%s", text);
}

static ff_err check_len(const struct ff_conf_row *row, struct ff_slice text,
                        struct ff_why *why)
{
    if (text.len == 0 && row->min > 0)
        return wrong(row, why, "must not be empty");
    if (text.len >= (size_t)row->min && text.len <= (size_t)row->max)
        return FF_OK;
    return ff_why_set(why, FF_E_CONFIG, row->name,
                      "must have %" PRId64 " to %" PRId64 " bytes", row->min,
                      row->max);
}

static ff_err set_text(const struct ff_conf_row *row, void *at,
                       struct ff_slice text, struct ff_why *why)
{
    FF_TRY(check_len(row, text, why));
    free(*(char **)at);
    *(char **)at = ff_slice_dup(text);
    return FF_OK;
}

/* Digits and a sign, nothing else. */
static bool read_number(struct ff_slice text, int64_t *out)
{
    char digits[24];
    if (text.len == 0 || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.data, text.len);
    digits[text.len] = '\0';
    size_t sign = digits[0] == '-';
    if (sign == text.len ||
        strspn(digits + sign, "0123456789") + sign != text.len)
        return false;
    errno = 0;
    *out = strtoll(digits, NULL, 10);
    return errno == 0;
}

static ff_err set_number(const struct ff_conf_row *row, void *at,
                         struct ff_slice text, struct ff_why *why)
{
    int64_t number;
    if (!read_number(text, &number))
        return wrong(row, why, "must be a whole number");
    if (number < row->min || number > row->max)
        return ff_why_set(why, FF_E_CONFIG, row->name,
                          "must be between %" PRId64 " and %" PRId64, row->min,
                          row->max);
    *(int64_t *)at = number;
    return FF_OK;
}

static ff_err set_bool(const struct ff_conf_row *row, void *at,
                       struct ff_slice text, struct ff_why *why)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ff_slice_is(text, words[i])) {
            *(bool *)at = i % 2 == 1;
            return FF_OK;
        }
    }
    return wrong(row, why, "must be true or false");
}

static void free_list(void *at)
{
    char **list = *(char ***)at;
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static struct ff_slice trimmed(struct ff_slice s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = (struct ff_slice){s.data + 1, s.len - 1};
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Comma-separated; spaces around items and empty items do not count. */
static char **split(struct ff_slice text, size_t *out_count)
{
    size_t count = 0, cap = 0;
    char **list = ff_grow(NULL, &cap, 1, sizeof(char *));
    const char *p = text.data, *end = text.data + text.len;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma ? comma : end;
        struct ff_slice item =
            trimmed((struct ff_slice){p, (size_t)(stop - p)});
        list = ff_grow(list, &cap, count + 2, sizeof(char *));
        if (item.len > 0)
            list[count++] = ff_slice_dup(item);
        p = comma ? comma + 1 : end;
    }
    list[count] = NULL;
    *out_count = count;
    return list;
}

static ff_err set_list(const struct ff_conf_row *row, void *at,
                       struct ff_slice text, struct ff_why *why)
{
    size_t count;
    FF_TRY(check_len(row, text, why));
    char **list = split(text, &count);
    if (count == 0 && row->min > 0) {
        free(list);
        return wrong(row, why, "must not be empty");
    }
    free_list(at);
    *(char ***)at = list;
    return FF_OK;
}

static void free_text(void *at)
{
    free(*(char **)at);
}

/* Who a URL names before its host, and the password, show as three stars. */
static void print_masked(struct ff_buf *b, const char *text)
{
    const char *from = strstr(text, "://");
    from = from ? from + 3 : text;
    size_t host = strcspn(from, "/?#");
    const char *mark = from > text ? memrchr(from, '@', host) : NULL;
    struct ff_buf shown = {0};
    ff_buf_add(&shown, text, (size_t)(from - text));
    if (mark)
        ff_buf_adds(&shown, "***");
    ff_buf_adds(&shown, mark ? mark : from);
    ff_json_add_string(b, ff_buf_slice(&shown));
    ff_buf_fini(&shown);
}

static void print_text(const void *at, struct ff_buf *b)
{
    print_masked(b, *(char *const *)at);
}

static void print_secret(const void *at, struct ff_buf *b)
{
    ff_json_add_strings(b, **(char *const *)at ? "***" : "");
}

static void print_number(const void *at, struct ff_buf *b)
{
    ff_buf_addf(b, "%" PRId64, *(const int64_t *)at);
}

static void print_bool(const void *at, struct ff_buf *b)
{
    ff_buf_adds(b, *(const bool *)at ? "true" : "false");
}

static void print_list(const void *at, struct ff_buf *b)
{
    char *const *list = *(char **const *)at;
    ff_buf_addc(b, '[');
    for (size_t i = 0; list[i]; i++) {
        if (i > 0)
            ff_buf_addc(b, ',');
        print_masked(b, list[i]);
    }
    ff_buf_addc(b, ']');
}

struct type {
    const char *word;
    size_t size;
    ff_err (*set)(const struct ff_conf_row *row, void *at, struct ff_slice text,
                  struct ff_why *why);
    void (*fini)(void *at);
    void (*print)(const void *at, struct ff_buf *b);
};

static const struct type types[] = {
    [FF_CONF_STR] = {"TEXT", sizeof(char *), set_text, free_text, print_text},
    [FF_CONF_SECRET] = {"TEXT", sizeof(char *), set_text, free_text,
                        print_secret},
    [FF_CONF_INT] = {"NUMBER", sizeof(int64_t), set_number, NULL, print_number},
    [FF_CONF_BOOL] = {"BOOL", sizeof(bool), set_bool, NULL, print_bool},
    [FF_CONF_LIST] = {"LIST", sizeof(char **), set_list, free_list, print_list},
};

static void *member(const struct ff_conf_row *row, void *conf)
{
    return (char *)conf + row->offset;
}

ff_err ff_conf_set(const struct ff_conf_row *row, void *conf,
                   struct ff_slice text, struct ff_why *why)
{
    return types[row->type].set(row, member(row, conf), text, why);
}

/* A JSON value as the text that a flag would have. */
static bool as_text(enum ff_conf_type type, const json_t *value,
                    struct ff_buf *out)
{
    if (json_is_string(value)) {
        ff_buf_add(out, json_string_value(value), json_string_length(value));
        return true;
    }
    if ((type == FF_CONF_INT && json_is_integer(value)) ||
        (type == FF_CONF_BOOL && json_is_boolean(value))) {
        ff_json_write(out, value);
        return true;
    }
    if (type != FF_CONF_LIST || !json_is_array(value))
        return false;
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        if (!json_is_string(item))
            return false;
        ff_buf_addf(out, "%s%s", i > 0 ? "," : "", json_string_value(item));
    }
    return true;
}

ff_err ff_conf_set_json(const struct ff_conf_row *row, void *conf,
                        const json_t *value, struct ff_why *why)
{
    static const char *const wanted[] = {
        [FF_CONF_STR] = "must be a string",
        [FF_CONF_SECRET] = "must be a string",
        [FF_CONF_INT] = "must be a whole number",
        [FF_CONF_BOOL] = "must be true or false",
        [FF_CONF_LIST] = "must be an array of strings",
    };
    struct ff_buf text = {0};
    ff_err err = as_text(row->type, value, &text)
                     ? ff_conf_set(row, conf, ff_buf_slice(&text), why)
                     : wrong(row, why, wanted[row->type]);
    ff_buf_fini(&text);
    return err;
}

void ff_conf_value_fini(const struct ff_conf_row *row, void *conf)
{
    const struct type *type = &types[row->type];
    if (type->fini)
        type->fini(member(row, conf));
    memset(member(row, conf), 0, type->size);
}

void ff_conf_value_print(const struct ff_conf_row *row, const void *conf,
                         struct ff_buf *b)
{
    types[row->type].print((const char *)conf + row->offset, b);
}

const char *ff_conf_value_word(const struct ff_conf_row *row)
{
    return types[row->type].word;
}
