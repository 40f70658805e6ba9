#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

/*
 * A client connection as the rest of the worker sees it: bytes out, close, pause; no protocol, no libwebsockets. The
 * transport (worker.c, lws_*.c, sse.c) owns it; the session above it decides. One thread: the worker's.
 */

#include "handoff.h"

struct conn;
struct worker;
struct session;

enum conn_kind { CONN_WS, CONN_SSE };

/* What the handshake told; texts live as long as the conn. */
struct conn_info {
    conn_id id;
    char name[CONN_NAME_MAX];
    enum conn_kind kind;
    char peer[46];     /* the client's address, after trusted proxies */
    int64_t opened_ms; /* Unix */
    const char *path, *query, *user_agent, *origin;
};

const struct conn_info *conn_info(const struct conn *conn);
struct worker *conn_worker(const struct conn *conn);
/* NULL while there is none. */
struct session *conn_session(const struct conn *conn);

/*
 * None of these calls back into the session: what ends a connection inside them is told later, from the loop. On a closing
 * connection they do nothing.
 */

/*
 * Queue a shared frame (a reference is taken). All that is queued in one tick goes out in one write. Over max_queue_bytes it is written at once, and
 * what the socket does not take closes the connection as a slow consumer; a single frame never does.
 */
void conn_send(struct conn *conn, const struct frame *frame);
/* A reply for this connection alone: JSON object text; on WS as text frame, on SSE as an event of this name (NULL: message) with this id (NULL: none). */
void conn_send_json(struct conn *conn, const char *sse_event,
                    const char *sse_id, struct ff_slice json);
/* Same for an SSE event whose data is ready: message_frame with the stream's own id line. */
void conn_send_event(struct conn *conn, const struct frame *frame,
                     const char *sse_id);
/*
 * What is sent between begin and end was missed, and is not slowness: it is excused from max_queue_bytes until it is
 * written. may_replay: with bytes more, not over max_replay_bytes would wait.
 */
bool conn_may_replay(const struct conn *conn, size_t bytes);
/* What counts of the queue, for the end: only what is sent between is excused. */
FF_MUST_USE uint32_t conn_begin_replay(struct conn *conn);
void conn_end_replay(struct conn *conn, uint32_t counted);
/* Send what is queued, then close with the error's close code (SSE: an error event first) and reason. */
void conn_close(struct conn *conn, ff_err err, const char *reason);
bool conn_is_closing(const struct conn *conn);
/* Stop or go on reading from the client: backpressure while an action is pending. */
void conn_pause(struct conn *conn, bool paused);
size_t conn_queued_bytes(const struct conn *conn);

#endif
