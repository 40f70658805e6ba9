#include "auth_conf.h"

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct auth_conf, __VA_ARGS__)
#include "settings/auth.def"
#include "settings/common.def"
#undef S
};

const struct ff_conf_table auth_conf_table = {"auth", rows,
                                              sizeof(rows) / sizeof(rows[0])};
