#include "ff_history_page.h"

#include <stdlib.h>
#include <string.h>

static size_t body_bytes(const struct ff_bus_msg *msg)
{
    return ff_bus_msg_body(msg).len;
}

static bool is_over(const struct ff_history_pile *pile, size_t more_count,
                    size_t more_bytes)
{
    size_t count = pile->count + more_count;
    return count > pile->limit ||
           (count > 1 && pile->bytes + more_bytes > pile->max_bytes);
}

static void drop_oldest(struct ff_history_pile *pile)
{
    struct ff_bus_msg **oldest = &pile->msgs[pile->first];
    pile->bytes -= body_bytes(*oldest);
    pile->first++;
    pile->count--;
    pile->cut = true;
    ff_bus_msg_unref(oldest);
}

static void push(struct ff_history_pile *pile, struct ff_bus_msg *msg)
{
    if (pile->first > 1000 && pile->first > pile->count) {
        memmove(pile->msgs, pile->msgs + pile->first,
                pile->count * sizeof(msg));
        pile->first = 0;
    }
    pile->msgs = ff_grow(pile->msgs, &pile->cap, pile->first + pile->count + 1,
                         sizeof(msg));
    pile->msgs[pile->first + pile->count++] = ff_bus_msg_ref(msg);
    pile->bytes += body_bytes(msg);
}

bool ff_history_pile_add(struct ff_history_pile *pile, struct ff_bus_msg *msg)
{
    if (!pile->newest && is_over(pile, 1, body_bytes(msg))) {
        pile->cut = true;
        return false;
    }
    push(pile, msg);
    while (pile->newest && pile->count > 0 && is_over(pile, 0, 0))
        drop_oldest(pile);
    return true;
}

void ff_history_pile_fini(struct ff_history_pile *pile)
{
    for (size_t i = 0; i < pile->count; i++)
        ff_bus_msg_unref(&pile->msgs[pile->first + i]);
    free(pile->msgs);
    *pile = (struct ff_history_pile){0};
}
