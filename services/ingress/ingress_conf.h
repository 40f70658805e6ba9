#ifndef INGRESS_CONF_H
#define INGRESS_CONF_H

/* The service's settings: proto/settings/common.def and ingress.def. */

#include "ff_conf.h"

struct ingress_conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#include "settings/ingress.def"
#undef S
};

extern const struct ff_conf_table ingress_conf_table;

#endif
