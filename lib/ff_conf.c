#include "ff_conf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ff_file.h"
#include "ff_json.h"

#define CONFIG_FILE_MAX (1 << 20)
#define ENV_PREFIX      "FANFARE_"

/* Every name of every service: a variable meant for another one is no mistake. */
static const char *const known_names[] = {
#define S(name, ...) #name,
#include "settings/auth.def"
#include "settings/common.def"
#include "settings/documents.def"
#include "settings/gateway.def"
#include "settings/ingress.def"
#undef S
    "config",
};

static ff_err bad(struct ff_why *why, const char *name, const char *text)
{
    return ff_why_set(why, FF_E_CONFIG, name, "%s", text);
}

/* Values. */

static void free_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

static char **split(const char *text)
{
    size_t count = 0, cap = 0;
    char **list = NULL;

    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        list = ff_grow(list, &cap, count + 1, sizeof(*list));
        list[count++] = ff_strndup(text, len);
        text += len + (text[len] == ',');
    }
    list = ff_grow(list, &cap, count + 1, sizeof(*list));
    list[count] = NULL;
    return list;
}

static ff_err set_text(const struct ff_conf_row *row, const char *text,
                       void *out, struct ff_why *why)
{
    size_t len = strlen(text);

    if (len < (size_t)row->min || len > (size_t)row->max)
        return ff_why_set(why, FF_E_CONFIG, row->name,
                          "must have %" PRId64 " to %" PRId64 " characters",
                          row->min, row->max);
    if (row->type == FF_CONF_LIST) {
        free_list(*(char ***)out);
        *(char ***)out = split(text);
    } else {
        free(*(char **)out);
        *(char **)out = ff_strdup(text);
    }
    return FF_OK;
}

static ff_err set_int(const struct ff_conf_row *row, const char *text,
                      void *out, struct ff_why *why)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (end == text || *end != '\0' || isspace((unsigned char)*text))
        return bad(why, row->name, "must be a whole number");
    if (value < row->min || value > row->max)
        return ff_why_set(why, FF_E_CONFIG, row->name,
                          "must be from %" PRId64 " to %" PRId64 "%s%s",
                          row->min, row->max, row->unit[0] ? " " : "",
                          row->unit);
    *(int64_t *)out = value;
    return FF_OK;
}

static ff_err set_bool(const struct ff_conf_row *row, const char *text,
                       void *out, struct ff_why *why)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true},   {"1", true},  {"yes", true},
                 {"false", false}, {"0", false}, {"no", false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i].text) == 0) {
            *(bool *)out = words[i].value;
            return FF_OK;
        }
    }
    return bad(why, row->name, "must be true or false");
}

static ff_err set(const struct ff_conf_row *row, const char *text, void *conf,
                  struct ff_why *why)
{
    void *out = (char *)conf + row->offset;

    switch (row->type) {
    case FF_CONF_INT:
        return set_int(row, text, out, why);
    case FF_CONF_BOOL:
        return set_bool(row, text, out, why);
    case FF_CONF_STR:
    case FF_CONF_SECRET:
    case FF_CONF_LIST:
        break;
    }
    return set_text(row, text, out, why);
}

/* Names. */

static const struct ff_conf_row *find(const struct ff_conf_table *table,
                                      const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    }
    return NULL;
}

/* Edits between two names, by rows of the usual table; names are short. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64], n = strlen(b);

    if (n >= 64)
        return 64;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

static ff_err unknown(const struct ff_conf_table *table, const char *name,
                      struct ff_why *why)
{
    const char *near = NULL;
    size_t best = 4;

    for (size_t i = 0; i < table->count; i++) {
        size_t d = distance(name, table->rows[i].name);
        if (d < best) {
            best = d;
            near = table->rows[i].name;
        }
    }
    if (near == NULL)
        return bad(why, name, "there is no such setting");
    return ff_why_set(why, FF_E_CONFIG, name,
                      "there is no such setting; is %s meant?", near);
}

static ff_err set_named(const struct ff_conf_table *table, const char *name,
                        const char *text, void *conf, struct ff_why *why)
{
    const struct ff_conf_row *row = find(table, name);

    if (row == NULL)
        return unknown(table, name, why);
    return set(row, text, conf, why);
}

/* Sources. */

static ff_err set_json(const struct ff_conf_table *table, const char *name,
                       const json_t *value, void *conf, struct ff_why *why)
{
    struct ff_buf text = {0};
    json_t *item;
    size_t i;

    if (json_is_object(value) || json_is_null(value))
        return bad(why, name, "must be a text, number, boolean or list");
    json_array_foreach(value, i, item)
    {
        if (!json_is_string(item)) {
            ff_buf_fini(&text);
            return bad(why, name, "must be a list of texts");
        }
        ff_buf_addf(&text, "%s%s", i ? "," : "", json_string_value(item));
    }
    if (json_is_string(value))
        ff_buf_adds(&text, json_string_value(value));
    else if (!json_is_array(value))
        ff_json_write(&text, value);
    ff_err err = set_named(table, name, text.data ? text.data : "", conf, why);
    ff_buf_fini(&text);
    return err;
}

static ff_err load_file(const struct ff_conf_table *table, const char *path,
                        void *conf, struct ff_why *why)
{
    struct ff_buf text = {0};
    json_t *object, *value;
    const char *name;

    FF_TRY(ff_file_read(path, CONFIG_FILE_MAX, &text, why));
    ff_err err = ff_json_parse_object(ff_buf_slice(&text), &object, why);
    ff_buf_fini(&text);
    FF_TRY(err);
    json_object_foreach(object, name, value)
    {
        err = set_json(table, name, value, conf, why);
        if (err != FF_OK)
            break;
    }
    json_decref(object);
    return err;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof(known_names) / sizeof(known_names[0]); i++) {
        if (strcmp(known_names[i], name) == 0)
            return true;
    }
    return false;
}

/* FANFARE_MAX_BODY_BYTES=… to max_body_bytes; NULL for other variables. */
static const char *variable_name(const char *variable, char *name, size_t size)
{
    size_t skip = strlen(ENV_PREFIX), i = 0;

    if (strncmp(variable, ENV_PREFIX, skip) != 0)
        return NULL;
    variable += skip;
    for (; variable[i] != '\0' && variable[i] != '=' && i < size - 1; i++)
        name[i] = (char)tolower((unsigned char)variable[i]);
    name[i] = '\0';
    return variable[i] == '=' ? variable + i + 1 : NULL;
}

static ff_err load_env(const struct ff_conf_table *table, char *const *envp,
                       void *conf, struct ff_why *why)
{
    char name[64];

    for (size_t i = 0; envp != NULL && envp[i] != NULL; i++) {
        const char *text = variable_name(envp[i], name, sizeof(name));
        if (text == NULL)
            continue;
        if (find(table, name) != NULL)
            FF_TRY(set_named(table, name, text, conf, why));
        else if (!is_known(name))
            return unknown(table, name, why);
    }
    return FF_OK;
}

/* One flag of the command line; "--a-b=c", "--a_b c". */
struct flag {
    char name[64];
    const char *value;
};

static ff_err read_flag(int argc, char *const *argv, int *at, struct flag *flag,
                        struct ff_why *why)
{
    const char *text = argv[*at];
    size_t n = 0;

    if (strncmp(text, "--", 2) != 0)
        return bad(why, text, "is no flag; flags begin with --");
    for (text += 2; *text != '\0' && *text != '='; text++) {
        if (n < sizeof(flag->name) - 1)
            flag->name[n++] = *text == '-' ? '_' : *text;
    }
    flag->name[n] = '\0';
    flag->value = *text == '=' ? text + 1 : NULL;
    (*at)++;
    if (flag->value == NULL && strcmp(flag->name, "help") != 0 &&
        strcmp(flag->name, "check") != 0) {
        if (*at >= argc)
            return bad(why, flag->name, "wants a value");
        flag->value = argv[(*at)++];
    }
    return FF_OK;
}

static ff_err take_flag(const struct ff_conf_table *table,
                        const struct flag *flag, void *conf,
                        enum ff_conf_action *action, struct ff_why *why)
{
    if (strcmp(flag->name, "help") == 0)
        *action = FF_CONF_HELP;
    else if (strcmp(flag->name, "check") == 0)
        *action = FF_CONF_CHECK;
    else if (strcmp(flag->name, "config") != 0)
        return set_named(table, flag->name, flag->value, conf, why);
    return FF_OK;
}

static ff_err load_flags(const struct ff_conf_table *table, int argc,
                         char *const *argv, void *conf,
                         enum ff_conf_action *action, struct ff_why *why)
{
    struct flag flag;

    for (int i = 1; i < argc;) {
        FF_TRY(read_flag(argc, argv, &i, &flag, why));
        FF_TRY(take_flag(table, &flag, conf, action, why));
    }
    return FF_OK;
}

/* The file is named by a flag or a variable and read before both. */
static ff_err find_file(int argc, char *const *argv, char *const *envp,
                        const char **out_path, struct ff_why *why)
{
    struct flag flag;
    char name[64];

    for (size_t i = 0; envp != NULL && envp[i] != NULL; i++) {
        const char *text = variable_name(envp[i], name, sizeof(name));
        if (text != NULL && strcmp(name, "config") == 0)
            *out_path = text;
    }
    for (int i = 1; i < argc;) {
        FF_TRY(read_flag(argc, argv, &i, &flag, why));
        if (strcmp(flag.name, "config") == 0)
            *out_path = flag.value;
    }
    return FF_OK;
}

static ff_err load(const struct ff_conf_table *table, int argc,
                   char *const *argv, char *const *envp, void *conf,
                   enum ff_conf_action *action, struct ff_why *why)
{
    const char *path = NULL;

    for (size_t i = 0; i < table->count; i++)
        FF_TRY(set(&table->rows[i], table->rows[i].fallback, conf, why));
    FF_TRY(find_file(argc, argv, envp, &path, why));
    if (path != NULL && *path != '\0')
        FF_TRY(load_file(table, path, conf, why));
    FF_TRY(load_env(table, envp, conf, why));
    return load_flags(table, argc, argv, conf, action, why);
}

ff_err ff_conf_load(const struct ff_conf_table *table, int argc,
                    char *const *argv, char *const *envp, void *conf,
                    enum ff_conf_action *out_action, struct ff_why *why)
{
    enum ff_conf_action action = FF_CONF_RUN;
    ff_err err = load(table, argc, argv, envp, conf, &action, why);

    if (err != FF_OK) {
        ff_conf_fini(table, conf);
        return err == FF_E_CONFIG ? err : FF_E_CONFIG;
    }
    *out_action = action;
    return FF_OK;
}

void ff_conf_fini(const struct ff_conf_table *table, void *conf)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct ff_conf_row *row = &table->rows[i];
        void *at = (char *)conf + row->offset;
        if (row->type == FF_CONF_LIST) {
            free_list(*(char ***)at);
            *(char ***)at = NULL;
        } else if (row->type == FF_CONF_STR || row->type == FF_CONF_SECRET) {
            char *text = *(char **)at;
            if (text != NULL && row->type == FF_CONF_SECRET)
                explicit_bzero(text, strlen(text));
            free(text);
            *(char **)at = NULL;
        }
    }
}

void ff_conf_help(const struct ff_conf_table *table, struct ff_buf *b)
{
    ff_buf_addf(b,
                "Usage: fanfare-%s [--config FILE] [--check] [--help] "
                "[--NAME VALUE ...]\n\nEach setting may also stand in the "
                "JSON file, or in the variable FANFARE_<NAME>.\n\n",
                table->service);
    for (size_t i = 0; i < table->count; i++) {
        const struct ff_conf_row *row = &table->rows[i];
        ff_buf_addf(b, "  --%-28s %s%s%s%s (default: %s)\n", row->name,
                    row->help, row->unit[0] ? " [" : "", row->unit,
                    row->unit[0] ? "]" : "",
                    row->fallback[0] ? row->fallback : "none");
    }
}

static void print_list(char *const *list, struct ff_buf *b)
{
    ff_buf_addc(b, '[');
    for (size_t i = 0; list[i] != NULL; i++) {
        if (i > 0)
            ff_buf_addc(b, ',');
        ff_json_add_strings(b, list[i]);
    }
    ff_buf_addc(b, ']');
}

static void print_value(const struct ff_conf_row *row, const void *at,
                        struct ff_buf *b)
{
    switch (row->type) {
    case FF_CONF_STR:
        ff_json_add_strings(b, *(char *const *)at);
        break;
    case FF_CONF_SECRET:
        ff_json_add_strings(b, **(char *const *)at ? "***" : "");
        break;
    case FF_CONF_INT:
        ff_buf_addf(b, "%" PRId64, *(const int64_t *)at);
        break;
    case FF_CONF_BOOL:
        ff_buf_adds(b, *(const bool *)at ? "true" : "false");
        break;
    case FF_CONF_LIST:
        print_list(*(char **const *)at, b);
        break;
    }
}

void ff_conf_print(const struct ff_conf_table *table, const void *conf,
                   struct ff_buf *b)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct ff_conf_row *row = &table->rows[i];
        ff_buf_addf(b, "%s\n  \"%s\": ", i ? "," : "{", row->name);
        print_value(row, (const char *)conf + row->offset, b);
    }
    ff_buf_adds(b, "\n}\n");
}

bool ff_conf_is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "[::1]") == 0 || strncmp(host, "127.", 4) == 0;
}
