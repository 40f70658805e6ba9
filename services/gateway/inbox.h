#ifndef GATEWAY_INBOX_H
#define GATEWAY_INBOX_H

/*
 * A client's message put together from the pieces in which it comes. A
 * message that comes in one piece is not copied. Bounded: bytes of a message,
 * empty fragments, and the bytes that all unfinished messages hold.
 *
 * Pure but for memory; not for several threads.
 */

#include "ff_mem.h"

#define INBOX_EMPTY_MAX 1000 /* fragments without a byte in one message */

struct inbox;

struct piece {
    struct ff_slice data;
    bool first, last, binary;
    uint64_t more; /* bytes that its frame has still to come */
};

struct inbox_limits {
    size_t text_bytes, binary_bytes;
    size_t held_max;
    size_t held; /* now, by all inboxes that share this */
};

/*
 * *inbox is NULL while nothing is held. *out_whole: out_message is a message,
 * valid until inbox_clear, which must follow. FF_E_TOO_BIG.
 */
FF_MUST_USE ff_err inbox_add(struct inbox **inbox, struct inbox_limits *limits,
                             const struct piece *piece, bool *out_whole,
                             struct ff_slice *out_message);
void inbox_clear(struct inbox **inbox, struct inbox_limits *limits);

#endif
