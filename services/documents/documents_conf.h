#ifndef DOCUMENTS_CONF_H
#define DOCUMENTS_CONF_H

/* The service's settings: proto/settings/common.def and documents.def. */

#include "ff_conf.h"

struct documents_conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#include "settings/documents.def"
#undef S
};

extern const struct ff_conf_table documents_conf_table;

#endif
