#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

/*
 * A worker: a thread with its own event loop, sockets, connections and
 * sessions. Workers share nothing but frames, the limits, and the hand-off.
 *
 * Made, started and freed by the service's thread.
 */

#include "gateway_conf.h"
#include "handoff.h"

struct limits;
struct worker;

struct worker_options {
    unsigned index;
    const struct gateway_conf *conf;
    const char *instance;
    struct handoff *handoff;
    struct limits *limits;
    const int *listeners; /* taken */
    size_t listener_count;
};

FF_MUST_USE ff_err worker_new(const struct worker_options *options,
                              struct worker **out_worker, struct ff_why *why);
void worker_start(struct worker *worker);
/* Ends the thread, if there is one, and every connection. */
void worker_free(struct worker **worker);

/* Rises while its loop turns, at least every second. Any thread. */
uint64_t worker_turns(const struct worker *worker);

#endif
