#ifndef CONF_STEPS_H
#define CONF_STEPS_H

/* What tests of settings have in common: a sample of each type, and its loading. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_conf.h"

#define SAMPLE                                                                 \
    S(limit, INT, "10", -5, 100, "items", "a number")                          \
    S(loud, BOOL, "false", 0, 0, "", "a choice")                               \
    S(friends, LIST, "", 0, 40, "", "a list")                                  \
    S(hosts, LIST, "a,b", 1, 100, "", "a list with something in it")           \
    S(title, STR, "none", 2, 8, "", "a text")                                  \
    S(password, SECRET, "", 0, 100, "", "a secret")

struct conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
    SAMPLE
#undef S
};

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct conf, __VA_ARGS__)
#include "settings/common.def"
    SAMPLE
#undef S
};

static const struct ff_conf_table table = {"sample", rows,
                                           sizeof(rows) / sizeof(rows[0])};

static struct conf conf;
static enum ff_conf_action action;
static struct ff_why why;

#define ARGS(...) ((char *[]){(char[]){"sample"}, __VA_ARGS__, NULL})
#define NONE      ((char *[]){NULL})

static inline ff_err load(char **argv, char **envp)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    memset(&conf, 0, sizeof(conf));
    memset(&why, 0, sizeof(why));
    action = FF_CONF_RUN;
    return ff_conf_load(&table, argc, argv, envp, &conf, &action, &why);
}

static inline int unload(void **state)
{
    (void)state;
    ff_conf_fini(&table, &conf);
    return 0;
}

static inline char *word(const char *text)
{
    static char words[8][100];
    static unsigned next;
    char *copy = words[next++ % 8];
    snprintf(copy, 100, "%s", text);
    return copy;
}

/* Nothing is left behind by a load that failed. */
static inline void refused(ff_err err, const char *field, const char *text)
{
    struct conf clear = {0};
    assert_int_equal(err, FF_E_CONFIG);
    assert_string_equal(why.field, field);
    assert_string_equal(why.text, text);
    assert_memory_equal(&conf, &clear, sizeof(conf));
}

#endif
