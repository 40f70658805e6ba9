#ifndef GATEWAY_FEED_H
#define GATEWAY_FEED_H

/*
 * A channel as the hub has it: the interest of the workers, the subscription
 * at the bus, what waits until it is confirmed, and the linger after the last
 * subscriber left. What is particular to channels with history is in stored.h.
 */

#include <sys/queue.h>

#include "hub_state.h"

struct news;
struct room;
struct stored;

enum feed_state {
    FEED_OPENING, /* subscribed, not yet confirmed by the server; or its room is not answerable yet */
    FEED_SYNCING, /* stored: learning where the stream ends */
    FEED_FILLING, /* stored: reading what the live stream left out */
    FEED_LIVE,
    FEED_CLOSED, /* only calls that are still out hold it */
};

/* A subscriber that waits for its answer. */
struct waiter {
    TAILQ_ENTRY(waiter) link;
    struct to_hub item;
    unsigned tries; /* resume.c: reads that did not tell */
    bool proved;    /* its message is in the stream; we sync */
};
TAILQ_HEAD(waiters, waiter);

/* Messages that wait, in the order in which they came. */
struct held {
    struct message **items;
    size_t count, cap, bytes;
};

struct feed {
    struct hub *hub;
    unsigned refs;
    enum feed_state state;
    char *app_id, *name;
    uint64_t workers; /* a bit for each that wants it */
    struct ff_bus_sub *sub;
    struct waiters waiting;
    size_t waiting_count;
    struct held held;
    struct stored *stored; /* NULL: a plain channel */
    struct room *room;     /* NULL: a channel without presence */
    bool confirmed;        /* by the server */
    int64_t idle_since_ms;
    bool idle;
    TAILQ_ENTRY(feed) idle_link;
};

struct feeds;
struct feeds *feeds_new(void);
void feeds_free(struct feeds **feeds);
struct feed *feeds_find(const struct feeds *feeds, const char *app_id,
                        const char *name);
/* pos begins at 0; NULL at the end. Closing the one just given is allowed. */
struct feed *feeds_next(const struct feeds *feeds, size_t *pos);

void feed_subscribe(struct hub *hub, struct to_hub *item);
void feed_drop(struct hub *hub, struct to_hub *item);
void feeds_tick(struct hub *hub, int64_t now_ms);
/* A new connection to the bus. */
void feeds_renew(struct hub *hub);
/* An app's record changed: its channels may now be of the other kind. */
void feeds_on_app(struct hub *hub, const char *app_id);

struct feed *feed_ref(struct feed *feed);
void feed_unref(struct feed **feed);
/* Its namespace's options now; NULL when the app is gone. */
const struct ff_namespace *feed_namespace(const struct feed *feed);
struct position feed_position(const struct feed *feed);

/* --- for the feed's own parts --------------------------------------------- */

/* It could not be opened: refuse who waits, and forget it. */
void feed_fail(struct feed *feed, ff_err err);

/* Its room has become answerable. */
void feed_go_on(struct feed *feed);

/* Moves item, or refuses it when too many wait. */
void feed_wait(struct feed *feed, struct to_hub *item);
/* Out of the list; the item is the caller's. */
struct to_hub feed_end_wait(struct feed *feed, struct waiter *waiter);
void feed_refuse_waiting(struct feed *feed, ff_err err);
/* A worker that dropped the channel gave up who still waits there. */
void feed_refuse_waiting_of(struct feed *feed, unsigned worker);

/* SUBSCRIBED. Takes messages over, ends item. */
void feed_answer(struct feed *feed, struct to_hub *item,
                 enum recovered recovered, struct message **messages,
                 size_t count);
void feed_deliver(struct feed *feed, struct message *message);
void feed_tell_lost(struct feed *feed);
void feed_tell_presence(struct feed *feed, struct news *news);

/* false: there is no more room. */
bool held_add(struct held *held, struct message *message);
void held_clear(struct held *held);

#endif
