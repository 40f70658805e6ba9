#ifndef GATEWAY_CALLS_H
#define GATEWAY_CALLS_H

/* Requests to other services on behalf of a client: auth and documents. */

#include "hub_state.h"

void calls_verify(struct hub *hub, struct to_hub *item);
void calls_call(struct hub *hub, struct to_hub *item);

#endif
