#ifndef GATEWAY_LINK_H
#define GATEWAY_LINK_H

/*
 * A ring of things that carry their own link. Zeroed memory is on no ring.
 * Not for several threads.
 */

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *prev, *next;
};

#define LINK_OWNER(link, type, member)                                         \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void link_init(struct link *ring)
{
    ring->prev = ring->next = ring;
}

static inline bool link_is_empty(const struct link *ring)
{
    return ring->next == ring;
}

static inline bool link_is_on(const struct link *link)
{
    return link->next != NULL;
}

/* At the end of the ring. */
static inline void link_add(struct link *ring, struct link *link)
{
    link->prev = ring->prev;
    link->next = ring;
    ring->prev->next = link;
    ring->prev = link;
}

static inline void link_cut(struct link *link)
{
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

#endif
