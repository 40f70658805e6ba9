#ifndef PRESENCE_PRESENCE_H
#define PRESENCE_PRESENCE_H

/*
 * The service: who is where. Gateways tell who came and went; each partition of the channels' names is owned by one
 * replica, which keeps the members in memory and tells changes. Nothing of it is stored but statuses: whoever takes a
 * partition over asks the gateways.
 *
 * A replica listens before it owns anything, and begins so again whenever it cannot know what it missed: after its connection
 * or itself stood still. On the bus' loop thread.
 */

#include "ff_bus.h"
#include "presence_conf.h"

struct presence;

struct presence_options {
    struct ff_bus *bus;
    const struct presence_conf *conf;
    const char *instance;
};

/* All borrowed; they live longer. */
struct presence *presence_new(const struct presence_options *options);
/* The bus is closed before. */
void presence_free(struct presence **presence);
void presence_on_bus(struct presence *presence, bool connected);
bool presence_is_ready(const struct presence *presence, struct ff_why *why);
/* Tell what is to be told and leave; then fn(ctx), later. */
void presence_stop(struct presence *presence, void (*fn)(void *ctx), void *ctx);

#endif
