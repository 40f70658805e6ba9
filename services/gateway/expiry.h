#ifndef GATEWAY_EXPIRY_H
#define GATEWAY_EXPIRY_H

/*
 * What ends at a time, soonest first: a binary heap of entries that live inside their owners. One thread.
 */

#include "ff_mem.h"

struct expiry_entry {
    int64_t at_s;
    size_t place; /* in the heap, from 1; 0: not in it */
    void *owner;
};

/* Zeroed memory is an empty one. */
struct expiry {
    struct expiry_entry **heap;
    size_t count, cap;
};

void expiry_add(struct expiry *expiry, struct expiry_entry *entry, int64_t at_s,
                void *owner);
/* Nothing when it is not in it. */
void expiry_remove(struct expiry *expiry, struct expiry_entry *entry);
/* Take out the soonest one if its time has come: its owner, or NULL. */
void *expiry_take(struct expiry *expiry, int64_t now_s);
void expiry_fini(struct expiry *expiry);

#endif
