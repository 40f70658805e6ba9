#include "expiry.h"

#include <stdlib.h>

static struct expiry_entry **at(struct expiry *expiry, size_t place)
{
    return &expiry->heap[place - 1];
}

static void swap(struct expiry *expiry, size_t a, size_t b)
{
    struct expiry_entry *entry = *at(expiry, a);

    *at(expiry, a) = *at(expiry, b);
    *at(expiry, b) = entry;
    (*at(expiry, a))->place = a;
    (*at(expiry, b))->place = b;
}

static bool sooner(struct expiry *expiry, size_t a, size_t b)
{
    return (*at(expiry, a))->at_s < (*at(expiry, b))->at_s;
}

static void rise(struct expiry *expiry, size_t place)
{
    for (; place > 1 && sooner(expiry, place, place / 2); place /= 2)
        swap(expiry, place, place / 2);
}

static void sink(struct expiry *expiry, size_t place)
{
    for (size_t child; (child = place * 2) <= expiry->count; place = child) {
        if (child < expiry->count && sooner(expiry, child + 1, child))
            child++;
        if (!sooner(expiry, child, place))
            return;
        swap(expiry, child, place);
    }
}

void expiry_add(struct expiry *expiry, struct expiry_entry *entry, int64_t at_s,
                void *owner)
{
    expiry->heap = ff_grow(expiry->heap, &expiry->cap, expiry->count + 1,
                           sizeof(*expiry->heap));
    entry->at_s = at_s;
    entry->owner = owner;
    entry->place = ++expiry->count;
    *at(expiry, entry->place) = entry;
    rise(expiry, entry->place);
}

void expiry_remove(struct expiry *expiry, struct expiry_entry *entry)
{
    size_t place = entry->place;

    if (place == 0)
        return;
    if (place < expiry->count)
        swap(expiry, place, expiry->count);
    expiry->count--;
    entry->place = 0;
    if (place <= expiry->count) {
        rise(expiry, place);
        sink(expiry, place);
    }
}

void *expiry_take(struct expiry *expiry, int64_t now_s)
{
    if (expiry->count == 0 || expiry->heap[0]->at_s > now_s)
        return NULL;
    struct expiry_entry *entry = expiry->heap[0];
    expiry_remove(expiry, entry);
    return entry->owner;
}

void expiry_fini(struct expiry *expiry)
{
    free(expiry->heap);
    *expiry = (struct expiry){0};
}
