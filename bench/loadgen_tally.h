/*
 * loadgen_tally - who got what: one bit per receiver, stream and message. A
 * message counts as lost when its publish was confirmed, a receiver that was
 * confirmed before the first publish never got it, and the drain time is over.
 * The log of publishes is written by the publisher's thread (atomics, and the
 * bits, which are read after that thread has ended).
 */
#ifndef LOADGEN_TALLY_H
#define LOADGEN_TALLY_H

#include "loadgen_hist.h"
#include "loadgen_mark.h"

#include <stdatomic.h>
#include <stdio.h>

struct publish_log {
    _Atomic uint32_t issued;     /* highest number handed to the service */
    _Atomic uint32_t acked_high; /* highest number that was confirmed */
    _Atomic uint32_t acked;      /* how many were confirmed */
    _Atomic uint32_t failed;
    uint64_t *bits; /* confirmed, by number */
};

struct tally {
    uint32_t receivers;
    uint32_t streams;
    uint32_t capacity; /* highest number there can be */
    size_t words;      /* of one receiver and stream */
    uint64_t *bits;
    uint32_t *highest; /* per receiver and stream */
    size_t hint;
    struct publish_log log[MARK_STREAMS];

    bool measuring; /* only deliveries inside the window go into these */
    uint64_t window_deliveries;
    uint64_t window_bytes;
    struct hist latency;

    uint64_t unique[MARK_STREAMS];
    uint64_t duplicates[MARK_STREAMS];
    uint64_t disordered[MARK_STREAMS];
};

void tally_init(struct tally *tally, uint32_t receivers, uint32_t streams,
                uint32_t capacity);

void tally_issued(struct tally *tally, uint32_t stream, uint32_t seq);
void tally_acked(struct tally *tally, uint32_t stream, uint32_t seq);
void tally_failed(struct tally *tally, uint32_t stream);

/*
 * One frame of wire_bytes whose payload is data came at now_ns. False when it
 * carries no mark: then it was no delivery.
 */
bool tally_delivery(struct tally *tally, uint32_t receiver, const char *data,
                    size_t len, size_t wire_bytes, int64_t now_ns,
                    struct mark *out_mark);

/* Highest number this receiver has seen on a stream. */
uint32_t tally_highest(const struct tally *tally, uint32_t receiver,
                       uint32_t stream);

uint64_t tally_expected(const struct tally *tally, uint32_t stream);
bool tally_complete(const struct tally *tally);

/* Confirmed messages that receivers miss. After the publisher has ended. */
uint64_t tally_lost(const struct tally *tally, uint32_t stream);

/* "published":…,"failed":…,"delivered":…,"lost":… of one stream. */
void tally_print(const struct tally *tally, uint32_t stream, FILE *out);

#endif
