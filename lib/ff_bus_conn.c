#include "ff_bus_conn.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "ff_log.h"

enum {
    TIMEOUT_MS = 2000,
    IO_BUF_BYTES = 128 * 1024,
    PENDING_MSGS =
        2000000, /* for each subscription; the link has a limit over all */
};

struct ff_bus_conn {
    struct ff_bus_conn_options options;
    natsConnection *nats;
    uv_poll_t *poll;
    natsSock fd;
    int wanted, polled; /* UV_READABLE | UV_WRITABLE */
    bool lost;
};

static atomic_uint slow_count;

int64_t ff_bus_now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

unsigned ff_bus_conn_slow_count(void)
{
    return atomic_load(&slow_count);
}

/* --- the adapter: libnats tells what it waits for, we watch the socket ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct ff_bus_conn *conn = poll->data;
    if (status != 0 || (events & UV_READABLE) != 0)
        natsConnection_ProcessReadEvent(conn->nats);
    ff_bus_conn_settle(conn);
    if (!conn->lost)
        conn->options.on_written(conn->options.ctx);
}

static void update_poll(struct ff_bus_conn *conn)
{
    if (conn->poll == NULL || conn->wanted == conn->polled)
        return;
    conn->polled = conn->wanted;
    if (conn->wanted == 0)
        uv_poll_stop(conn->poll);
    else if (uv_poll_start(conn->poll, conn->wanted, on_poll) != 0)
        ff_bug("uv_poll_start");
}

static natsStatus on_attach(void **user, void *ctx, natsConnection *nats,
                            natsSock fd)
{
    struct ff_bus_conn *conn = ctx;
    uv_poll_t *poll = ff_new(uv_poll_t);
    *user = conn;
    if (uv_poll_init(conn->options.loop, poll, (int)fd) != 0) {
        free(poll);
        return NATS_ERR;
    }
    poll->data = conn;
    conn->nats = nats;
    conn->poll = poll;
    conn->fd = fd;
    conn->wanted = UV_READABLE;
    update_poll(conn);
    return NATS_OK;
}

static natsStatus want(struct ff_bus_conn *conn, int event, bool add)
{
    conn->wanted = add ? conn->wanted | event : conn->wanted & ~event;
    if (conn->wanted == 0)
        update_poll(conn); /* libnats closes the socket next */
    return NATS_OK;
}

static natsStatus on_read(void *user, bool add)
{
    return want(user, UV_READABLE, add);
}

static natsStatus on_write(void *user, bool add)
{
    return want(user, UV_WRITABLE, add);
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static natsStatus on_detach(void *user)
{
    struct ff_bus_conn *conn = user;
    if (conn->poll != NULL)
        uv_close((uv_handle_t *)conn->poll, on_poll_closed);
    conn->poll = NULL;
#if NATS_VERSION_NUMBER >= 0x030A00
    natsConnection_ProcessCloseEvent(&conn->fd);
#endif
    conn->lost = true;
    conn->options.on_lost(conn->options.ctx);
    return NATS_OK;
}

/* --- life ------------------------------------------------------------------ */

/* On a thread of libnats; sub may be gone already. */
static void on_error(natsConnection *nats, natsSubscription *sub,
                     natsStatus status, void *closure)
{
    const char *text = NULL;
    (void)sub;
    (void)closure;
    if (status == NATS_SLOW_CONSUMER)
        atomic_fetch_add(&slow_count, 1);
    natsConnection_GetLastError(nats, &text);
    ff_warn("bus_error", ff_fs("status", natsStatus_GetText(status)),
            ff_fs("text", text != NULL ? text : ""));
}

static natsStatus set_identity(natsOptions *to,
                               const struct ff_bus_conn_options *from)
{
    natsStatus s = natsOptions_SetURL(to, from->url);
    if (s == NATS_OK)
        s = natsOptions_SetName(to, from->name);
    if (s == NATS_OK && from->user != NULL)
        s = natsOptions_SetUserInfo(to, from->user, from->password);
    return s;
}

static natsStatus set_behaviour(natsOptions *to, struct ff_bus_conn *conn)
{
    natsStatus s = natsOptions_SetEventLoop(to, conn, on_attach, on_read,
                                            on_write, on_detach);
    if (s == NATS_OK)
        s = natsOptions_SetSendAsap(to, true);
    if (s == NATS_OK)
        s = natsOptions_SetAllowReconnect(to, false);
    if (s == NATS_OK)
        s = natsOptions_UseGlobalMessageDelivery(to, true);
    if (s == NATS_OK)
        s = natsOptions_SetMaxPendingMsgs(to, PENDING_MSGS);
    if (s == NATS_OK)
        s = natsOptions_SetPingInterval(to, 0);
    if (s == NATS_OK)
        s = natsOptions_SetTimeout(to, TIMEOUT_MS);
    if (s == NATS_OK)
        s = natsOptions_SetWriteDeadline(to, TIMEOUT_MS);
    if (s == NATS_OK)
        s = natsOptions_SetIOBufSize(to, IO_BUF_BYTES);
    if (s == NATS_OK)
        s = natsOptions_SetErrorHandler(to, on_error, NULL);
    return s;
}

static natsStatus connect_to(struct ff_bus_conn *conn)
{
    natsOptions *options = NULL;
    natsStatus s = natsOptions_Create(&options);
    if (s == NATS_OK)
        s = set_identity(options, &conn->options);
    if (s == NATS_OK)
        s = set_behaviour(options, conn);
    if (s == NATS_OK)
        s = natsConnection_Connect(&conn->nats, options);
    natsOptions_Destroy(options);
    return s;
}

ff_err ff_bus_conn_open(const struct ff_bus_conn_options *options,
                        struct ff_bus_conn **out_conn, const char **out_text)
{
    struct ff_bus_conn *conn = ff_new(struct ff_bus_conn);
    conn->options = *options;
    natsStatus s = connect_to(conn);
    if (s != NATS_OK) {
        *out_text = natsStatus_GetText(s);
        free(conn);
        return FF_E_UNAVAILABLE;
    }
    *out_conn = conn;
    return FF_OK;
}

void ff_bus_conn_close(struct ff_bus_conn *conn)
{
    natsConnection_Close(conn->nats);
}

void ff_bus_conn_forget_unsent(struct ff_bus_conn *conn)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (conn->poll != NULL)
        (void)setsockopt((int)conn->fd, SOL_SOCKET, SO_LINGER, &at_once,
                         sizeof(at_once));
}

void ff_bus_conn_free(struct ff_bus_conn **conn)
{
    natsConnection_Destroy((*conn)->nats);
    free(*conn);
    *conn = NULL;
}

bool ff_bus_conn_lost(const struct ff_bus_conn *conn)
{
    return conn->lost;
}

size_t ff_bus_conn_max_payload(struct ff_bus_conn *conn)
{
    int64_t bytes = natsConnection_GetMaxPayload(conn->nats);
    return bytes > 0 ? (size_t)bytes : 0;
}

/* --- use ------------------------------------------------------------------- */

natsSubscription *ff_bus_conn_subscribe(struct ff_bus_conn *conn,
                                        const char *subject, const char *queue,
                                        natsMsgHandler on_msg,
                                        natsOnCompleteCB on_complete,
                                        void *closure)
{
    natsSubscription *sub = NULL;
    natsStatus s =
        queue == NULL ? natsConnection_Subscribe(&sub, conn->nats, subject,
                                                 on_msg, closure)
                      : natsConnection_QueueSubscribe(&sub, conn->nats, subject,
                                                      queue, on_msg, closure);
    if (s != NATS_OK)
        return NULL;
    if (natsSubscription_SetOnCompleteCB(sub, on_complete, closure) != NATS_OK)
        ff_bug("a new subscription is closed");
    return sub;
}

static natsStatus publish_with_headers(struct ff_bus_conn *conn,
                                       const struct ff_bus_send *send)
{
    natsMsg *msg = NULL;
    natsStatus s = natsMsg_Create(&msg, send->subject, send->reply,
                                  send->body.data, (int)send->body.len);
    for (size_t i = 0; s == NATS_OK && i < send->header_count; i++)
        s = natsMsgHeader_Set(msg, send->headers[i].name,
                              send->headers[i].value.data);
    if (s == NATS_OK)
        s = natsConnection_PublishMsg(conn->nats, msg);
    natsMsg_Destroy(msg);
    return s;
}

void ff_bus_conn_publish(struct ff_bus_conn *conn,
                         const struct ff_bus_send *send)
{
    natsStatus s;
    if (send->header_count > 0)
        s = publish_with_headers(conn, send);
    else if (send->reply != NULL)
        s = natsConnection_PublishRequest(conn->nats, send->subject,
                                          send->reply, send->body.data,
                                          (int)send->body.len);
    else
        s = natsConnection_Publish(conn->nats, send->subject, send->body.data,
                                   (int)send->body.len);
    if (s != NATS_OK && !conn->lost)
        ff_warn("bus_publish_failed", ff_fs("status", natsStatus_GetText(s)),
                ff_fs("subject", send->subject));
}

size_t ff_bus_conn_buffered(struct ff_bus_conn *conn)
{
    int bytes = conn->lost ? 0 : natsConnection_Buffered(conn->nats);
    return bytes > 0 ? (size_t)bytes : 0;
}

void ff_bus_conn_settle(struct ff_bus_conn *conn)
{
    if (!conn->lost && (conn->wanted & UV_WRITABLE) != 0)
        natsConnection_ProcessWriteEvent(conn->nats);
    if (!conn->lost)
        update_poll(conn);
}
