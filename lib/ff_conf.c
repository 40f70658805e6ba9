#include "ff_conf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_conf_value.h"
#include "ff_file.h"

#define NAME_MAX_BYTES 64
#define FILE_MAX_BYTES (1024 * 1024)
#define ENV_PREFIX     "FANFARE_"

/* A process may see the variables of its neighbours, and those of our scripts
 * and tests: only a name that nobody knows is a mistake. */
static const char *const known_names[] = {
    "build",
    "config",
    "test_logs",
#define S(name, ...) #name,
#include "settings/common.def"
#include "settings/auth.def"
#include "settings/documents.def"
#include "settings/gateway.def"
#include "settings/ingress.def"
#include "settings/presence.def"
#undef S
};

/* One flag of the command line, as --name VALUE or --name=VALUE. */
struct flag {
    char shown[NAME_MAX_BYTES]; /* --name as given, without the value */
    char name[NAME_MAX_BYTES];
    const char *value;
};

struct load {
    const struct ff_conf_table *table;
    void *conf;
    struct flag *flags;
    size_t flag_count;
    const char *file; /* NULL: none */
    enum ff_conf_action action;
    struct ff_why *why;
};

static const struct ff_conf_row *find_row(const struct ff_conf_table *table,
                                          const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    }
    return NULL;
}

/* --- names that are near ---------------------------------------------------- */

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein: letters to add, drop or change. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], len = strlen(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= len; j++) {
            size_t above = row[j];
            row[j] =
                min3(row[j] + 1, row[j - 1] + 1, diagonal + (a[i] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[len];
}

static const char *near_name(const struct ff_conf_table *table,
                             const char *name)
{
    size_t best = strlen(name) / 3 + 2;
    const char *near = NULL;
    for (size_t i = 0; i < table->count; i++) {
        size_t d = distance(name, table->rows[i].name);
        if (d < best) {
            best = d;
            near = table->rows[i].name;
        }
    }
    return near;
}

static ff_err unknown(const struct load *load, const char *shown,
                      const char *name)
{
    const char *near = near_name(load->table, name);
    if (!near)
        return ff_why_set(load->why, FF_E_CONFIG, shown,
                          "there is no such setting; see --help");
    return ff_why_set(load->why, FF_E_CONFIG, shown,
                      "there is no such setting; did you mean %s?", near);
}

/* --- the sources ------------------------------------------------------------ */

static ff_err set_defaults(const struct load *load)
{
    for (size_t i = 0; i < load->table->count; i++) {
        const struct ff_conf_row *row = &load->table->rows[i];
        struct ff_slice text = ff_slice_str(row->fallback);
        FF_TRY(ff_conf_set(row, load->conf, text, load->why));
    }
    return FF_OK;
}

/* Say where the value came from. */
static ff_err from(ff_err err, const char *origin, struct ff_why *why)
{
    if (err == FF_OK || !why)
        return err;
    return ff_why_set(why, err, why->field, "%s (%s)", why->text, origin);
}

static ff_err set_object(const struct load *load, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const struct ff_conf_row *row = find_row(load->table, name);
        ff_err err = row ? ff_conf_set_json(row, load->conf, value, load->why)
                         : unknown(load, name, name);
        if (err != FF_OK)
            return from(err, load->file, load->why);
    }
    return FF_OK;
}

static ff_err set_from_file(const struct load *load)
{
    if (!load->file)
        return FF_OK;
    struct ff_buf text = {0};
    json_t *object = NULL;
    ff_err err = ff_file_read(load->file, FILE_MAX_BYTES, &text, load->why);
    if (err == FF_OK)
        err =
            from(ff_json_parse_object(ff_buf_slice(&text), &object, load->why),
                 load->file, load->why);
    if (err == FF_OK)
        err = set_object(load, object);
    json_decref(object);
    ff_buf_fini(&text);
    return err == FF_OK ? FF_OK : FF_E_CONFIG;
}

/* The name of a setting, in small letters, with _ for -; false: too long. */
static bool normal_name(const char *text, size_t len, char out[NAME_MAX_BYTES])
{
    if (len >= NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = text[i] == '-' ? '_' : (char)tolower((unsigned char)text[i]);
    out[len] = '\0';
    return true;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof(known_names) / sizeof(known_names[0]); i++) {
        if (strcmp(known_names[i], name) == 0)
            return true;
    }
    return false;
}

static ff_err set_variable(struct load *load, const char *variable)
{
    size_t skip = strlen(ENV_PREFIX), len = strcspn(variable, "=");
    char shown[NAME_MAX_BYTES], name[NAME_MAX_BYTES];
    snprintf(shown, sizeof(shown), "%.*s", (int)len, variable);
    if (!normal_name(variable + skip, len - skip, name))
        return ff_why_set(load->why, FF_E_CONFIG, shown, "name too long");
    const char *value = variable[len] ? variable + len + 1 : "";
    const struct ff_conf_row *row = find_row(load->table, name);
    if (row)
        return from(
            ff_conf_set(row, load->conf, ff_slice_str(value), load->why), shown,
            load->why);
    return is_known(name) ? FF_OK : unknown(load, shown, name);
}

static ff_err set_from_env(struct load *load, char *const *envp)
{
    for (size_t i = 0; envp[i]; i++) {
        if (strncmp(envp[i], ENV_PREFIX, strlen(ENV_PREFIX)) == 0)
            FF_TRY(set_variable(load, envp[i]));
    }
    return FF_OK;
}

static ff_err set_from_flags(const struct load *load)
{
    for (size_t i = 0; i < load->flag_count; i++) {
        const struct flag *flag = &load->flags[i];
        const struct ff_conf_row *row = find_row(load->table, flag->name);
        if (!row)
            return unknown(load, flag->shown, flag->name);
        FF_TRY(from(
            ff_conf_set(row, load->conf, ff_slice_str(flag->value), load->why),
            flag->shown, load->why));
    }
    return FF_OK;
}

/* --- the command line ------------------------------------------------------- */

static bool take_action(struct load *load, const char *arg)
{
    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
        load->action = FF_CONF_HELP;
    else if (strcmp(arg, "--check") != 0)
        return false;
    else if (load->action == FF_CONF_RUN)
        load->action = FF_CONF_CHECK;
    return true;
}

/* next: the argument behind arg, or NULL. *out_used tells whether it was the value. */
static ff_err take_flag(struct load *load, const char *arg, const char *next,
                        bool *out_used)
{
    if (strncmp(arg, "--", 2) != 0)
        return ff_why_set(load->why, FF_E_CONFIG, arg,
                          "settings are given as --name VALUE");
    struct flag *flag = &load->flags[load->flag_count];
    size_t len = strcspn(arg + 2, "=");
    bool inside = arg[2 + len] == '=';
    snprintf(flag->shown, sizeof(flag->shown), "%.*s", (int)(2 + len), arg);
    flag->value = inside ? arg + 2 + len + 1 : next;
    if (!normal_name(arg + 2, len, flag->name))
        return ff_why_set(load->why, FF_E_CONFIG, flag->shown, "name too long");
    if (!flag->value)
        return ff_why_set(load->why, FF_E_CONFIG, flag->shown, "needs a value");
    *out_used = !inside;
    if (strcmp(flag->name, "config") == 0)
        load->file = flag->value;
    else
        load->flag_count++;
    return FF_OK;
}

static ff_err take_args(struct load *load, int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        if (take_action(load, argv[i]))
            continue;
        bool used = false;
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        FF_TRY(take_flag(load, argv[i], next, &used));
        i += used;
    }
    return FF_OK;
}

static const char *file_from_env(char *const *envp)
{
    static const char name[] = ENV_PREFIX "CONFIG=";
    for (size_t i = 0; envp[i]; i++) {
        const char *value = envp[i] + strlen(name);
        if (strncmp(envp[i], name, strlen(name)) == 0 && *value)
            return value;
    }
    return NULL;
}

static ff_err load_all(struct load *load, int argc, char *const *argv,
                       char *const *envp)
{
    load->file = file_from_env(envp);
    FF_TRY(take_args(load, argc, argv));
    FF_TRY(set_defaults(load));
    if (load->action == FF_CONF_HELP)
        return FF_OK;
    FF_TRY(set_from_file(load));
    FF_TRY(set_from_env(load, envp));
    return set_from_flags(load);
}

ff_err ff_conf_load(const struct ff_conf_table *table, int argc,
                    char *const *argv, char *const *envp, void *conf,
                    enum ff_conf_action *out_action, struct ff_why *why)
{
    struct load load = {.table = table, .conf = conf, .why = why};
    load.flags = ff_zalloc(sizeof(struct flag) * (size_t)(argc + 1));
    ff_err err = load_all(&load, argc, argv, envp);
    free(load.flags);
    if (err != FF_OK)
        ff_conf_fini(table, conf);
    else
        *out_action = load.action;
    return err;
}

void ff_conf_fini(const struct ff_conf_table *table, void *conf)
{
    for (size_t i = 0; i < table->count; i++)
        ff_conf_value_fini(&table->rows[i], conf);
}

/* --- shown to people -------------------------------------------------------- */

static void help_row(const struct ff_conf_row *row, struct ff_buf *b)
{
    ff_buf_addf(b, "  --%-26s %-7s %-22s %s", row->name,
                ff_conf_value_word(row), row->fallback, row->help);
    if (row->type == FF_CONF_INT)
        ff_buf_addf(b, " (%" PRId64 " to %" PRId64 "%s%s)", row->min, row->max,
                    *row->unit ? " " : "", row->unit);
    ff_buf_addc(b, '\n');
}

void ff_conf_help(const struct ff_conf_table *table, struct ff_buf *b)
{
    ff_buf_addf(b,
                "usage: fanfare-%s [--config FILE] [--check] [--help] "
                "[--NAME VALUE]...\n\n"
                "Settings are read from --config FILE (a JSON object), then "
                "FANFARE_<NAME>, then\n--<name> VALUE; the last one wins. "
                "--check prints those in force.\n\n"
                "  --%-26s %-7s %-22s %s\n",
                table->service, "NAME", "VALUE", "DEFAULT", "MEANING");
    for (size_t i = 0; i < table->count; i++)
        help_row(&table->rows[i], b);
}

void ff_conf_print(const struct ff_conf_table *table, const void *conf,
                   struct ff_buf *b)
{
    ff_buf_addc(b, '{');
    for (size_t i = 0; i < table->count; i++) {
        ff_buf_adds(b, i > 0 ? ",\n " : "\n ");
        ff_json_add_strings(b, table->rows[i].name);
        ff_buf_adds(b, ": ");
        ff_conf_value_print(&table->rows[i], conf, b);
    }
    ff_buf_adds(b, "\n}\n");
}

bool ff_conf_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) ||
           (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}
