#include "transport.h"

#include <stdlib.h>
#include <string.h>

#include "conn_frames.h"
#include "ff_clock.h"
#include "ff_metric.h"
#include "limits.h"

/* Seconds that an end may take. */
#define CLOSE_WAIT_S  5  /* for the last frames, and the client's answer */
#define IDLE_WAIT_S   1  /* the same, for one who does not seem to be there */
#define STOP_WAIT_S   2  /* and while the process stops */
#define FINISH_WAIT_S 30 /* for a page */

static uint32_t close_wait_s(ff_err err)
{
    if (err == FF_E_IDLE)
        return IDLE_WAIT_S;
    return err == FF_E_SHUTDOWN ? STOP_WAIT_S : CLOSE_WAIT_S;
}

const struct conn_info *conn_info(const struct conn *conn)
{
    return &conn->info;
}

struct worker *conn_worker(const struct conn *conn)
{
    return conn->worker;
}

struct session *conn_session(const struct conn *conn)
{
    return conn->session;
}

bool conn_is_closing(const struct conn *conn)
{
    return conn->state == CONN_CLOSING || conn->state == CONN_DEAD;
}

size_t conn_queued_bytes(const struct conn *conn)
{
    return conn->queue.bytes;
}

/* --- life ---------------------------------------------------------------- */

/* All texts in one block. */
static void copy_texts(struct conn *conn, const struct handshake_in *in)
{
    struct ff_buf all = {0};
    struct ff_buf query = {0};
    handshake_query(in, &query);
    struct ff_slice texts[] = {in->path, ff_buf_slice(&query), in->user_agent,
                               in->origin};
    const char **to[] = {&conn->info.path, &conn->info.query,
                         &conn->info.user_agent, &conn->info.origin};
    ff_buf_reserve(&all, in->path.len + query.len + in->user_agent.len +
                             in->origin.len + 4);
    for (size_t i = 0; i < 4; i++) {
        *to[i] = all.data + all.len;
        ff_buf_addslice(&all, texts[i]);
        ff_buf_addc(&all, '\0');
    }
    ff_buf_fini(&query);
    conn->texts = ff_buf_take(&all);
}

struct conn *conn_new(struct worker *worker, enum conn_kind kind,
                      const struct wire *wire, const struct handshake_in *in,
                      const struct handshake *granted)
{
    struct conn *conn = ff_zalloc_aligned(CONN_LINE, sizeof(*conn));
    conn->worker = worker;
    conn->wire = wire;
    conn->heard_s = conn->wrote_s = worker->now_s;
    conn->info.kind = kind;
    conn->info.opened_ms = ff_clock_ms();
    memcpy(conn->info.peer, granted->peer, sizeof(conn->info.peer));
    copy_texts(conn, in);
    conn->opening = opening_new(in, granted);
    conn->info.id = conns_add(&worker->conns, worker->index, conn);
    conn_name(worker->instance, conn->info.id, conn->info.name);
    return conn;
}

void conn_open(struct conn *conn)
{
    conn->state = CONN_OPEN;
    conn->counted = true;
    ff_metric_add(FF_M_CONNECTIONS, 1);
    ff_metric_add(FF_M_CONNECTIONS_OPENED, 1);
    conn_schedule(conn);
    conn->session =
        session_new(conn->worker->sessions, conn, opening_get(conn->opening));
    opening_free(&conn->opening);
}

void conn_finish(struct conn *conn)
{
    conn->state = CONN_CLOSING;
    conn->deadline_s = conn->worker->now_s + FINISH_WAIT_S;
    conn_schedule(conn);
}

static void stop(struct conn *conn)
{
    conn->state = CONN_DEAD;
    queue_clear(&conn->queue);
    inbox_clear(&conn->inbox, &conn->worker->inbox_limits);
    conn_clear_dirty(conn);
    link_cut(&conn->due);
}

void conn_free(struct conn **conn)
{
    struct conn *old = *conn;
    if (!old)
        return;
    stop(old);
    if (old->session)
        session_close(&old->session);
    if (old->counted)
        ff_metric_add(FF_M_CONNECTIONS, -1);
    conns_remove(&old->worker->conns, old->info.id);
    limits_give(old->worker->limits, old->info.peer);
    opening_free(&old->opening);
    free(old->texts);
    free(old);
    *conn = NULL;
}

void conn_lost(struct conn *conn)
{
    stop(conn);
}

void conn_kill(struct conn *conn)
{
    if (conn->state == CONN_DEAD)
        return;
    stop(conn);
    conn->wire->drop(conn);
}

/* --- end ----------------------------------------------------------------- */

void conn_close(struct conn *conn, ff_err err, const char *reason)
{
    if (conn->state != CONN_OPEN)
        return;
    conn->state = CONN_CLOSING;
    if (err == FF_E_SLOW) {
        queue_clear(&conn->queue);
        ff_metric_add(FF_M_CONNECTIONS_SLOW, 1);
    }
    inbox_clear(&conn->inbox, &conn->worker->inbox_limits);
    struct frame *last = conn->info.kind == CONN_WS
                             ? frame_ws_close(err, reason)
                             : frame_sse_close(err, reason);
    conn_push(conn, last);
    frame_unref(&last);
    conn->deadline_s = conn->worker->now_s + close_wait_s(err);
    conn_schedule(conn);
}

void conn_say_close(struct conn *conn, struct ff_slice payload)
{
    if (conn->state != CONN_OPEN)
        return;
    struct frame *last = frame_ws_close_with(payload);
    conn_push(conn, last);
    frame_unref(&last);
    conn_flush(conn);
}

bool conn_peer_closes(struct conn *conn)
{
    if (conn->state == CONN_OPEN)
        conn_flush(conn);
    bool answer = conn->state == CONN_CLOSING && queue_is_empty(&conn->queue);
    conn_lost(conn);
    return answer;
}

/* --- in ------------------------------------------------------------------ */

void conn_heard(struct conn *conn)
{
    conn->heard_s = conn->worker->now_s;
    conn->pinged = false;
}

void conn_pause(struct conn *conn, bool paused)
{
    if (conn_is_closing(conn) || conn->paused == paused)
        return;
    conn->paused = paused;
    conn_heard(conn);
    conn->wire->pause(conn, paused);
}

/* A ping between the pieces of a message is answered before the message. */
static void wait_for_wire(struct conn *conn)
{
    if (conn->blocked)
        return;
    conn->blocked = true;
    conn->wire->want_write(conn);
}

static void deliver(struct conn *conn, bool binary, struct ff_slice message)
{
    if (binary)
        session_binary(conn->session, message);
    else
        session_text(conn->session, message);
}

void conn_receive(struct conn *conn, const struct piece *piece)
{
    conn_heard(conn);
    if (conn->state != CONN_OPEN)
        return;
    struct inbox_limits *limits = &conn->worker->inbox_limits;
    bool whole;
    struct ff_slice message;
    ff_err err = inbox_add(&conn->inbox, limits, piece, &whole, &message);
    if (err != FF_OK) {
        conn_close(conn, err, "the message is too big");
        return;
    }
    if (!whole)
        return;
    struct inbox *done = conn->inbox;
    conn->inbox = NULL;
    if (done)
        wait_for_wire(conn);
    deliver(conn, piece->binary, message);
    inbox_clear(&done, limits);
}
