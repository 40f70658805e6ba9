#ifndef AUTH_REGISTRY_H
#define AUTH_REGISTRY_H

/*
 * What must stand on the bus before anybody can work: the buckets that this service owns, the history stream, and the apps
 * of the settings (the development app, the apps file) in the registry. Tried again until it stands; each replica does the
 * same, to the same end. On the bus' loop thread.
 */

#include "auth_conf.h"
#include "ff_history.h"
#include "ff_kv.h"

struct registry;

/* FF_E_CONFIG: the apps file is not valid; why names the place. */
FF_MUST_USE ff_err registry_new(struct ff_loop *loop, struct ff_bus *bus,
                                const struct auth_conf *conf,
                                struct registry **out_registry,
                                struct ff_why *why);
void registry_free(struct registry **registry);
/* Call when the bus is (again) connected. */
void registry_on_bus(struct registry *registry);
/* Everything stands; else what is missing. */
bool registry_stands(const struct registry *registry, struct ff_why *why);

#endif
