#ifndef GATEWAY_CONNS_H
#define GATEWAY_CONNS_H

/*
 * A worker's connections by number: the slot and generation of a conn_id.
 * Zeroed memory is an empty table. Not for several threads.
 */

#include "conn.h"

struct conns_slot;

struct conns {
    struct conns_slot *slots;
    size_t used, cap;
    uint32_t free; /* first free slot + 1; 0: none */
    size_t count;
};

conn_id conns_add(struct conns *conns, unsigned worker, struct conn *conn);
void conns_remove(struct conns *conns, conn_id id);
/* NULL when it is gone. */
struct conn *conns_find(const struct conns *conns, conn_id id);
/* Removing the one that fn is called for is allowed. */
void conns_each(const struct conns *conns,
                void (*fn)(void *ctx, struct conn *conn), void *ctx);
void conns_fini(struct conns *conns);

#endif
