#ifndef FF_HISTORY_READ_H
#define FF_HISTORY_READ_H

/*
 * One reading of a channel, in steps: a short walk by direct gets, which is enough for most; then a pull consumer for
 * what is left (ff_history_fetch.c); then the stream's leader is asked what the page is worth. Any replica answers the
 * first two, and one that lags leaves messages out: what the leader has beyond them is walked to until it is there.
 */

#include "ff_history_page.h"
#include "ff_history_part.h"

/* A consumer that counts what is behind a sequence, and can deliver it. */
struct ff_history_cursor {
    char name[64];
    uint64_t start, count;
};

struct ff_history_read {
    struct ff_bus *bus;
    struct ff_history_read *next; /* in the queue */
    struct ff_timer *timer;
    ff_history_on_page *fn;
    void *ctx;
    uint64_t id, from, to;
    struct ff_history_pile pile;
    struct ff_subject_text subject, inbox;
    struct ff_history_state state;
    ff_err refusal;
    bool from_seen;

    /* the walk */
    unsigned walked;
    struct ff_bus_request *request;
    uint64_t at; /* all before it is known */

    /* the consumers */
    struct ff_history_cursor low,
        high;        /* enough is behind low, not behind high */
    uint64_t beyond; /* messages behind to */
    uint64_t probe;  /* where the one that is being made starts */
    uint64_t probes, asked, received, left;
    void (*on_count)(struct ff_history_read *read,
                     const struct ff_history_cursor *cursor);
    struct ff_bus_sub *sub;

    /* what is asked of JetStream; the last two at the end, of its leader */
    struct ff_js_call *call, *look, *tail_call;
    unsigned open;          /* answers that are to come at the end */
    uint64_t tail;          /* the channel's last message */
    struct ff_timer *pause; /* until the walk goes on */
};

/* Read what is left from read->at on. */
void ff_history_fetch(struct ff_history_read *read);
void ff_history_fetch_end(struct ff_history_read *read);
/* All is in the pile: go on to the look at the stream. */
void ff_history_read_done(struct ff_history_read *read);
/* Ends it; read is gone. */
void ff_history_read_fail(struct ff_history_read *read, ff_err err);

#endif
