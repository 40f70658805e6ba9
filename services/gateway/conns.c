#include "conns.h"

#include <stdlib.h>

struct conns_slot {
    struct conn *conn; /* NULL: free */
    uint32_t generation;
    uint32_t next; /* free slot behind this one + 1 */
};

static uint32_t take_slot(struct conns *conns)
{
    if (conns->free) {
        uint32_t slot = conns->free - 1;
        conns->free = conns->slots[slot].next;
        return slot;
    }
    conns->slots = ff_grow(conns->slots, &conns->cap, conns->used + 1,
                           sizeof(conns->slots[0]));
    conns->slots[conns->used] = (struct conns_slot){0};
    return (uint32_t)conns->used++;
}

conn_id conns_add(struct conns *conns, unsigned worker, struct conn *conn)
{
    uint32_t at = take_slot(conns);
    struct conns_slot *slot = &conns->slots[at];
    slot->conn = conn;
    slot->generation = (slot->generation + 1) & 0xffffff;
    if (slot->generation == 0)
        slot->generation = 1;
    conns->count++;
    return CONN_ID(worker, at, slot->generation);
}

static struct conns_slot *slot_of(const struct conns *conns, conn_id id)
{
    uint32_t at = CONN_SLOT(id);
    if (at >= conns->used || !conns->slots[at].conn ||
        conns->slots[at].generation != (id & 0xffffff))
        return NULL;
    return &conns->slots[at];
}

void conns_remove(struct conns *conns, conn_id id)
{
    struct conns_slot *slot = slot_of(conns, id);
    if (!slot)
        return;
    slot->conn = NULL;
    slot->next = conns->free;
    conns->free = CONN_SLOT(id) + 1;
    conns->count--;
}

struct conn *conns_find(const struct conns *conns, conn_id id)
{
    struct conns_slot *slot = slot_of(conns, id);
    return slot ? slot->conn : NULL;
}

void conns_each(const struct conns *conns,
                void (*fn)(void *ctx, struct conn *conn), void *ctx)
{
    for (size_t i = 0; i < conns->used; i++)
        if (conns->slots[i].conn)
            fn(ctx, conns->slots[i].conn);
}

void conns_fini(struct conns *conns)
{
    free(conns->slots);
    *conns = (struct conns){0};
}
