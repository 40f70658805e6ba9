#include "owners.h"

#include <stdlib.h>
#include <string.h>

#include "ff_owner.h"

struct replica {
    char *name;
    int64_t heard_ms;
};

struct owners {
    char *self;
    bool joined;
    struct replica *others;
    size_t count, cap;
    const char *of[FF_PARTITIONS]; /* one of the names above */
};

static void offer(const char **best, const char *name, unsigned partition)
{
    if (*best == NULL || ff_owner_beats(name, *best, partition))
        *best = name;
}

static bool settle(struct owners *owners)
{
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++) {
        owners->of[pp] = owners->joined ? owners->self : NULL;
        for (size_t i = 0; i < owners->count; i++)
            offer(&owners->of[pp], owners->others[i].name, pp);
    }
    return true;
}

struct owners *owners_new(const char *self)
{
    struct owners *owners = ff_new(struct owners);

    owners->self = ff_strdup(self);
    return owners;
}

void owners_reset(struct owners *owners)
{
    while (owners->count > 0)
        free(owners->others[--owners->count].name);
    owners->joined = false;
    settle(owners);
}

void owners_free(struct owners **owners)
{
    if (*owners == NULL)
        return;
    owners_reset(*owners);
    free((*owners)->others);
    free((*owners)->self);
    free(*owners);
    *owners = NULL;
}

bool owners_join(struct owners *owners)
{
    owners->joined = true;
    return settle(owners);
}

static void drop(struct owners *owners, struct replica *replica)
{
    free(replica->name);
    *replica = owners->others[--owners->count];
}

static struct replica *find(const struct owners *owners, const char *name)
{
    for (size_t i = 0; i < owners->count; i++)
        if (strcmp(owners->others[i].name, name) == 0)
            return &owners->others[i];
    return NULL;
}

bool owners_hear(struct owners *owners, const char *replica, bool leaving,
                 int64_t now_ms)
{
    struct replica *known = find(owners, replica);

    if (strcmp(replica, owners->self) == 0)
        return false;
    if (known != NULL && leaving) {
        drop(owners, known);
        return settle(owners);
    }
    if (known != NULL)
        known->heard_ms = now_ms;
    if (known != NULL || leaving || owners->count == OWNERS_MAX)
        return false;
    owners->others = ff_grow(owners->others, &owners->cap, owners->count + 1,
                             sizeof(*owners->others));
    owners->others[owners->count++] =
        (struct replica){ff_strdup(replica), now_ms};
    return settle(owners);
}

bool owners_expire(struct owners *owners, int64_t now_ms)
{
    size_t before = owners->count;

    for (size_t i = owners->count; i-- > 0;)
        if (now_ms - owners->others[i].heard_ms > OWNERS_ALIVE_MS)
            drop(owners, &owners->others[i]);
    return owners->count != before && settle(owners);
}

const char *owners_of(const struct owners *owners, unsigned partition)
{
    return owners->of[partition];
}

bool owners_is_mine(const struct owners *owners, unsigned partition)
{
    return owners->joined && owners->of[partition] == owners->self;
}

size_t owners_others(const struct owners *owners)
{
    return owners->count;
}
