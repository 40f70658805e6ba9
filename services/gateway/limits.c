#include "limits.h"

#include <pthread.h>
#include <stdlib.h>

#include "ff_map.h"

struct limits {
    pthread_mutex_t lock;
    size_t total, per_address, count;
    struct ff_map *addresses; /* how many, as a pointer's number */
};

struct limits *limits_new(size_t total, size_t per_address)
{
    struct limits *limits = ff_new(struct limits);
    pthread_mutex_init(&limits->lock, NULL);
    limits->total = total;
    limits->per_address = per_address;
    limits->addresses = ff_map_new();
    return limits;
}

void limits_free(struct limits **limits)
{
    if (!*limits)
        return;
    ff_map_free(&(*limits)->addresses);
    pthread_mutex_destroy(&(*limits)->lock);
    free(*limits);
    *limits = NULL;
}

static ff_err take(struct limits *limits, const char *address)
{
    uintptr_t here = (uintptr_t)ff_map_gets(limits->addresses, address);
    if (limits->count >= limits->total ||
        (limits->per_address && here >= limits->per_address))
        return FF_E_CONNECTIONS;
    limits->count++;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    ff_map_puts(limits->addresses, address, (void *)(here + 1));
    return FF_OK;
}

ff_err limits_take(struct limits *limits, const char *address)
{
    pthread_mutex_lock(&limits->lock);
    ff_err err = take(limits, address);
    pthread_mutex_unlock(&limits->lock);
    return err;
}

void limits_give(struct limits *limits, const char *address)
{
    pthread_mutex_lock(&limits->lock);
    uintptr_t here = (uintptr_t)ff_map_gets(limits->addresses, address);
    if (here == 0)
        ff_bug("an address that was not counted");
    limits->count--;
    if (here == 1)
        ff_map_removes(limits->addresses, address);
    else // NOLINTNEXTLINE(performance-no-int-to-ptr)
        ff_map_puts(limits->addresses, address, (void *)(here - 1));
    pthread_mutex_unlock(&limits->lock);
}

size_t limits_count(struct limits *limits)
{
    pthread_mutex_lock(&limits->lock);
    size_t count = limits->count;
    pthread_mutex_unlock(&limits->lock);
    return count;
}
