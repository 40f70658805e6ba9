#include "replicas.h"

#include <stdlib.h>
#include <string.h>

#include "ff_owner.h"
#include "ff_subject.h"

struct replicas {
    void (*moved)(void *ctx, unsigned partition);
    void *ctx;
    struct replica *all[REPLICAS_MAX];
    size_t count;
    const struct replica *owners[FF_PARTITIONS]; /* of all, or NULL */
};

struct replicas *replicas_new(void (*moved)(void *ctx, unsigned partition),
                              void *ctx)
{
    struct replicas *replicas = ff_new(struct replicas);

    replicas->moved = moved;
    replicas->ctx = ctx;
    return replicas;
}

static void replica_free(struct replica *replica)
{
    free(replica->name);
    free(replica);
}

void replicas_free(struct replicas **replicas)
{
    struct replicas *gone = *replicas;

    *replicas = NULL;
    if (gone == NULL)
        return;
    while (gone->count > 0)
        replica_free(gone->all[--gone->count]);
    free(gone);
}

static const struct replica *owner_of(const struct replicas *replicas,
                                      unsigned pp)
{
    const struct replica *best = NULL;

    for (size_t i = 0; i < replicas->count; i++) {
        const struct replica *one = replicas->all[i];
        if (best == NULL || ff_owner_beats(one->name, best->name, pp))
            best = one;
    }
    return best;
}

static void settle(struct replicas *replicas)
{
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++) {
        const struct replica *owner = owner_of(replicas, pp);
        if (owner == replicas->owners[pp])
            continue;
        replicas->owners[pp] = owner;
        replicas->moved(replicas->ctx, pp);
    }
}

static void add(struct replicas *replicas, const char *name, int64_t started_ms,
                int64_t now_ms)
{
    if (replicas->count == REPLICAS_MAX)
        return;
    struct replica *replica = ff_new(struct replica);
    *replica = (struct replica){ff_strdup(name), started_ms, now_ms};
    replicas->all[replicas->count++] = replica;
}

static size_t find(const struct replicas *replicas, const char *name)
{
    size_t i = 0;

    while (i < replicas->count && strcmp(replicas->all[i]->name, name) != 0)
        i++;
    return i;
}

/* Out of the set; the caller settles and frees it. */
static struct replica *take_out(struct replicas *replicas, size_t i)
{
    struct replica *gone = replicas->all[i];

    replicas->all[i] = replicas->all[--replicas->count];
    return gone;
}

void replicas_hear(struct replicas *replicas, const char *name,
                   int64_t started_ms, bool leaving, int64_t now_ms)
{
    size_t i = find(replicas, name);
    struct replica *known = i < replicas->count ? replicas->all[i] : NULL;

    if (known != NULL && known->started_ms > started_ms)
        return; /* of the one before */
    if (known != NULL && known->started_ms == started_ms && !leaving) {
        known->heard_ms = now_ms;
        return;
    }
    if (known != NULL)
        take_out(replicas, i);
    if (!leaving)
        add(replicas, name, started_ms, now_ms);
    settle(replicas);
    if (known != NULL)
        replica_free(known);
}

void replicas_expire(struct replicas *replicas, int64_t now_ms)
{
    for (size_t i = replicas->count; i-- > 0;) {
        if (now_ms - replicas->all[i]->heard_ms <= REPLICAS_ALIVE_MS)
            continue;
        struct replica *gone = take_out(replicas, i);
        settle(replicas);
        replica_free(gone);
    }
}

size_t replicas_count(const struct replicas *replicas)
{
    return replicas->count;
}

bool replicas_is_alive(const struct replicas *replicas, const char *name)
{
    return find(replicas, name) < replicas->count;
}

const struct replica *replicas_owner(const struct replicas *replicas,
                                     unsigned partition)
{
    return replicas->owners[partition];
}
