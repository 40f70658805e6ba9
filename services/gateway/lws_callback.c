#include "lws_parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "conn_frames.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "limits.h"
#include "net.h"
#include "pages.h"
#include "sse_http.h"

/* What libwebsockets tells us, and what it is to do then (0: go on). */
#define HANG_UP (-1)

struct event {
    struct server *server;
    struct lws *wsi;
    struct conn *conn; /* NULL while there is none */
    void *in;
    size_t len;
};

/* --- answers ------------------------------------------------------------- */

/* These are short, and nothing was sent before: the socket takes them. */
static int answer(const struct event *e, struct ff_buf *text)
{
    struct iovec iov = {text->data, text->len};
    int fd = lws_get_socket_fd(e->wsi);
    if (e->server->tls)
        (void)lws_write(e->wsi, (unsigned char *)text->data, text->len,
                        LWS_WRITE_HTTP);
    else if (net_send(fd, &iov, 1) > 0)
        net_finish(fd);
    ff_buf_fini(text);
    return HANG_UP;
}

static int refuse(const struct event *e, const struct handshake_in *in,
                  const struct refusal *refusal)
{
    struct ff_buf text = {0};
    if (refusal->err != FF_E_NOT_FOUND && refusal->err != FF_E_METHOD)
        ff_metric_add(FF_M_CONNECTIONS_REFUSED, 1);
    ff_debug("handshake_refused", ff_fs("peer", in->peer), ff_fe(refusal->err),
             ff_fs("field", refusal->field));
    http_refusal(&text, refusal);
    return answer(e, &text);
}

static int refuse_for(const struct event *e, const struct handshake_in *in,
                      ff_err err)
{
    struct refusal refusal = {.err = err,
                              .status = ff_err_http(err),
                              .text = ff_err_text(err),
                              .header = "retry-after: 1"};
    return refuse(e, in, &refusal);
}

static int live(const struct event *e, bool with_body)
{
    struct ff_buf text = {0};
    http_answer(&text, 200, "application/json", NULL,
                FF_SLICE_LIT("{\"ok\":true}"), with_body);
    return answer(e, &text);
}

static int preflight(const struct event *e, const struct handshake_in *in)
{
    struct ff_buf text = {0};
    http_preflight(&text, &e->server->worker->rules, in->origin);
    return answer(e, &text);
}

/* --- a connection begins ------------------------------------------------- */

/* Its limits are counted from here on. NULL: refused, and *out_result is for the library. */
static struct conn *admit(const struct event *e, enum conn_kind kind,
                          const struct handshake_in *in,
                          const struct handshake *granted, int *out_result)
{
    struct worker *worker = e->server->worker;
    ff_err err = worker->drain ? FF_E_SHUTDOWN
                               : limits_take(worker->limits, granted->peer);
    if (err != FF_OK) {
        *out_result = refuse_for(e, in, err);
        return NULL;
    }
    const struct wire *wires[2][2] = {{&wire_ws, &wire_ws_tls},
                                      {&wire_http, &wire_http_tls}};
    struct conn *conn = conn_new(
        worker, kind, wires[kind == CONN_SSE][e->server->tls], in, granted);
    guest_leave(e->server, e->wsi);
    conn->wsi = e->wsi;
    conn->fd = lws_get_socket_fd(e->wsi);
    lws_set_wsi_user(e->wsi, conn);
    return conn;
}

static void push_text(struct conn *conn, struct ff_buf *text)
{
    struct frame *frame = frame_bytes(ff_buf_slice(text));
    ff_buf_fini(text);
    conn_push(conn, frame);
    frame_unref(&frame);
}

static int begin_stream(const struct event *e, const struct handshake_in *in,
                        const struct handshake *granted)
{
    int result = 0;
    struct conn *conn = admit(e, CONN_SSE, in, granted, &result);
    if (!conn)
        return result;
    struct ff_buf head = {0};
    sse_head(&head, &conn->worker->rules, in->origin);
    http_begin(conn);
    push_text(conn, &head);
    conn_open(conn);
    return 0;
}

/* A page is a stream that ends after its one frame. */
static int send_page(const struct event *e, const struct handshake_in *in,
                     const struct handshake *granted)
{
    const struct page *page = pages_find(in->path);
    int result = 0;
    struct conn *conn = admit(e, CONN_SSE, in, granted, &result);
    if (!conn)
        return result;
    struct ff_buf text = {0};
    http_answer(&text, 200, page->type, NULL,
                (struct ff_slice){(const char *)page->data, page->len},
                in->method == HTTP_GET);
    http_begin(conn);
    push_text(conn, &text);
    conn_finish(conn);
    return 0;
}

/* The request that is being read; one for each thread is enough. */
static struct handshake_in *read_request(const struct event *e)
{
    static _Thread_local struct request_text text;
    static _Thread_local struct handshake_in in;
    request_read(e->wsi, &text, &in);
    return &in;
}

static int on_http(const struct event *e)
{
    const struct handshake_in *in = read_request(e);
    struct handshake granted;
    struct refusal refusal;
    if (handshake_check(&e->server->worker->rules, in, &granted, &refusal) !=
        FF_OK)
        return refuse(e, in, &refusal);
    switch (granted.kind) {
    case HANDSHAKE_SSE:
        return begin_stream(e, in, &granted);
    case HANDSHAKE_PAGE:
        return send_page(e, in, &granted);
    case HANDSHAKE_LIVE:
        return live(e, in->method == HTTP_GET);
    case HANDSHAKE_PREFLIGHT:
        return preflight(e, in);
    case HANDSHAKE_WS:
        break;
    }
    return HANG_UP;
}

/*
 * The library closes when a client offers only subprotocols that it does not
 * know. Ours is called as the first of them while it looks for one, and has
 * no name again when it answers: the client is connected without any.
 */
static void set_protocol_name(struct server *server, struct ff_slice offered)
{
    snprintf(server->protocol_name, sizeof(server->protocol_name), "%.*s",
             (int)offered.len, offered.len ? offered.data : "");
}

/* in is never looked at here: it can dangle (CVE-2025-11677). */
static int on_upgrade(const struct event *e)
{
    const struct handshake_in *in = read_request(e);
    struct handshake granted;
    struct refusal refusal;
    if (in->upgrade.len == 0)
        return HANG_UP;
    if (handshake_check(&e->server->worker->rules, in, &granted, &refusal) !=
        FF_OK)
        return refuse(e, in, &refusal);
    int result = 0;
    if (!admit(e, CONN_WS, in, &granted, &result))
        return result;
    set_protocol_name(e->server, handshake_protocol(in->ws_protocols));
    return 0;
}

/* Only what on_upgrade has granted. */
static int on_protocol(const struct event *e)
{
    set_protocol_name(e->server, (struct ff_slice){0});
    return e->conn && e->conn->state == CONN_OPENING ? 0 : HANG_UP;
}

/* --- a connection lives -------------------------------------------------- */

static int on_established(const struct event *e)
{
    lws_set_timeout(e->wsi, NO_PENDING_TIMEOUT, 0);
    conn_open(e->conn);
    return 0;
}

static int on_receive(const struct event *e)
{
    struct piece piece = {
        .data = {e->in, e->len},
        .first = lws_is_first_fragment(e->wsi),
        .last = lws_is_final_fragment(e->wsi),
        .binary = lws_frame_is_binary(e->wsi),
        .more = lws_remaining_packet_payload(e->wsi),
    };
    conn_receive(e->conn, &piece);
    return 0;
}

static int on_pong(const struct event *e)
{
    conn_heard(e->conn);
    return 0;
}

static int on_writeable(const struct event *e)
{
    conn_writable(e->conn);
    return 0;
}

static int on_peer_close(const struct event *e)
{
    return conn_peer_closes(e->conn) ? HANG_UP : 0;
}

/*
 * It closes by its own decision, such as text that is not UTF-8. Mostly it
 * also says why. Not if it has no reason at hand (a control frame that is too
 * long, or the end of the socket), and not if there is more that came together
 * with the handshake: it stumbles over the same bytes again and hangs up.
 */
static int on_drop(const struct event *e)
{
    static const char protocol_error[] = {0x03, (char)0xea}; /* 1002 */
    struct ff_slice why = {
        (const char *)lws_get_close_payload(e->wsi),
        (size_t)lws_get_close_length(e->wsi),
    };
    bool told = why.len > 0;
    bool stumbles = lws_service_adjust_timeout(e->server->context, 1, 0) == 0;
    if (!told)
        why = (struct ff_slice){protocol_error, sizeof(protocol_error)};
    if (!told || stumbles)
        conn_say_close(e->conn, why);
    conn_lost(e->conn);
    return 0;
}

static int on_destroy(const struct event *e)
{
    guest_leave(e->server, e->wsi);
    struct conn *conn = e->conn;
    if (!conn)
        return 0;
    lws_set_wsi_user(e->wsi, NULL);
    http_end(conn);
    conn_free(&conn);
    return 0;
}

/* CONNECT would end here, with a raw socket that nobody watches. */
static int on_raw(const struct event *e)
{
    (void)e;
    return HANG_UP;
}

static const struct {
    enum lws_callback_reasons reason;
    bool needs_conn;
    int (*fn)(const struct event *e);
} events[] = {
    {LWS_CALLBACK_RECEIVE, true, on_receive},
    {LWS_CALLBACK_SERVER_WRITEABLE, true, on_writeable},
    {LWS_CALLBACK_RECEIVE_PONG, true, on_pong},
    {LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, false, on_upgrade},
    {LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION, false, on_protocol},
    {LWS_CALLBACK_ESTABLISHED, true, on_established},
    {LWS_CALLBACK_WS_PEER_INITIATED_CLOSE, true, on_peer_close},
    {LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL, true, on_drop},
    {LWS_CALLBACK_WSI_DESTROY, false, on_destroy},
    {LWS_CALLBACK_HTTP, false, on_http},
    {LWS_CALLBACK_RAW_ADOPT, false, on_raw},
    {LWS_CALLBACK_RAW_CONNECTED, false, on_raw},
    {LWS_CALLBACK_RAW_RX, false, on_raw},
};

int server_callback(struct lws *wsi, enum lws_callback_reasons reason,
                    void *user, void *in, size_t len)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i].reason != reason)
            continue;
        struct event e = {lws_context_user(lws_get_context(wsi)), wsi, user, in,
                          len};
        return events[i].needs_conn && !e.conn ? 0 : events[i].fn(&e);
    }
    return 0;
}
