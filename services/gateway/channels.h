#ifndef GATEWAY_CHANNELS_H
#define GATEWAY_CHANNELS_H

/*
 * Who of this worker's sessions is subscribed to what, seen from both sides: a channel's members, for fanning out, and
 * a session's subscriptions. Each knows its place on the other side, so that leaving costs the same however many
 * there are. Plain data: says nothing to clients or to the hub. One thread: the worker's.
 */

#include "conn.h"

struct channel;

/* The greatest mark. */
#define SUBSCRIPTION_MARK_MAX 0x1fffffffu

/* A session's side. Pending until the hub has answered; then active: it gets what is delivered. */
struct subscription {
    struct channel *channel;
    uint32_t index; /* in the channel's members */
    uint32_t active : 1;
    uint32_t busy : 1;   /* an action on it is under way: later ones wait */
    uint32_t member : 1; /* the hub knows its user as a member */
    uint32_t mark : 29;  /* the session's own */
};

struct subscriptions {
    struct subscription *items;
    uint32_t count, cap;
};

/* A channel's side: all that fanning out needs, without a look at the session. */
struct member {
    struct session *session;
    struct conn *conn;
    struct subscriptions *of;
    uint32_t slot; /* in of->items */
    bool active, stream;
};

struct channel {
    struct member *members;
    uint32_t count, cap;
    bool drop_owed; /* the hub was too busy to hear that it is empty */
    const char *app_id, *name;
    size_t key_len;
    char key[]; /* app_id NUL name NUL */
};

struct channels;
struct channels *channels_new(void);
void channels_free(struct channels **channels);
size_t channels_count(const struct channels *channels);

/* NULL when nobody here is subscribed. */
struct channel *channels_find(const struct channels *channels,
                              const char *app_id, const char *name);
/* Made, without members, if it was not there. */
struct channel *channels_get(struct channels *channels, const char *app_id,
                             const char *name);
/* It must have no members. */
void channels_remove(struct channels *channels, struct channel *channel);
/* Walk; removing the one just given is allowed. */
struct channel *channels_next(const struct channels *channels, size_t *pos);

/* NULL: not subscribed. The pointer is good until the next add or remove. */
struct subscription *subscription_find(const struct subscriptions *of,
                                       const struct channel *channel);
/* A pending one. It must not be there yet. */
struct subscription *subscription_add(struct subscriptions *of,
                                      struct channel *channel,
                                      struct session *session,
                                      struct conn *conn);
void subscription_activate(struct subscription *subscription);
void subscription_remove(struct subscriptions *of,
                         struct subscription *subscription);
void subscriptions_fini(struct subscriptions *of); /* it must be empty */

#endif
