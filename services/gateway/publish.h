#ifndef GATEWAY_PUBLISH_H
#define GATEWAY_PUBLISH_H

/*
 * Clients' messages on their way to the bus. On a plain channel a message is
 * handed to the bus and answered at once. On a stored one it is answered when
 * the stream has it; what one connection sends to one channel is stored one
 * by one, so that a repeated try never overtakes.
 */

#include "hub_state.h"

struct publisher;

struct publisher *publisher_new(void);
/* Waiting ones are forgotten: their connections are gone by then. */
void publisher_free(struct publisher **publisher);
void publish(struct hub *hub, struct to_hub *item);

#endif
