#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

/*
 * A connection's meaning: who it is, what it is subscribed to, the actions that it sends, the answers it gets. The
 * same for WebSocket and SSE. Knows frames and actions; no sockets, no bus. One thread: the worker's.
 *
 * The transport calls open, text, binary and close; the worker calls take for each struct to_worker from the hub.
 */

#include "conn.h"

struct
    sessions; /* all sessions of one worker: their channels, counts and the way to the hub */

struct sessions_options {
    struct handoff *handoff;
    unsigned worker;
    const char *instance;
    const char *app_id; /* the default app; its record comes by TO_WORKER_APP */
    int64_t max_subscriptions, max_messages_per_minute;
    int64_t max_text_bytes, max_binary_bytes;
    int64_t heartbeat_interval_ms;
    struct conn *(*find)(void *ctx, conn_id id); /* NULL when it is gone */
    /* Walk the worker's connections; for queries, broadcasts, bus state. */
    void (*each)(void *ctx, void (*fn)(void *arg, struct conn *conn),
                 void *arg);
    void *ctx;
};

struct sessions *sessions_new(const struct sessions_options *options);
void sessions_free(struct sessions **sessions);

/*
 * A new connection; token NULL: anonymous. Welcome is sent once the token (if any) is verified. For SSE: the channels asked for,
 * and the last event id (NULL: none), which is resumed from. The session is freed by session_close.
 */
struct session_open {
    const char *app; /* its id; NULL: the default app */
    const char *token;
    const char *const *channels; /* SSE; ended by NULL */
    const char *last_event_id;
};
struct session *session_new(struct sessions *all, struct conn *conn,
                            const struct session_open *how);
void session_close(struct session **session); /* the connection is gone */

void session_text(struct session *session, struct ff_slice text);
void session_binary(struct session *session, struct ff_slice bytes);

/*
 * From the hub. Ends item. Of TO_WORKER_DRAIN only the telling is done here: the worker closes the connections and says
 * TO_HUB_STOPPED.
 */
void sessions_take(struct sessions *all, struct to_worker *item);

/* Called by the worker every second, with Unix time: expired tokens. */
void sessions_tick(struct sessions *all, int64_t now_ms);

size_t sessions_channel_count(const struct sessions *all);

#endif
