#ifndef FF_MAILBOX_H
#define FF_MAILBOX_H

/*
 * A bounded queue from any thread to one: the only way into a loop that owns state. The first item after the queue
 * was emptied wakes the owner once; the owner takes all that is there in one go.
 *
 * Items are small structs copied in and out; what they point to belongs to the receiver after a post that returned
 * FF_OK, and stays the poster's after one that did not.
 */

#include "ff_mem.h"

struct ff_mailbox;

/* wake runs on the posting thread and must be callable from any. limit: items. */
struct ff_mailbox *ff_mailbox_new(size_t item_size, size_t limit,
                                  void (*wake)(void *ctx), void *ctx);
/* Once nobody posts any more; drain it before, items own things. */
void ff_mailbox_free(struct ff_mailbox **mb);

/* FF_E_BUSY: full. Any thread. */
FF_MUST_USE ff_err ff_mailbox_post(struct ff_mailbox *mb, const void *item);
/* The same beyond the limit: for what must not be lost, such as the answer to something that was counted. */
void ff_mailbox_force(struct ff_mailbox *mb, const void *item);

/* Call take for at most max items in order; how many. More may remain: the owner is woken again. Owner's thread. */
size_t ff_mailbox_drain(struct ff_mailbox *mb, size_t max,
                        void (*take)(void *ctx, void *item), void *ctx);
size_t ff_mailbox_count(struct ff_mailbox *mb);

#endif
