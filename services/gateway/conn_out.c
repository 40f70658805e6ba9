/* What goes out: queued frames, one gathered write at the end of a turn. */

#include <string.h>
#include <sys/uio.h>

#include "conn_frames.h"
#include "ff_metric.h"
#include "transport.h"

#define LOOK_AHEAD 16 /* connections */

static void mark_dirty(struct conn *conn)
{
    struct dirty *dirty = &conn->worker->dirty;
    dirty->items = ff_grow(dirty->items, &dirty->cap, dirty->count + 1,
                           sizeof(struct conn *));
    dirty->items[dirty->count++] = conn;
    conn->dirty = (uint32_t)dirty->count;
}

void conn_clear_dirty(struct conn *conn)
{
    if (conn->dirty > 0)
        conn->worker->dirty.items[conn->dirty - 1] = NULL;
    conn->dirty = 0;
}

void conn_push(struct conn *conn, const struct frame *frame)
{
    queue_push(&conn->queue, frame);
    if (!conn->blocked && conn->dirty == 0)
        mark_dirty(conn);
}

static bool is_over(const struct conn *conn)
{
    return conn->queue.bytes >
           (uint64_t)conn->worker->conf->max_queue_bytes + conn->queue.excused;
}

/* Much in one turn is not slowness, as long as the socket takes it. */
static void relieve(struct conn *conn)
{
    if (!conn->blocked)
        conn_flush(conn);
    if (conn->state == CONN_OPEN && is_over(conn) && conn->queue.more)
        conn_close(conn, FF_E_SLOW, ff_err_text(FF_E_SLOW));
}

void conn_send(struct conn *conn, const struct frame *frame)
{
    if (conn->state != CONN_OPEN)
        return;
    conn_push(conn, frame);
    if (is_over(conn))
        relieve(conn);
}

bool conn_may_replay(const struct conn *conn, size_t bytes)
{
    return conn->queue.bytes + bytes <=
           (size_t)conn->worker->conf->max_replay_bytes;
}

uint32_t conn_begin_replay(struct conn *conn)
{
    uint32_t counted = conn->queue.bytes - conn->queue.excused;
    conn->queue.excused = UINT32_MAX;
    return counted;
}

void conn_end_replay(struct conn *conn, uint32_t counted)
{
    conn->queue.excused = conn->queue.bytes - counted;
}

void conn_send_json(struct conn *conn, const char *sse_event,
                    const char *sse_id, struct ff_slice json)
{
    if (conn->state != CONN_OPEN)
        return;
    struct frame *frame = conn->info.kind == CONN_WS
                              ? frame_ws(json, false)
                              : frame_event(sse_event, sse_id, json);
    conn_send(conn, frame);
    frame_unref(&frame);
}

/* Whether it is "id: …" with this id. */
static bool is_line_of(const struct frame *line, const char *id)
{
    size_t len = strlen(id);
    return line && line->len == len + 5 && memcmp(line->data + 4, id, len) == 0;
}

/* Subscribers of one channel get the same id: its line is made once. */
static const struct frame *id_line(struct worker *worker, const char *id)
{
    if (!is_line_of(worker->id_line, id)) {
        frame_unref(&worker->id_line);
        worker->id_line = frame_id_line(id);
    }
    return worker->id_line;
}

void conn_send_event(struct conn *conn, const struct frame *frame,
                     const char *sse_id)
{
    if (conn->state != CONN_OPEN)
        return;
    if (sse_id)
        conn_push(conn, id_line(conn->worker, sse_id));
    conn_send(conn, frame);
}

static void account(struct conn *conn, const struct iovec *iov, int n)
{
    struct worker *worker = conn->worker;
    worker->writes++;
    for (int i = 0; i < n; i++)
        worker->bytes_sent += (int64_t)iov[i].iov_len;
    conn->wrote_s = worker->now_s;
}

static bool write_some(struct conn *conn)
{
    struct iovec *iov = conn->worker->iov;
    int n = queue_peek(&conn->queue, iov, WORKER_IOV);
    int taken = conn->wire->write(conn, iov, n);
    if (taken < 0) {
        conn_kill(conn);
        return false;
    }
    if (taken > 0)
        account(conn, iov, taken);
    queue_drop(&conn->queue, taken);
    if (taken == n)
        return true;
    conn->blocked = true;
    conn->wire->want_write(conn);
    return false;
}

void conn_flush(struct conn *conn)
{
    conn_clear_dirty(conn);
    if (conn->state == CONN_DEAD || conn->blocked)
        return;
    while (!queue_is_empty(&conn->queue))
        if (!write_some(conn))
            return;
    bool stream_ends =
        conn->state == CONN_CLOSING && conn->info.kind == CONN_SSE;
    if (!stream_ends)
        return;
    if (conn->wire->is_idle(conn))
        conn_kill(conn);
    else
        conn->wire->want_write(conn);
}

void conn_writable(struct conn *conn)
{
    conn->blocked = false;
    conn_flush(conn);
}

/*
 * Look at the next ones: what each write has to look at is then in the cache,
 * fetched for all at once instead of one after the other.
 */
static void look_ahead(const struct dirty *dirty, size_t from)
{
    for (size_t i = from; i < from + LOOK_AHEAD && i < dirty->count; i++) {
        struct conn *conn = dirty->items[i];
        if (conn != NULL)
            (void)conn->wire->is_idle(conn);
    }
}

void conns_flush(struct worker *worker)
{
    struct dirty *dirty = &worker->dirty;
    for (size_t i = 0; i < dirty->count; i++) {
        if (i % LOOK_AHEAD == 0)
            look_ahead(dirty, i);
        if (dirty->items[i] != NULL)
            conn_flush(dirty->items[i]);
    }
    dirty->count = 0;
}
