#ifndef GATEWAY_HANDOFF_H
#define GATEWAY_HANDOFF_H

/*
 * What the gateway's threads say to each other. The hub (the service's loop: bus, channels, history, other services)
 * and the workers (connections) own their state alone and exchange these structs by mailboxes, in order both ways.
 *
 * The order is the contract: on a channel, a worker gets SUBSCRIBED (with what was missed) and from then on each
 * message once, in order. A worker says DROP when its last subscription of a channel is gone, pending ones counted too.
 *
 * Who receives a struct owns what it points to and ends it with to_hub_fini / to_worker_fini.
 */

#include "ff_history.h"
#include "ff_policy.h"
#include "message.h"
#include "news.h"

/* A connection on this gateway: worker, slot, and a generation that tells a reused slot. Never 0. */
typedef uint64_t conn_id;

#define CONN_ID(worker, slot, generation)                                      \
    ((uint64_t)(worker) << 56 | (uint64_t)(slot) << 24 |                       \
     ((uint64_t)(generation)&0xffffff))
#define CONN_WORKER(id) ((unsigned)((id) >> 56))
#define CONN_SLOT(id)   ((uint32_t)((id) >> 24))

/* "instance.hex": the connection's name on the cluster. */
#define CONN_NAME_MAX 64
void conn_name(const char *instance, conn_id id, char out[CONN_NAME_MAX]);

struct position {
    bool
        known; /* false: a channel without history, or the epoch is not known yet */
    uint64_t offset;
    char epoch[FF_EPOCH_MAX];
};

/* Enough to answer a client's action once it is done: the raw JSON of ref. */
struct reply_to {
    conn_id conn;
    char *ref;    /* NULL: none */
    unsigned tag; /* the worker's own: which answer to make */
};

enum to_hub_type {
    TO_HUB_SUBSCRIBE, /* app, channel, reply, recover, wants: recover_asked; on a channel with presence user, text (about) */
    TO_HUB_DROP,      /* app, channel */
    TO_HUB_PUBLISH,   /* app, channel, reply, out, key; whisper */
    TO_HUB_HISTORY,   /* app, channel, reply, recover (since), limit, reverse */
    TO_HUB_VERIFY,    /* app, reply, text (token) */
    TO_HUB_CALL, /* app, channel, reply, verb, text (JSON): a request to the documents service */
    TO_HUB_ANSWER,   /* query, text (JSON): a worker's part of a query */
    TO_HUB_STOPPED,  /* the worker has closed its last connection */
    TO_HUB_PRESENCE, /* app, channel, joined, user, text (about, see members.h): a connection of a user came or went */
    TO_HUB_MEMBERS, /* app, channel, reply, after, limit, user, text (about): a list of members; channel NULL: online users */
    TO_HUB_STATUS, /* app, reply, text (JSON): a user's status, for the presence service */
};

struct to_hub {
    enum to_hub_type type;
    unsigned worker;
    struct ff_app *app; /* a reference */
    char *channel;
    struct reply_to reply;
    /* SUBSCRIBE, HISTORY */
    bool recover_asked, reverse;
    struct position recover;
    int64_t limit;
    /* PUBLISH: owned copies */
    char *event, *sender, *recipients, *except, *key;
    char *body;
    size_t body_len;
    bool binary, whisper, want_ack;
    /* VERIFY, CALL, ANSWER, PRESENCE, MEMBERS, STATUS */
    char *text, *user, *after;
    const char *verb; /* static */
    struct query *query;
    bool joined;
};

enum recovered { RECOVERED_NOT_ASKED, RECOVERED_YES, RECOVERED_NO };

enum to_worker_type {
    TO_WORKER_SUBSCRIBED, /* app_id, channel, reply, err/why, position, recovered, messages: send after the answer; text: members (JSON), NULL: no presence */
    TO_WORKER_DELIVER, /* app_id, channel, message: to every subscriber here */
    TO_WORKER_LOST, /* app_id, channel, position: continuity was lost; tell every subscriber */
    TO_WORKER_PUBLISHED, /* reply, err/why, id, position (stored ones), duplicate; without want_ack only if it failed */
    TO_WORKER_HISTORY,   /* reply, err/why, channel, position, messages, cut */
    TO_WORKER_VERIFIED,  /* reply, err/why, identity */
    TO_WORKER_CALLED, /* reply, err/why, verb, channel (of the call), text (JSON; with FF_E_CONFLICT: version and missed, where told) */
    TO_WORKER_BROADCAST, /* app_id, message: to every connection of the app */
    TO_WORKER_BUS,       /* connected */
    TO_WORKER_REVOKED, /* app_id, user and before_s (issued up to that second), or token_id: end these sessions */
    TO_WORKER_QUERY, /* query: connections, disconnect; answered by TO_HUB_ANSWER */
    TO_WORKER_APP,      /* app (a reference): its record changed */
    TO_WORKER_PRESENCE, /* app_id, channel, news: to every subscriber here */
    TO_WORKER_DRAIN, /* text: tell clients, close evenly over limit ms, then STOPPED */
};

struct to_worker {
    enum to_worker_type type;
    struct ff_app *app; /* a reference */
    char app_id[64];
    char *channel;
    struct reply_to reply;
    ff_err err;
    struct ff_why why;
    struct position position;
    enum recovered recovered;
    struct message **messages; /* references */
    size_t message_count;
    bool cut, duplicate, connected;
    struct message *message; /* a reference */
    struct news *news;       /* a reference */
    char id[FF_MESSAGE_ID_MAX];
    struct ff_identity *identity;
    char *text, *user, *token_id;
    const char *verb;
    int64_t limit, before_s;
    struct query *query;
};

void to_hub_fini(struct to_hub *item);
void to_worker_fini(struct to_worker *item);
void to_worker_drop_messages(struct to_worker *item);

/*
 * A question from the cluster to all workers, put together by the hub. Shared by reference; fields are read-only.
 */
struct query {
    atomic_uint refs;
    enum { QUERY_CONNECTIONS, QUERY_CHANNELS, QUERY_DISCONNECT } kind;
    char *app, *user, *connection, *reason;
    char *channel,
        *prefix; /* of QUERY_CHANNELS: only this one, only names that begin so */
    int64_t limit;
    void *owner; /* the hub's own */
};
struct query *query_ref(struct query *query);
void query_unref(struct query **query);

/* Both ends, made by gateway.c before any thread runs. Any thread; items are moved in on FF_OK. */
struct handoff;
FF_MUST_USE ff_err handoff_to_hub(struct handoff *h, struct to_hub *item);
/* Never refused: who came and went, which is bounded by what was asked. */
void handoff_tell_hub(struct handoff *h, struct to_hub *item);
/* Never refused: what the hub sends was asked for, or is bounded by the bus' own limit. */
void handoff_to_worker(struct handoff *h, unsigned worker,
                       struct to_worker *item);

struct handoff *handoff_new(unsigned workers);
void handoff_free(struct handoff **h);
void handoff_on_hub(struct handoff *h, void (*wake)(void *ctx), void *ctx);
void handoff_on_worker(struct handoff *h, unsigned worker,
                       void (*wake)(void *ctx), void *ctx);
size_t handoff_drain_hub(struct handoff *h,
                         void (*take)(void *ctx, struct to_hub *item),
                         void *ctx);
size_t handoff_drain_worker(struct handoff *h, unsigned worker,
                            void (*take)(void *ctx, struct to_worker *item),
                            void *ctx);
unsigned handoff_workers(const struct handoff *h);

#endif
