#include "lws_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_log.h"
#include "ff_metric.h"
#include "net.h"

#define ACCEPTS_AT_ONCE 64
#define RETRY_MS        100
#define HEADER_BYTES    12288 /* of one request; more ends it */
#define RECEIVE_BYTES   256   /* kept for each WebSocket, all its life */

struct listener {
    struct server *server;
    int fd;
    struct io_watch *watch;
};

/* A socket from which no whole request has come yet. */
struct guest {
    struct link link;
    struct lws *wsi;
};

/* --- guests -------------------------------------------------------------- */

void guest_leave(struct server *server, struct lws *wsi)
{
    struct guest *guest = lws_get_opaque_user_data(wsi);
    if (!guest)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    if (link_is_on(&guest->link))
        server->guest_count--;
    link_cut(&guest->link);
    free(guest);
}

/* When there are too many, who dawdles most has to go. */
static void drop_oldest(struct server *server)
{
    struct guest *oldest = LINK_OWNER(server->guests.next, struct guest, link);
    link_cut(&oldest->link);
    server->guest_count--;
    ff_metric_add(FF_M_CONNECTIONS_REFUSED, 1);
    server_kill(server, oldest->wsi);
}

static void guest_come(struct server *server, int fd)
{
    struct lws *wsi = lws_adopt_socket_vhost(server->vhost, fd);
    if (!wsi)
        return;
    struct guest *guest = ff_new(struct guest);
    guest->wsi = wsi;
    lws_set_opaque_user_data(wsi, guest);
    link_add(&server->guests, &guest->link);
    if (++server->guest_count > SERVER_HANDSHAKES_MAX)
        drop_oldest(server);
}

/* --- listening ----------------------------------------------------------- */

static void on_connection(void *ctx);

static void watch_all(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        struct listener *at = &server->listeners[i];
        if (!at->watch)
            at->watch = io_watch_new(server->worker->io, at->fd, false,
                                     on_connection, at);
    }
}

static void retry(void *ctx)
{
    struct server *server = ctx;
    io_timer_free(&server->retry);
    watch_all(server);
}

/* A socket that cannot be accepted stays readable: look away for a while. */
static void pause_listening(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        io_watch_free(&server->listeners[i].watch);
    if (server->retry)
        return;
    ff_warn("no_descriptors",
            ff_fi("connections", (int64_t)server->worker->conns.count));
    server->retry =
        io_timer_new(server->worker->io, RETRY_MS, 0, retry, server);
}

static void on_connection(void *ctx)
{
    struct listener *at = ctx;
    struct server *server = at->server;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        bool full;
        int fd = net_accept(at->fd, &full);
        if (fd >= 0) {
            guest_come(server, fd);
            continue;
        }
        if (full)
            pause_listening(server);
        return;
    }
}

void server_stop_listening(struct server *server)
{
    io_timer_free(&server->retry);
    for (size_t i = 0; i < server->listener_count; i++) {
        io_watch_free(&server->listeners[i].watch);
        close(server->listeners[i].fd);
    }
    server->listener_count = 0;
}

/* --- life ---------------------------------------------------------------- */

/* What it says while it starts tells why; later, clients make it talk. */
static void log_start(int level, const char *line)
{
    (void)level;
    ff_warn("libwebsockets", ff_fs("text", line));
}

static void log_run(int level, const char *line)
{
    (void)level;
    ff_debug("libwebsockets", ff_fs("text", line));
}

static void set_protocol(struct server *server)
{
    snprintf(server->protocol_name, sizeof(server->protocol_name), "fanfare");
    server->protocols[0] = (struct lws_protocols){
        .name = server->protocol_name,
        .callback = server_callback,
        .rx_buffer_size = RECEIVE_BYTES,
        .tx_packet_size = 1 << 20,
    };
}

static struct lws_context *make_context(struct server *server)
{
    static const lws_retry_bo_t no_pings = {.secs_since_valid_hangup = 0};
    const struct gateway_conf *conf = server->worker->conf;
    void *loops[] = {io_loop(server->worker->io)};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = server->protocols,
        .options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .foreign_loops = loops,
        .user = server,
        .server_string = "fanfare",
        .max_http_header_data2 = HEADER_BYTES,
        .timeout_secs = (unsigned)conf->handshake_timeout,
        .timeout_secs_ah_idle = (unsigned)conf->handshake_timeout,
        .retry_and_idle_policy = &no_pings,
        .alpn = "http/1.1",
    };
    if (server->tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = conf->tls_cert;
        info.ssl_private_key_filepath = conf->tls_key;
    }
    return lws_create_context(&info);
}

static void set_listeners(struct server *server, const int *fds, size_t count)
{
    server->listeners = ff_alloc(count * sizeof(server->listeners[0]));
    server->listener_count = count;
    for (size_t i = 0; i < count; i++)
        server->listeners[i] = (struct listener){server, fds[i], NULL};
}

ff_err server_new(struct worker *worker, const int *listeners, size_t count,
                  struct server **out_server, struct ff_why *why)
{
    struct server *server = ff_new(struct server);
    server->worker = worker;
    link_init(&server->guests);
    server->tls = *worker->conf->tls_cert != '\0';
    server->scratch = ff_alloc(LWS_PRE + SCRATCH_BYTES);
    set_protocol(server);
    set_listeners(server, listeners, count);
    lws_set_log_level(LLL_ERR | LLL_WARN, log_start);
    server->context = make_context(server);
    lws_set_log_level(LLL_ERR | LLL_WARN, log_run);
    if (server->context)
        server->vhost = lws_get_vhost_by_name(server->context, "default");
    if (!server->vhost) {
        server_free(&server);
        return ff_why_set(why, FF_E_CONFIG, "tls_cert",
                          "libwebsockets does not start; see the log");
    }
    watch_all(server);
    *out_server = server;
    return FF_OK;
}

void server_free(struct server **server)
{
    struct server *old = *server;
    if (!old)
        return;
    server_stop_listening(old);
    if (old->context)
        lws_context_destroy(old->context);
    free(old->listeners);
    free(old->scratch);
    free(old);
    *server = NULL;
}

/* What wakes it makes it look at its timers. */
void server_tick(struct server *server)
{
    lws_cancel_service(server->context);
}

/*
 * Within a callback of the connection it could not be freed at once, but in
 * the loop's next turn.
 */
void server_kill(struct server *server, struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    server_tick(server);
}
