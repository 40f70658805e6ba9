#ifndef GATEWAY_EPOCH_H
#define GATEWAY_EPOCH_H

/*
 * The epoch of the history stream, asked once for each connection to the bus
 * (and again when somebody doubts it) on behalf of all channels.
 */

#include "hub_state.h"

struct epoch;
struct epoch *epoch_new(void);
/* Who still waits is told FF_E_CLOSED. */
void epoch_free(struct epoch **epoch);

/* fn(ctx, FF_OK) once it is known: at once when it is, else later. */
typedef void epoch_on_known(void *ctx, ff_err err);
void epoch_get(struct hub *hub, epoch_on_known *fn, void *ctx);
/* Empty while it is not known. */
const char *epoch_text(const struct hub *hub);
/* It may have changed: the next epoch_get asks again. */
void epoch_doubt(struct hub *hub);

/* The position with this offset. */
struct position epoch_position(const struct hub *hub, uint64_t offset);

#endif
