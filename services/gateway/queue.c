#include "queue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#define FRAME_COST 32 /* of one queued frame beside its bytes */

struct queue_more {
    size_t begin, end, cap;
    const struct frame *frames[];
};

static struct queue_more *grow(struct queue_more *more)
{
    size_t used = more ? more->end - more->begin : 0;
    if (more && more->begin >= used) {
        memcpy(more->frames, more->frames + more->begin,
               used * sizeof(more->frames[0]));
        more->begin = 0;
        more->end = used;
        return more;
    }
    size_t cap = more ? more->cap * 2 : 6;
    size_t begin = more ? more->begin : 0;
    more = ff_realloc(more, sizeof(*more) + cap * sizeof(more->frames[0]));
    more->begin = begin;
    more->end = begin + used;
    more->cap = cap;
    return more;
}

void queue_push(struct frame_queue *queue, const struct frame *frame)
{
    /* The count is the only part of a frame that changes. */
    frame_ref((struct frame *)(uintptr_t)frame);
    queue->bytes += (uint32_t)frame->len + FRAME_COST;
    if (!queue->first) {
        queue->first = frame;
        return;
    }
    if (!queue->more || queue->more->end == queue->more->cap)
        queue->more = grow(queue->more);
    queue->more->frames[queue->more->end++] = frame;
}

static void set(struct iovec *out, const struct frame *frame)
{
    out->iov_base = (void *)(uintptr_t)frame->data;
    out->iov_len = frame->len;
}

int queue_peek(const struct frame_queue *queue, struct iovec *out, int max)
{
    int n = 0;
    if (queue->first && max > 0)
        set(&out[n++], queue->first);
    const struct queue_more *more = queue->more;
    for (size_t i = more ? more->begin : 0; more && i < more->end && n < max;
         i++)
        set(&out[n++], more->frames[i]);
    return n;
}

static const struct frame *next_of(struct frame_queue *queue)
{
    struct queue_more *more = queue->more;
    if (!more)
        return NULL;
    const struct frame *frame = more->frames[more->begin++];
    if (more->begin == more->end) {
        free(more);
        queue->more = NULL;
    }
    return frame;
}

void queue_drop(struct frame_queue *queue, int n)
{
    while (n-- > 0 && queue->first) {
        struct frame *gone = (struct frame *)(uintptr_t)queue->first;
        queue->bytes -= (uint32_t)gone->len + FRAME_COST;
        frame_unref(&gone);
        queue->first = next_of(queue);
    }
    if (queue->excused > queue->bytes)
        queue->excused = queue->bytes;
}

void queue_clear(struct frame_queue *queue)
{
    while (queue->first)
        queue_drop(queue, 1);
}
