#include "presence_conf.h"

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct presence_conf, __VA_ARGS__)
#include "settings/common.def"
#include "settings/presence.def"
#undef S
};

const struct ff_conf_table presence_conf_table = {
    "presence", rows, sizeof(rows) / sizeof(rows[0])};
