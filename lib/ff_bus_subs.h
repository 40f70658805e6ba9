#ifndef FF_BUS_SUBS_H
#define FF_BUS_SUBS_H

/*
 * The subscriptions that the owner wants, what stands for each of them at libnats now, and the graveyard: what libnats
 * may still look at is destroyed a second after it was closed. Inside of the bus, on the bus thread.
 */

#include "ff_bus_conn.h"

struct ff_bus_subs;

/* On libnats' delivery thread; msg is the callee's. */
typedef void ff_bus_subs_on_msg(void *ctx, uint64_t id, struct ff_bus_msg *msg);

struct ff_bus_subs *ff_bus_subs_new(ff_bus_subs_on_msg *fn, void *ctx);
/* Waits until libnats has made its last call. Nothing is bound any more. */
void ff_bus_subs_free(struct ff_bus_subs **subs);

/* conn NULL: only remember it. */
void ff_bus_subs_add(struct ff_bus_subs *subs, uint64_t id, const char *subject,
                     const char *queue, struct ff_bus_conn *conn);
void ff_bus_subs_remove(struct ff_bus_subs *subs, uint64_t id);
/* Make all of them on a new connection, in the order of their slots. */
void ff_bus_subs_bind(struct ff_bus_subs *subs, struct ff_bus_conn *conn);
/* The connection goes: all go to the graveyard. */
void ff_bus_subs_unbind(struct ff_bus_subs *subs);

void ff_bus_subs_bury(struct ff_bus_subs *subs, struct ff_bus_conn *conn);
/* Destroy what was buried before that time (steady ms). */
void ff_bus_subs_dig(struct ff_bus_subs *subs, int64_t before_ms);

#endif
