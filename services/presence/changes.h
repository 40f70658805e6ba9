#ifndef PRESENCE_CHANGES_H
#define PRESENCE_CHANGES_H

/*
 * What a roster tells, on the bus: to gateways the changes of a channel's members (ff.px.…), to whoever follows events
 * who came and went (ff.ev.…), and to the bucket of statuses when a user was last seen.
 */

#include "ff_bus.h"
#include "roster.h"
#include "status.h"

struct changes {
    struct ff_bus *bus;
    struct status *status;
    const char *owner; /* we */
};

/* ctx is a struct changes. */
extern const struct roster_sink changes_sink;

#endif
