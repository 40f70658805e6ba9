#include "ff_bus_slots.h"

#include <stdlib.h>

void ff_bus_slots_fini(struct ff_bus_slots *slots)
{
    free(slots->items);
    free(slots->ids);
    free(slots->spare);
    *slots = (struct ff_bus_slots){0};
}

uint64_t ff_bus_slots_add(struct ff_bus_slots *slots, void *item)
{
    uint32_t slot;
    if (slots->spare_count > 0) {
        slot = slots->spare[--slots->spare_count];
    } else {
        slot = (uint32_t)slots->used++;
        slots->items = ff_grow(slots->items, &slots->items_cap, slots->used,
                               sizeof(void *));
        slots->ids =
            ff_grow(slots->ids, &slots->ids_cap, slots->used, sizeof(uint64_t));
    }
    slots->items[slot] = item;
    slots->ids[slot] = (uint64_t)++slots->serial << 32 | slot;
    slots->count++;
    return slots->ids[slot];
}

void *ff_bus_slots_get(const struct ff_bus_slots *slots, uint64_t id)
{
    size_t slot = (uint32_t)id;
    if (slot >= slots->used || slots->ids[slot] != id)
        return NULL;
    return slots->items[slot];
}

void ff_bus_slots_remove(struct ff_bus_slots *slots, uint64_t id)
{
    uint32_t slot = (uint32_t)id;
    if (ff_bus_slots_get(slots, id) == NULL)
        return;
    slots->items[slot] = NULL;
    slots->ids[slot] = slot; /* no id has an upper half of 0 */
    slots->count--;
    slots->spare = ff_grow(slots->spare, &slots->spare_cap,
                           slots->spare_count + 1, sizeof(uint32_t));
    slots->spare[slots->spare_count++] = slot;
}

void *ff_bus_slots_any(const struct ff_bus_slots *slots)
{
    for (size_t i = 0; i < slots->used && slots->count > 0; i++)
        if (slots->items[i] != NULL)
            return slots->items[i];
    return NULL;
}
