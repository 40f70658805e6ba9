#ifndef FF_BUS_SLOTS_H
#define FF_BUS_SLOTS_H

/*
 * A table of things by id: the lower half of an id is a slot, used again and again, the upper half tells the users of
 * a slot apart, so an id that is out of date finds nothing. Inside of the bus; not for several threads.
 */

#include "ff_mem.h"

struct ff_bus_slots {
    void **items;
    uint64_t *ids;
    uint32_t *spare; /* slots that are free, below used */
    size_t used, spare_count, count;
    size_t items_cap, ids_cap, spare_cap;
    uint32_t serial;
};

void ff_bus_slots_fini(struct ff_bus_slots *slots);
uint64_t ff_bus_slots_add(struct ff_bus_slots *slots, void *item);
/* NULL when it is gone. */
void *ff_bus_slots_get(const struct ff_bus_slots *slots, uint64_t id);
void ff_bus_slots_remove(struct ff_bus_slots *slots, uint64_t id);
/* Any one of them; NULL when there is none. */
void *ff_bus_slots_any(const struct ff_bus_slots *slots);

#endif
