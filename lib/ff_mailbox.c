#include "ff_mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Posters fill one side while the owner empties the other. */
struct side {
    char *items;
    size_t count, cap;
};

struct ff_mailbox {
    pthread_mutex_t lock;
    struct side in;  /* under the lock */
    size_t waiting;  /* under the lock: items of in, and of out from next on */
    struct side out; /* the owner's */
    size_t next;     /* the owner's: first item of out not taken yet */
    size_t item_size, limit;
    void (*wake)(void *ctx);
    void *ctx;
};

struct ff_mailbox *ff_mailbox_new(size_t item_size, size_t limit,
                                  void (*wake)(void *ctx), void *ctx)
{
    struct ff_mailbox *mb = ff_new(struct ff_mailbox);
    pthread_mutex_init(&mb->lock, NULL);
    mb->item_size = item_size;
    mb->limit = limit;
    mb->wake = wake;
    mb->ctx = ctx;
    return mb;
}

void ff_mailbox_free(struct ff_mailbox **mb)
{
    if (!*mb)
        return;
    pthread_mutex_destroy(&(*mb)->lock);
    free((*mb)->in.items);
    free((*mb)->out.items);
    free(*mb);
    *mb = NULL;
}

static ff_err post(struct ff_mailbox *mb, const void *item, size_t limit)
{
    pthread_mutex_lock(&mb->lock);
    if (mb->waiting >= limit) {
        pthread_mutex_unlock(&mb->lock);
        return FF_E_BUSY;
    }
    struct side *in = &mb->in;
    in->items = ff_grow(in->items, &in->cap, in->count + 1, mb->item_size);
    memcpy(in->items + in->count++ * mb->item_size, item, mb->item_size);
    bool first = mb->waiting++ == 0;
    pthread_mutex_unlock(&mb->lock);
    if (first && mb->wake)
        mb->wake(mb->ctx);
    return FF_OK;
}

ff_err ff_mailbox_post(struct ff_mailbox *mb, const void *item)
{
    return post(mb, item, mb->limit);
}

void ff_mailbox_force(struct ff_mailbox *mb, const void *item)
{
    if (post(mb, item, SIZE_MAX) != FF_OK)
        ff_bug("a mailbox without end is full");
}

/* How many of max are there at out, which is filled again when it is empty. */
static size_t begin_batch(struct ff_mailbox *mb, size_t max, bool *out_more)
{
    pthread_mutex_lock(&mb->lock);
    if (mb->next == mb->out.count) {
        struct side empty = mb->out;
        mb->out = mb->in;
        mb->in = empty;
        mb->in.count = 0;
        mb->next = 0;
    }
    size_t n = mb->out.count - mb->next;
    n = n < max ? n : max;
    mb->waiting -= n;
    *out_more = mb->waiting > 0;
    pthread_mutex_unlock(&mb->lock);
    return n;
}

size_t ff_mailbox_drain(struct ff_mailbox *mb, size_t max,
                        void (*take)(void *ctx, void *item), void *ctx)
{
    bool more;
    size_t n = begin_batch(mb, max, &more);
    for (size_t i = 0; i < n; i++)
        take(ctx, mb->out.items + mb->next++ * mb->item_size);
    if (more && mb->wake)
        mb->wake(mb->ctx);
    return n;
}

size_t ff_mailbox_count(struct ff_mailbox *mb)
{
    pthread_mutex_lock(&mb->lock);
    size_t count = mb->waiting;
    pthread_mutex_unlock(&mb->lock);
    return count;
}
