#include "leases.h"

#include <stdlib.h>
#include <string.h>

#include "ff_map.h"

struct leases {
    int64_t lease_ms;
    struct leases_events events;
    struct ff_map *by_name;
    struct lease **by_number; /* NULL: the number is free */
    size_t limit, cap;
};

struct leases *leases_new(int64_t lease_ms, const struct leases_events *events)
{
    struct leases *leases = ff_new(struct leases);

    leases->lease_ms = lease_ms;
    leases->events = *events;
    leases->by_name = ff_map_new();
    return leases;
}

static void drop(struct leases *leases, unsigned number)
{
    struct lease *lease = leases->by_number[number];

    leases->by_number[number] = NULL;
    ff_map_removes(leases->by_name, lease->name);
    free(lease->name);
    free(lease);
}

void leases_reset(struct leases *leases)
{
    for (unsigned i = 0; i < leases->limit; i++)
        if (leases->by_number[i] != NULL)
            drop(leases, i);
    leases->limit = 0;
}

void leases_free(struct leases **leases)
{
    if (*leases == NULL)
        return;
    leases_reset(*leases);
    ff_map_free(&(*leases)->by_name);
    free((*leases)->by_number);
    free(*leases);
    *leases = NULL;
}

/* The lowest number that is free; LEASES_MAX: none. */
static unsigned free_number(struct leases *leases)
{
    unsigned i = 0;

    while (i < leases->limit && leases->by_number[i] != NULL)
        i++;
    if (i < leases->limit || i == LEASES_MAX)
        return i;
    leases->by_number = ff_grow(leases->by_number, &leases->cap,
                                leases->limit + 1, sizeof(struct lease *));
    leases->by_number[leases->limit++] = NULL;
    return i;
}

static struct lease *add(struct leases *leases, const char *name)
{
    unsigned number = free_number(leases);

    if (number == LEASES_MAX)
        return NULL;
    struct lease *lease = ff_new(struct lease);
    lease->name = ff_strdup(name);
    lease->number = number;
    leases->by_number[number] = lease;
    ff_map_puts(leases->by_name, name, lease);
    return lease;
}

static void came(struct leases *leases, struct lease *lease)
{
    lease->leaving = false;
    leases->events.came(leases->events.ctx, lease);
}

static void gone(struct leases *leases, const struct lease *lease, bool at_once)
{
    leases->events.gone(leases->events.ctx, lease, at_once);
}

const struct lease *leases_hear(struct leases *leases, const char *name,
                                int64_t boot_ms, bool leaving, int64_t now_ms)
{
    struct lease *lease = ff_map_gets(leases->by_name, name);
    bool is_new = lease == NULL;

    if (is_new)
        lease = leaving ? NULL : add(leases, name);
    if (lease == NULL || boot_ms < lease->boot_ms)
        return NULL;
    bool anew = !is_new && boot_ms > lease->boot_ms;
    bool leaves = leaving && !lease->leaving;
    lease->heard_ms = now_ms;
    if ((anew && !lease->leaving) || leaves)
        gone(leases, lease, false);
    lease->boot_ms = boot_ms;
    if (is_new || (anew && !leaving))
        came(leases, lease);
    if (leaving)
        lease->leaving = true;
    return lease->leaving ? NULL : lease;
}

void leases_expire(struct leases *leases, int64_t now_ms)
{
    for (unsigned i = 0; i < leases->limit; i++) {
        const struct lease *lease = leases->by_number[i];
        if (lease == NULL || now_ms - lease->heard_ms <= leases->lease_ms)
            continue;
        if (!lease->leaving)
            gone(leases, lease, true);
        drop(leases, i);
    }
}

const struct lease *leases_at(const struct leases *leases, unsigned number)
{
    const struct lease *lease = leases->by_number[number];
    return lease == NULL || lease->leaving ? NULL : lease;
}

unsigned leases_limit(const struct leases *leases)
{
    return (unsigned)leases->limit;
}
