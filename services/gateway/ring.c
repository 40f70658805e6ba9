#include "ring.h"

#include <stdlib.h>

#define OVERHEAD_BYTES 512 /* of one message: structs, subject, headers */

void ring_pool_init(struct ring_pool *pool, size_t count_max, size_t bytes_max)
{
    *pool = (struct ring_pool){.count_max = count_max, .bytes_max = bytes_max};
    TAILQ_INIT(&pool->by_use);
}

void ring_init(struct ring *ring, struct ring_pool *pool, uint64_t from)
{
    *ring = (struct ring){.pool = pool, .from = from};
    TAILQ_INSERT_TAIL(&pool->by_use, ring, link);
}

void ring_fini(struct ring *ring)
{
    ring_reset(ring, 0);
    TAILQ_REMOVE(&ring->pool->by_use, ring, link);
    free(ring->items);
    *ring = (struct ring){0};
}

static void touch(struct ring *ring)
{
    TAILQ_REMOVE(&ring->pool->by_use, ring, link);
    TAILQ_INSERT_TAIL(&ring->pool->by_use, ring, link);
}

static struct message **at(const struct ring *ring, size_t i)
{
    return &ring->items[(ring->first + i) % ring->cap];
}

static size_t bytes_of(const struct message *message)
{
    return message->m.body.len + OVERHEAD_BYTES;
}

static void drop_oldest(struct ring *ring)
{
    struct message *message = *at(ring, 0);

    ring->from = message->m.offset;
    ring->pool->bytes -= bytes_of(message);
    ring->first = (ring->first + 1) % ring->cap;
    ring->count--;
    message_unref(&message);
}

void ring_reset(struct ring *ring, uint64_t from)
{
    while (ring->count > 0)
        drop_oldest(ring);
    ring->from = from;
}

static void grow(struct ring *ring)
{
    size_t cap = ring->cap == 0 ? 8 : ring->cap * 2;
    struct message **items = ff_alloc(cap * sizeof(*items));

    for (size_t i = 0; i < ring->count; i++)
        items[i] = *at(ring, i);
    free(ring->items);
    ring->items = items;
    ring->first = 0;
    ring->cap = cap;
}

/* The budget of all rings; in the end the one that grew pays itself. */
static void shrink_others(struct ring_pool *pool)
{
    struct ring *ring = TAILQ_FIRST(&pool->by_use);

    while (pool->bytes > pool->bytes_max) {
        while (ring->count == 0)
            ring = TAILQ_NEXT(ring, link);
        drop_oldest(ring);
    }
}

void ring_add(struct ring *ring, struct message *message)
{
    if (ring->pool->count_max == 0) {
        ring->from = message->m.offset;
        return;
    }
    if (ring->count == ring->pool->count_max)
        drop_oldest(ring);
    if (ring->count == ring->cap)
        grow(ring);
    ring->count++;
    *at(ring, ring->count - 1) = message_ref(message);
    ring->pool->bytes += bytes_of(message);
    touch(ring);
    shrink_others(ring->pool);
}

void ring_forget(struct ring *ring, uint64_t offset)
{
    while (ring->count > 0 && (*at(ring, 0))->m.offset <= offset)
        drop_oldest(ring);
    if (ring->from < offset)
        ring->from = offset;
}

bool ring_covers(const struct ring *ring, uint64_t offset)
{
    return offset >= ring->from;
}

/* How many of them have an offset up to this one. */
static size_t count_until(const struct ring *ring, uint64_t offset)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((*at(ring, middle))->m.offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t ring_count_after(const struct ring *ring, uint64_t offset)
{
    return ring->count - count_until(ring, offset);
}

void ring_copy_after(struct ring *ring, uint64_t offset, struct message **out)
{
    for (size_t i = count_until(ring, offset); i < ring->count; i++)
        *out++ = message_ref(*at(ring, i));
    touch(ring);
}
