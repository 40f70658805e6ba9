#ifndef FF_HISTORY_PAGE_H
#define FF_HISTORY_PAGE_H

/* A page while it is read: the oldest or the newest messages that fit, in rising order. Inside of ff_history. */

#include "ff_history.h"

struct ff_history_pile {
    struct ff_bus_msg **msgs; /* from first on */
    size_t first, count, cap, bytes;
    size_t limit, max_bytes;
    bool newest, cut;
};

/* Keeps a reference. False: it is full, and this one did not fit (never with newest). */
bool ff_history_pile_add(struct ff_history_pile *pile, struct ff_bus_msg *msg);
void ff_history_pile_fini(struct ff_history_pile *pile);

#endif
