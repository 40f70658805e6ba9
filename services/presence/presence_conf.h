#ifndef PRESENCE_PRESENCE_CONF_H
#define PRESENCE_PRESENCE_CONF_H

/* The service's settings: proto/settings/common.def and presence.def. */

#include "ff_conf.h"

struct presence_conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#include "settings/presence.def"
#undef S
};

extern const struct ff_conf_table presence_conf_table;

#endif
