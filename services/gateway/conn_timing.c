#include "transport.h"

/*
 * Pings, comments, and the end of connections that are silent or late. Each
 * connection is looked at when the first of its deadlines may have come.
 */

static uint32_t earlier(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t next_of_ws(const struct conn *conn)
{
    const struct gateway_conf *conf = conn->worker->conf;
    uint32_t next = conn->heard_s + (uint32_t)conf->heartbeat_interval;
    if (conn->pinged)
        next = conn->deadline_s;
    if (conf->connection_timeout)
        next =
            earlier(next, conn->heard_s + (uint32_t)conf->connection_timeout);
    return next;
}

void conn_schedule(struct conn *conn)
{
    const struct gateway_conf *conf = conn->worker->conf;
    uint32_t next;
    if (conn->state == CONN_CLOSING)
        next = conn->deadline_s;
    else if (conn->info.kind == CONN_SSE)
        next = conn->wrote_s + (uint32_t)conf->sse_comment_interval;
    else
        next = next_of_ws(conn);
    wheel_put(&conn->worker->wheel, &conn->due, next);
}

static void ws_due(struct conn *conn, uint32_t now_s)
{
    const struct gateway_conf *conf = conn->worker->conf;
    if (conn->paused)
        conn_heard(conn); /* it is we who do not listen */
    uint32_t silent = now_s - conn->heard_s;
    bool timeout = conf->connection_timeout &&
                   silent >= (uint32_t)conf->connection_timeout;
    if (timeout || (conn->pinged && now_s >= conn->deadline_s)) {
        conn_close(conn, FF_E_IDLE, ff_err_text(FF_E_IDLE));
        return;
    }
    if (conn->pinged || silent < (uint32_t)conf->heartbeat_interval)
        return;
    conn->pinged = true;
    conn->deadline_s = now_s + (uint32_t)conf->heartbeat_timeout;
    conn_push(conn, conn->worker->ping);
}

static void sse_due(struct conn *conn, uint32_t now_s)
{
    uint32_t interval = (uint32_t)conn->worker->conf->sse_comment_interval;
    if (now_s - conn->wrote_s < interval)
        return;
    conn->wrote_s = now_s;
    if (queue_is_empty(&conn->queue))
        conn_push(conn, conn->worker->comment);
}

void conn_due(struct conn *conn)
{
    uint32_t now_s = conn->worker->now_s;
    if (conn->state == CONN_CLOSING && now_s >= conn->deadline_s) {
        conn_kill(conn);
        return;
    }
    if (conn->state == CONN_OPEN && conn->info.kind == CONN_WS)
        ws_due(conn, now_s);
    else if (conn->state == CONN_OPEN)
        sse_due(conn, now_s);
    if (conn->state != CONN_DEAD)
        conn_schedule(conn);
}
