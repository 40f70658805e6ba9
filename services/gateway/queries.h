#ifndef GATEWAY_QUERIES_H
#define GATEWAY_QUERIES_H

/*
 * Questions of other services to every gateway (ff.gws.*) or to this one
 * (ff.gw.<instance>.*): its connections, its channels, close connections. Each
 * worker answers for its own; the answer is their sum.
 */

#include "hub_state.h"

struct queries;

struct queries *queries_new(struct hub *hub);
void queries_free(struct queries **queries);
/* A worker's part. */
void queries_answer(struct hub *hub, struct to_hub *item);

#endif
