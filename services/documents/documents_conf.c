#include "documents_conf.h"

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct documents_conf, __VA_ARGS__)
#include "settings/common.def"
#include "settings/documents.def"
#undef S
};

const struct ff_conf_table documents_conf_table = {
    "documents", rows, sizeof(rows) / sizeof(rows[0])};
