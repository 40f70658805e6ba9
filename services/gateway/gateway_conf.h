#ifndef GATEWAY_CONF_H
#define GATEWAY_CONF_H

/* The gateway's settings: proto/settings/common.def and gateway.def. */

#include "ff_conf.h"

struct gateway_conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#include "settings/gateway.def"
#undef S
};

extern const struct ff_conf_table gateway_conf_table;

/* What a row cannot check: pairs, addresses, origins, ports. FF_E_CONFIG. */
FF_MUST_USE ff_err gateway_conf_check(const void *conf, struct ff_why *why);

#endif
