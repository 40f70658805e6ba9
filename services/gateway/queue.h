#ifndef GATEWAY_QUEUE_H
#define GATEWAY_QUEUE_H

/*
 * The frames that wait for one connection, in order. The first one needs no
 * allocation; room for more is there only while there are more.
 *
 * Zeroed memory is an empty queue. Not for several threads.
 */

#include "message.h"

struct iovec;
struct queue_more;

struct frame_queue {
    const struct frame *first;
    struct queue_more *more; /* behind it; NULL: none */
    uint32_t bytes;          /* of all frames, and what holding them costs */
    uint32_t excused; /* of these, what its owner allows beyond a limit */
};

/* Takes a reference. */
void queue_push(struct frame_queue *queue, const struct frame *frame);
/* Fill at most max of out, from the front; how many. */
int queue_peek(const struct frame_queue *queue, struct iovec *out, int max);
/* Forget the first n frames. What is excused never exceeds what is left. */
void queue_drop(struct frame_queue *queue, int n);
void queue_clear(struct frame_queue *queue);
static inline bool queue_is_empty(const struct frame_queue *queue)
{
    return !queue->first;
}

#endif
