#ifndef GATEWAY_RING_H
#define GATEWAY_RING_H

/*
 * The recent messages of one stored channel: every one with an offset above
 * `from`, up to the channel's last. All rings of the gateway share one budget;
 * beyond it, the ring that was used least recently gives up its oldest.
 */

#include <sys/queue.h>

#include "message.h"

struct ring;
TAILQ_HEAD(ring_list, ring);

struct ring_pool {
    size_t count_max; /* messages of one ring */
    size_t bytes_max, bytes;
    struct ring_list by_use; /* the least recently used first */
};

struct ring {
    struct ring_pool *pool;
    struct message **items; /* a circle of cap places */
    size_t first, count, cap;
    uint64_t from;
    TAILQ_ENTRY(ring) link;
};

void ring_pool_init(struct ring_pool *pool, size_t count_max, size_t bytes_max);
void ring_init(struct ring *ring, struct ring_pool *pool, uint64_t from);
void ring_fini(struct ring *ring);

/* Empty, and knows nothing up to from. */
void ring_reset(struct ring *ring, uint64_t from);
/* The next message of the channel. Takes a reference. */
void ring_add(struct ring *ring, struct message *message);
/* These must not be shown again: all up to and including offset. */
void ring_forget(struct ring *ring, uint64_t offset);

/* Whether it has all that came after offset. */
bool ring_covers(const struct ring *ring, uint64_t offset);
size_t ring_count_after(const struct ring *ring, uint64_t offset);
/* References of all after offset, in order; room for ring_count_after. */
void ring_copy_after(struct ring *ring, uint64_t offset, struct message **out);

#endif
