#include "wheel.h"

void wheel_init(struct wheel *wheel, uint32_t now_s)
{
    wheel->now_s = now_s;
    for (int i = 0; i < WHEEL_SLOTS; i++)
        link_init(&wheel->slots[i]);
}

void wheel_put(struct wheel *wheel, struct link *link, uint32_t at_s)
{
    link_cut(link);
    uint32_t first = wheel->now_s + 1, last = wheel->now_s + WHEEL_SLOTS - 1;
    if (at_s < first)
        at_s = first;
    if (at_s > last)
        at_s = last;
    link_add(&wheel->slots[at_s % WHEEL_SLOTS], link);
}

static void turn_one(struct wheel *wheel,
                     void (*fn)(void *ctx, struct link *link), void *ctx)
{
    struct link *slot = &wheel->slots[wheel->now_s % WHEEL_SLOTS];
    while (!link_is_empty(slot)) {
        struct link *link = slot->next;
        link_cut(link);
        fn(ctx, link);
    }
}

void wheel_turn(struct wheel *wheel, uint32_t now_s,
                void (*fn)(void *ctx, struct link *link), void *ctx)
{
    /* After a long sleep once round is enough. */
    if (now_s > wheel->now_s + WHEEL_SLOTS)
        wheel->now_s = now_s - WHEEL_SLOTS;
    while (wheel->now_s < now_s) {
        wheel->now_s++;
        turn_one(wheel, fn, ctx);
    }
}
