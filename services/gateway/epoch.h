#ifndef GATEWAY_EPOCH_H
#define GATEWAY_EPOCH_H

/*
 * The history stream as a whole: its epoch, and which offsets it holds. Asked
 * on behalf of all channels: for each connection to the bus, every ten
 * seconds, and when somebody doubts it.
 */

#include "hub_state.h"

struct epoch;
struct epoch *epoch_new(void);
/* Who still waits is told FF_E_CLOSED. */
void epoch_free(struct epoch **epoch);
void epoch_tick(struct hub *hub, int64_t now_ms);

typedef void epoch_on_known(void *ctx, ff_err err);
/* Once it is known for this connection: at once when it is, else later. */
void epoch_get(struct hub *hub, epoch_on_known *fn, void *ctx);
/* Once it is known as it is from now on. */
void epoch_renew(struct hub *hub, epoch_on_known *fn, void *ctx);

/* The last that was known; all zero before. */
const struct ff_history_state *epoch_state(const struct hub *hub);
/*
 * Where the stream ended some seconds ago: what a replica that lags shows of
 * it too. 0: not known.
 */
uint64_t epoch_settled(const struct hub *hub);
/* The position with this offset. */
struct position epoch_position(const struct hub *hub, uint64_t offset);

#endif
