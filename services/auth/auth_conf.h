#ifndef AUTH_CONF_H
#define AUTH_CONF_H

/* The service's settings: proto/settings/common.def and auth.def. */

#include "ff_conf.h"

struct auth_conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#include "settings/auth.def"
#undef S
};

extern const struct ff_conf_table auth_conf_table;

#endif
