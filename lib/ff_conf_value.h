#ifndef FF_CONF_VALUE_H
#define FF_CONF_VALUE_H

/* One setting: its value from text or JSON and back. For ff_conf.c. */

#include "ff_conf.h"
#include "ff_json.h"

/* FF_E_CONFIG with why; the value before it is freed. */
FF_MUST_USE ff_err ff_conf_set(const struct ff_conf_row *row, void *conf,
                               struct ff_slice text, struct ff_why *why);
/* A string, or what JSON has for the type: number, true, array of strings. */
FF_MUST_USE ff_err ff_conf_set_json(const struct ff_conf_row *row, void *conf,
                                    const json_t *value, struct ff_why *why);
void ff_conf_value_fini(const struct ff_conf_row *row, void *conf);
/* As JSON; a secret, and the user of a URL, as ***. */
void ff_conf_value_print(const struct ff_conf_row *row, const void *conf,
                         struct ff_buf *b);
/* "NUMBER" and the like. */
const char *ff_conf_value_word(const struct ff_conf_row *row);

#endif
