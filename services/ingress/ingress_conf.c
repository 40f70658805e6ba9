#include "ingress_conf.h"

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct ingress_conf, __VA_ARGS__)
#include "settings/common.def"
#include "settings/ingress.def"
#undef S
};

const struct ff_conf_table ingress_conf_table = {
    "ingress", rows, sizeof(rows) / sizeof(rows[0])};
