#include "stay.h"

#include <stdlib.h>
#include <string.h>

#define MARK 0x8000u
#define FEW  4

void stay_init(struct stay *stay, bool is_channel)
{
    *stay = (struct stay){.grace = STAY_NO_GRACE, .is_channel = is_channel};
}

void stay_fini(struct stay *stay)
{
    if (stay->cap > 0)
        free(stay->by.many);
}

bool stay_is_there(const struct stay *stay)
{
    return stay->count > 0 || stay->grace != STAY_NO_GRACE;
}

/* --- gateways ----------------------------------------------------------------- */

static uint16_t *gateways_of(struct stay *stay)
{
    return stay->cap > 0 ? stay->by.many : stay->by.few;
}

static uint16_t *find(struct stay *stay, unsigned gateway)
{
    uint16_t *at = gateways_of(stay);

    for (unsigned i = 0; i < stay->count; i++)
        if ((at[i] & ~MARK) == gateway)
            return &at[i];
    return NULL;
}

static void make_room(struct stay *stay)
{
    unsigned cap = stay->cap > 0 ? stay->cap : FEW;

    if (stay->count < cap)
        return;
    uint16_t *many = ff_alloc(cap * 2 * sizeof(*many));
    memcpy(many, gateways_of(stay), stay->count * sizeof(*many));
    stay_fini(stay);
    stay->by.many = many;
    stay->cap = (uint16_t)(cap * 2);
}

bool stay_add(struct stay *stay, unsigned gateway, bool mark)
{
    uint16_t *at = find(stay, gateway);
    bool is_new = at == NULL;

    if (is_new) {
        make_room(stay);
        at = &gateways_of(stay)[stay->count++];
        *at = (uint16_t)gateway;
    }
    if (mark)
        *at = (uint16_t)(*at | MARK);
    return is_new;
}

static void drop(struct stay *stay, uint16_t *at)
{
    *at = gateways_of(stay)[--stay->count];
}

bool stay_remove(struct stay *stay, unsigned gateway)
{
    uint16_t *at = find(stay, gateway);

    if (at != NULL)
        drop(stay, at);
    return at != NULL;
}

bool stay_sweep(struct stay *stay, unsigned gateway)
{
    uint16_t *at = find(stay, gateway);

    if (at == NULL)
        return false;
    bool marked = *at & MARK;
    *at = (uint16_t)gateway;
    if (!marked)
        drop(stay, at);
    return !marked;
}

void stay_unmark(struct stay *stay, unsigned gateway)
{
    uint16_t *at = find(stay, gateway);

    if (at != NULL)
        *at = (uint16_t)gateway;
}

/* --- graces: a binary heap ------------------------------------------------------- */

static void put(struct graces *graces, size_t i, struct grace item)
{
    graces->items[i] = item;
    item.stay->grace = (uint32_t)i;
}

static void rise(struct graces *graces, size_t i, struct grace item)
{
    while (i > 0 && graces->items[(i - 1) / 2].due_ms > item.due_ms) {
        put(graces, i, graces->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(graces, i, item);
}

static void sink(struct graces *graces, size_t i, struct grace item)
{
    for (;;) {
        size_t kid = 2 * i + 1;
        if (kid + 1 < graces->count &&
            graces->items[kid + 1].due_ms < graces->items[kid].due_ms)
            kid++;
        if (kid >= graces->count || graces->items[kid].due_ms >= item.due_ms)
            break;
        put(graces, i, graces->items[kid]);
        i = kid;
    }
    put(graces, i, item);
}

void graces_fini(struct graces *graces)
{
    free(graces->items);
    *graces = (struct graces){0};
}

void graces_add(struct graces *graces, struct stay *stay, int64_t due_ms)
{
    graces->items = ff_grow(graces->items, &graces->cap, graces->count + 1,
                            sizeof(*graces->items));
    rise(graces, graces->count++, (struct grace){due_ms, stay});
}

void graces_remove(struct graces *graces, struct stay *stay)
{
    size_t i = stay->grace;

    if (i == STAY_NO_GRACE)
        return;
    stay->grace = STAY_NO_GRACE;
    struct grace last = graces->items[--graces->count];
    if (i == graces->count)
        return;
    if (i > 0 && graces->items[(i - 1) / 2].due_ms > last.due_ms)
        rise(graces, i, last);
    else
        sink(graces, i, last);
}

struct stay *graces_pop(struct graces *graces, int64_t now_ms)
{
    if (graces->count == 0 || graces->items[0].due_ms > now_ms)
        return NULL;
    struct stay *stay = graces->items[0].stay;
    graces_remove(graces, stay);
    return stay;
}
