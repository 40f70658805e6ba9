#include <stdlib.h>

#include "feed.h"

/* More than this is dropped: what is stored is read again, the rest is lost. */
#define HELD_MAX       1024
#define HELD_BYTES_MAX (8u << 20)

bool held_add(struct held *held, struct message *message)
{
    size_t bytes = message->m.body.len;

    if (held->count == HELD_MAX || held->bytes + bytes > HELD_BYTES_MAX)
        return false;
    held->items =
        ff_grow(held->items, &held->cap, held->count + 1, sizeof(*held->items));
    held->items[held->count++] = message_ref(message);
    held->bytes += bytes;
    return true;
}

void held_clear(struct held *held)
{
    for (size_t i = 0; i < held->count; i++)
        message_unref(&held->items[i]);
    free(held->items);
    *held = (struct held){0};
}
