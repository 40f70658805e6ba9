#ifndef GATEWAY_HUB_STATE_H
#define GATEWAY_HUB_STATE_H

/*
 * What the parts of the hub share: its state, and how they talk to the
 * workers. Only hub.c and its parts (feed, stored, resume, publish,
 * history, calls, queries, revoked, presence) include it. Everything runs on
 * the service's loop.
 *
 * A call that comes back later (barrier, read, request) holds a reference of
 * the hub or of its channel; after hub_free() it finds `closed` and only lets
 * go of it.
 */

#include <sys/queue.h>

#include "ff_loop.h"
#include "ff_map.h"
#include "gateway_conf.h"
#include "hub.h"
#include "ring.h"

TAILQ_HEAD(stored_list, stored);

struct hub {
    unsigned refs;
    bool closed;
    struct ff_loop *loop;
    struct ff_bus *bus;
    const char *instance;
    int64_t started_ms; /* Unix */
    const struct gateway_conf *conf;
    struct handoff *handoff;
    struct ff_wake *wake;
    struct ff_timer *tick; /* every second */
    struct ff_apps *apps;
    struct ff_bus_sub *broadcasts;
    struct epoch *epoch;
    struct gate *checks; /* calls out: where does a channel end? */
    struct gate *reads;  /* calls out: pages of the stream */
    struct ring_pool rings;
    struct stored_list audits; /* the longest unchecked first */
    struct feeds *feeds;
    struct publisher *publisher;
    struct queries *queries;
    struct revoked *revoked;
    struct presence *presence;
    unsigned stopped; /* workers that said so */
    void (*on_drained)(void *ctx);
    void *drained_ctx;
};

struct hub *hub_ref(struct hub *hub);
void hub_unref(struct hub **hub);

/* The newest record of an app that a worker named. Borrowed. */
struct ff_app *hub_app(struct hub *hub, struct ff_app *seen);

/*
 * An answer to an item: app_id and channel are copied, reply is moved to it.
 * hub_send moves it to the worker that asked.
 */
void hub_answer(struct to_hub *item, enum to_worker_type type,
                struct to_worker *out);
void hub_send(struct hub *hub, unsigned worker, struct to_worker *item);
void hub_refuse(struct hub *hub, struct to_hub *item, enum to_worker_type type,
                ff_err err, const struct ff_why *why);
/* fill makes one item for each worker. */
void hub_send_all(struct hub *hub,
                  void (*fill)(const void *arg, struct to_worker *out),
                  const void *arg);

/* Move an item out of the mailbox: what is left there owns nothing. */
struct to_hub hub_take_item(struct to_hub *item);

#endif
