#ifndef FF_BUS_MSG_H
#define FF_BUS_MSG_H

/* Messages as the bus makes them of those of libnats. Inside of the bus; any thread. */

#include <nats/nats.h>

#include "ff_bus.h"

/* Takes nats; reads its headers in, for later they are read by several threads. */
struct ff_bus_msg *ff_bus_msg_take(natsMsg *nats);
/* The answer of a server that knows nobody who serves the subject. */
bool ff_bus_msg_no_responders(const struct ff_bus_msg *msg);
/* What it costs to keep it, roughly. */
size_t ff_bus_msg_bytes(const struct ff_bus_msg *msg);

#endif
