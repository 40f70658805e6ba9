#include "lws_parts.h"

#include <string.h>
#include <sys/uio.h>

#include "net.h"

int wire_send(struct conn *conn, const struct iovec *frames, int n,
              struct iovec *out_rest)
{
    ssize_t result = net_send(conn->fd, frames, n);
    size_t sent = (size_t)result;
    int whole = 0;

    *out_rest = (struct iovec){NULL, 0};
    if (result < 0)
        return -1;
    while (whole < n && sent >= frames[whole].iov_len)
        sent -= frames[whole++].iov_len;
    if (sent == 0)
        return whole;
    const struct iovec *cut = &frames[whole];
    *out_rest =
        (struct iovec){(char *)cut->iov_base + sent, cut->iov_len - sent};
    return whole + 1;
}

/* The library keeps the rest of a cut frame. */
static int ws_write(struct conn *conn, const struct iovec *frames, int n)
{
    struct iovec rest;

    if (lws_partial_buffered(conn->wsi))
        return 0;
    int taken = wire_send(conn, frames, n, &rest);
    if (rest.iov_len > 0 &&
        lws_write(conn->wsi, rest.iov_base, rest.iov_len, LWS_WRITE_RAW) < 0)
        return -1;
    return taken;
}

/* As many as fit into one record; one that is larger goes alone. */
static int gather(char *scratch, const struct iovec *frames, int n,
                  size_t *out_len)
{
    int taken = 0;
    size_t len = 0;
    while (taken < n && len + frames[taken].iov_len <= SCRATCH_BYTES) {
        memcpy(scratch + len, frames[taken].iov_base, frames[taken].iov_len);
        len += frames[taken++].iov_len;
    }
    *out_len = len;
    return taken;
}

int wire_tls_write(struct conn *conn, const struct iovec *frames, int n,
                   enum lws_write_protocol kind)
{
    if (lws_partial_buffered(conn->wsi))
        return 0;
    size_t len;
    char *scratch = conn->worker->server->scratch + LWS_PRE;
    int taken = gather(scratch, frames, n, &len);
    unsigned char *bytes = (unsigned char *)scratch;
    if (taken == 0) {
        bytes = frames->iov_base;
        len = frames->iov_len;
        taken = 1;
    }
    return lws_write(conn->wsi, bytes, len, kind) < 0 ? -1 : taken;
}

static int ws_tls_write(struct conn *conn, const struct iovec *frames, int n)
{
    return wire_tls_write(conn, frames, n, LWS_WRITE_RAW);
}

static void ws_want_write(struct conn *conn)
{
    lws_callback_on_writable(conn->wsi);
}

static bool ws_is_idle(struct conn *conn)
{
    return !lws_partial_buffered(conn->wsi);
}

static void ws_pause(struct conn *conn, bool paused)
{
    lws_rx_flow_control(conn->wsi, !paused);
}

static void ws_drop(struct conn *conn)
{
    server_kill(conn->worker->server, conn->wsi);
}

const struct wire wire_ws = {ws_write, ws_want_write, ws_is_idle, ws_pause,
                             ws_drop};
const struct wire wire_ws_tls = {ws_tls_write, ws_want_write, ws_is_idle,
                                 ws_pause, ws_drop};
