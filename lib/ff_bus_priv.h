#ifndef FF_BUS_PRIV_H
#define FF_BUS_PRIV_H

/* The owner's side of the bus, shared by ff_bus.c and ff_bus_request.c. */

#include "ff_bus.h"
#include "ff_bus_link.h"
#include "ff_bus_slots.h"

#define FF_BUS_WHEEL 256 /* buckets */

/* A ring of requests; the head is in it. */
struct ff_bus_ring {
    struct ff_bus_ring *prev, *next;
};

struct ff_bus_requests {
    struct ff_bus_slots slots;
    struct ff_bus_ring wheel[FF_BUS_WHEEL];
    struct ff_bus_ring early; /* ended before they were sent */
    struct ff_timer *timer;
    int64_t tick; /* the last one that was looked at */
};

struct ff_bus {
    struct ff_loop *loop;
    struct ff_bus_link *link;
    struct ff_mailbox *events;
    struct ff_wake *wake;
    struct ff_timer *watchdog;
    unsigned turns_seen, turns_still;
    void (*on_state)(void *ctx, bool connected);
    void *ctx;
    bool connected, closing;
    uint64_t generation, inbox_count;
    char inbox[FF_BUS_INBOX_MAX];
    struct ff_bus_slots subs;
    struct ff_bus_requests requests;
    struct ff_bus_part *parts;
};

/* Why nothing can be sent now, or FF_OK. */
FF_MUST_USE ff_err ff_bus_state(const struct ff_bus *bus);

void ff_bus_requests_init(struct ff_bus *bus);
/* End all with this error. */
void ff_bus_requests_fail(struct ff_bus *bus, ff_err err);
void ff_bus_requests_fini(struct ff_bus *bus);
/* Call those that ended early. */
void ff_bus_requests_flush(struct ff_bus *bus);
/* An answer came to "<inbox>.r<id>". */
void ff_bus_requests_answer(struct ff_bus *bus, uint64_t id,
                            struct ff_bus_msg *msg);

#endif
