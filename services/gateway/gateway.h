#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

/*
 * The gateway put together: the hub on the service's loop, the workers on
 * their threads, the sign of life to the cluster. The functions of the
 * service's life, see ff_svc.h.
 */

#include "ff_svc.h"

ff_err gateway_start(struct ff_svc *svc, void **out_gateway,
                     struct ff_why *why);
bool gateway_ready(void *gateway, struct ff_why *why);
void gateway_on_bus(void *gateway, bool connected);
void gateway_stop(void *gateway);
void gateway_fini(void *gateway);

#endif
