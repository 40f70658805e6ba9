#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

/*
 * The service: its verbs on ff.rpc.auth and what they need. Stateless but for copies of what stands on the bus, so any number
 * of replicas answer alike.
 */

#include "ff_svc.h"

extern const struct ff_svc_def auth_service;

#endif
