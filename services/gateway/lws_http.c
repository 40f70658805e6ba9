#include "lws_parts.h"

#include <stdlib.h>
#include <sys/uio.h>

#include "net.h"

/* A client has nothing to say on an event stream. */
#define SKIP_BYTES 65536

/* Event streams and pages: the socket is watched by us. */
struct http_wire {
    struct io_watch *readable, *writable;
    struct ff_buf rest; /* of a frame that was cut; without TLS */
};

/* Anything that comes over TLS is the notice of its end. */
static void on_readable(void *ctx)
{
    struct conn *conn = ctx;
    if (conn->worker->server->tls || !net_skip(conn->fd, SKIP_BYTES))
        conn_kill(conn);
}

/* All of what was cut went out; -1: the connection is dead. */
static int send_rest(struct conn *conn)
{
    struct ff_buf *rest = &conn->http->rest;
    if (rest->len == 0)
        return 1;
    struct iovec iov = {rest->data, rest->len};
    ssize_t sent = net_send(conn->fd, &iov, 1);
    if (sent < 0)
        return -1;
    ff_buf_drop(rest, (size_t)sent);
    if (rest->len > 0)
        return 0;
    ff_buf_fini(rest);
    return 1;
}

static int http_write(struct conn *conn, const struct iovec *frames, int n)
{
    struct iovec rest;

    int ready = send_rest(conn);
    if (ready <= 0)
        return ready;
    int taken = wire_send(conn, frames, n, &rest);
    if (rest.iov_len > 0)
        ff_buf_add(&conn->http->rest, rest.iov_base, rest.iov_len);
    return taken;
}

static int http_tls_write(struct conn *conn, const struct iovec *frames, int n)
{
    return wire_tls_write(conn, frames, n, LWS_WRITE_HTTP);
}

/*
 * Let the library write what it keeps: for the length of this call it may
 * look at the socket. Once nothing is left it is called again, or it would
 * wait for the socket for ever. False: the connection is gone, and freed.
 */
static bool pulse(struct conn *conn)
{
    struct lws *wsi = conn->wsi;
    bool kept = true;
    lws_rx_flow_control(wsi, 1);
    for (int pass = 0; pass < 2 && kept == (pass == 0); pass++) {
        struct lws_pollfd fd = {
            .fd = conn->fd, .events = LWS_POLLOUT, .revents = LWS_POLLOUT};
        if (lws_service_fd(lws_get_context(wsi), &fd) != 0)
            return false;
        kept = lws_partial_buffered(wsi);
    }
    lws_rx_flow_control(wsi, 0);
    return true;
}

static bool http_is_idle(struct conn *conn)
{
    return conn->http->rest.len == 0 && !lws_partial_buffered(conn->wsi);
}

static void on_writable(void *ctx)
{
    struct conn *conn = ctx;
    if (lws_partial_buffered(conn->wsi) && !pulse(conn))
        return;
    int ready = send_rest(conn);
    if (ready < 0)
        conn_kill(conn);
    if (ready <= 0 || !http_is_idle(conn))
        return;
    io_watch_free(&conn->http->writable);
    conn_writable(conn);
}

static void http_want_write(struct conn *conn)
{
    if (!conn->http->writable)
        conn->http->writable =
            io_watch_new(conn->worker->io, conn->fd, true, on_writable, conn);
}

static void http_pause(struct conn *conn, bool paused)
{
    (void)conn;
    (void)paused;
}

void http_begin(struct conn *conn)
{
    conn->http = ff_new(struct http_wire);
    lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
    lws_http_headers_detach(conn->wsi);
    lws_rx_flow_control(conn->wsi, 0);
    conn->http->readable =
        io_watch_new(conn->worker->io, conn->fd, false, on_readable, conn);
}

void http_end(struct conn *conn)
{
    if (!conn->http)
        return;
    io_watch_free(&conn->http->readable);
    io_watch_free(&conn->http->writable);
    ff_buf_fini(&conn->http->rest);
    free(conn->http);
    conn->http = NULL;
}

static void http_drop(struct conn *conn)
{
    net_finish(conn->fd);
    http_end(conn);
    server_kill(conn->worker->server, conn->wsi);
}

const struct wire wire_http = {http_write, http_want_write, http_is_idle,
                               http_pause, http_drop};
const struct wire wire_http_tls = {http_tls_write, http_want_write,
                                   http_is_idle, http_pause, http_drop};
