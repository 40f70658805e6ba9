#ifndef FF_CONF_H
#define FF_CONF_H

/*
 * Settings by a table: the rows of proto/settings/common.def and <service>.def become a struct, the flags, the
 * environment variables, --help, --check, and the README's table.
 *
 * Order: default, --config FILE (a JSON object), FANFARE_<NAME>, --<name> VALUE. An unknown name in any of them is
 * refused with the names that are near. FANFARE_CONFIG may name the file.
 */

#include "ff_mem.h"

enum ff_conf_type {
    FF_CONF_STR,    /* char * */
    FF_CONF_SECRET, /* char *; printed as *** */
    FF_CONF_INT,    /* int64_t */
    FF_CONF_BOOL,   /* bool */
    FF_CONF_LIST,   /* char **, ended by NULL */
};

struct ff_conf_row {
    const char *name;
    enum ff_conf_type type;
    const char *fallback;
    int64_t min, max;
    const char *unit, *help;
    size_t offset;
};

/*
 * How a service makes its struct and table:
 *
 *   struct gateway_conf {
 *   #define S FF_CONF_MEMBER
 *   #include "settings/common.def"
 *   #include "settings/gateway.def"
 *   #undef S
 *   };
 *   static const struct ff_conf_row rows[] = {
 *   #define S(...) FF_CONF_ROW(struct gateway_conf, __VA_ARGS__)
 *   …
 */
#define FF_CONF_C_STR    char *
#define FF_CONF_C_SECRET char *
#define FF_CONF_C_INT    int64_t
#define FF_CONF_C_BOOL   bool
#define FF_CONF_C_LIST   char **
#define FF_CONF_MEMBER(name, type, fallback, min, max, unit, help)             \
    FF_CONF_C_##type name;
#define FF_CONF_ROW(st, name, type, fallback, min, max, unit, help)            \
    {#name, FF_CONF_##type, fallback, min, max, unit, help, offsetof(st, name)},

/* The settings that every service has, as the first members of its struct. */
struct ff_conf_common {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#undef S
};

struct ff_conf_table {
    const char *service;
    const struct ff_conf_row *rows;
    size_t count;
};

/*
 * Fills the cleared struct conf. envp: as in main. FF_E_CONFIG with why, and conf is clear
 * again. *out_action tells that --help (conf then holds the defaults) or --check was asked for.
 */
enum ff_conf_action { FF_CONF_RUN, FF_CONF_HELP, FF_CONF_CHECK };
FF_MUST_USE ff_err ff_conf_load(const struct ff_conf_table *table, int argc,
                                char *const *argv, char *const *envp,
                                void *conf, enum ff_conf_action *out_action,
                                struct ff_why *why);
void ff_conf_fini(const struct ff_conf_table *table, void *conf);
void ff_conf_help(const struct ff_conf_table *table, struct ff_buf *b);
/* The values in force as a JSON object; secrets, and the user and password of a URL, as three stars. */
void ff_conf_print(const struct ff_conf_table *table, const void *conf,
                   struct ff_buf *b);
bool ff_conf_is_loopback(const char *host);

#endif
