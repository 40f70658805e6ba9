#include "ff_http_parts.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG     1024
#define RUNS_MAX    16   /* MHD_run calls in one pass of the loop */
#define TICK_MS     1000 /* idle connections are looked for this often */
#define REFUSED_MAX (8 * 1024 * 1024) /* bytes read of a body that is too big */

#if MHD_VERSION >= 0x00097701
#define STRICT_OPTION MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICT_OPTION MHD_OPTION_STRICT_FOR_CLIENT
#endif

/* --- driving libmicrohttpd ----------------------------------------------- */

static bool has_more(struct MHD_Daemon *daemon)
{
    unsigned long long timeout;

    return MHD_get_timeout(daemon, &timeout) == MHD_YES && timeout == 0;
}

/*
 * 0.9.75 may leave a connection that is ready for the next run, and nothing of that shows at its descriptor: so run
 * until it says that nothing is left, and come back after others had their turn when that takes long.
 */
static void pump(void *ctx)
{
    struct ff_http *http = ctx;

    for (int i = 0; i < RUNS_MAX; i++) {
        MHD_run(http->daemon);
        if (!has_more(http->daemon))
            return;
    }
    ff_wake_up(http->again);
}

/* --- one request ---------------------------------------------------------- */

static void wait_for_answer(struct ff_http *http, struct ff_http_req *req)
{
    req->waiting = true;
    req->next = http->waiting;
    if (req->next)
        req->next->prev = req;
    http->waiting = req;
    http->waiting_count++;
}

static enum MHD_Result hand_over(struct ff_http *http, struct ff_http_req *req)
{
    wait_for_answer(http, req);
    http->handler(http->ctx, req);
    if (!req->answered) {
        req->suspended = true;
        MHD_suspend_connection(req->conn);
    }
    return req->failed ? MHD_NO : MHD_YES;
}

static enum MHD_Result refuse(struct ff_http_req *req)
{
    req->close = true;
    ff_http_reply_error(req, req->refusal, &req->why);
    return req->failed ? MHD_NO : MHD_YES;
}

/*
 * A body that is too big is read to its end and forgotten, or else the client would be reset while it sends and never
 * see why; but not when it waits for our word, and only to a point.
 */
static bool worth_reading(const struct ff_http_req *req, uint64_t length)
{
    return req->refusal == FF_E_TOO_BIG && length <= REFUSED_MAX &&
           !ff_http_header(req, "Expect");
}

static enum MHD_Result begin(struct ff_http_req *req,
                             const struct ff_http_head *head)
{
    const struct ff_http *http = req->http;
    uint64_t length = 0;

    ff_http_req_peer(req);
    req->refusal = ff_http_guard(req, head, &length);
    if (req->refusal == FF_OK && length > http->max_body_bytes)
        req->refusal =
            ff_why_set(&req->why, FF_E_TOO_BIG, "body",
                       "at most %zu bytes are taken", http->max_body_bytes);
    if (req->refusal != FF_OK && !worth_reading(req, length))
        return refuse(req);
    return MHD_YES;
}

static enum MHD_Result take_body(struct ff_http *http, struct ff_http_req *req,
                                 const char *data, size_t *len)
{
    size_t more = *len;

    *len = 0;
    req->body_seen += more;
    if (req->body_seen > http->max_body_bytes && req->refusal == FF_OK) {
        req->refusal =
            ff_why_set(&req->why, FF_E_TOO_BIG, "body",
                       "at most %zu bytes are taken", http->max_body_bytes);
        ff_buf_fini(&req->body);
    }
    if (req->refusal == FF_OK)
        ff_buf_add(&req->body, data, more);
    return req->body_seen > http->max_body_bytes + REFUSED_MAX ? MHD_NO
                                                               : MHD_YES;
}

/* Called with the head, then with each part of the body, then at the end. */
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's interface */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn,
                                  const char *url, const char *method,
                                  const char *version, const char *data,
                                  size_t *len, void **slot)
{
    struct ff_http *http = cls;
    struct ff_http_req *req = *slot;

    if (!req) {
        *slot = req = ff_new(struct ff_http_req);
        req->http = http;
        req->conn = conn;
        return begin(req, &(struct ff_http_head){method, url, version});
    }
    if (*len > 0)
        return take_body(http, req, data, len);
    if (req->answered)
        return req->failed ? MHD_NO : MHD_YES;
    if (req->refusal == FF_OK && !http->handler)
        req->refusal = FF_E_SHUTDOWN;
    return req->refusal == FF_OK ? hand_over(http, req) : refuse(req);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    struct ff_http_req *req = *slot;

    (void)cls;
    (void)conn;
    (void)why;
    *slot = NULL;
    if (!req)
        return;
    req->conn = NULL;
    if (!req->waiting)
        ff_http_req_free(req);
}

/* Path and query come to us as they were sent; ff_http_guard decodes them. */
static size_t keep_escapes(void *cls, struct MHD_Connection *conn, char *s)
{
    (void)cls;
    (void)conn;
    return strlen(s);
}

/* --- life ------------------------------------------------------------------ */

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof addr;

    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        return 0;
    return ntohs(addr.ss_family == AF_INET6
                     ? ((struct sockaddr_in6 *)&addr)->sin6_port
                     : ((struct sockaddr_in *)&addr)->sin_port);
}

static int listen_at(const struct addrinfo *at)
{
    int on = 1;
    int fd =
        socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

static ff_err listen_on(const struct ff_http_options *o, int *out_fd,
                        struct ff_why *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    char *service = ff_asprintf("%u", (unsigned)o->port);
    int failure = getaddrinfo(o->host, service, &hints, &found);

    free(service);
    if (failure != 0)
        return ff_why_set(why, FF_E_IO, "host", "%s: %s", o->host,
                          gai_strerror(failure));
    int fd = listen_at(found);
    freeaddrinfo(found);
    if (fd < 0)
        return ff_why_set(why, FF_E_IO, "port", "cannot listen on %s:%u: %s",
                          o->host, (unsigned)o->port, strerror(errno));
    *out_fd = fd;
    return FF_OK;
}

static struct MHD_Daemon *start_daemon(struct ff_http *http,
                                       const struct ff_http_options *o)
{
    /* clang-format off */
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, http,
        MHD_OPTION_LISTEN_SOCKET, http->listen_fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        STRICT_OPTION, 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)FF_HTTP_POOL_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_timeout_s,
        MHD_OPTION_CONNECTION_LIMIT,
        o->max_connections ? o->max_connections : 1000000u,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->max_connections_per_ip,
        MHD_OPTION_END);
    /* clang-format on */
}

static void drive(struct ff_http *http)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int fd = info ? info->epoll_fd : -1;

    if (fd < 0)
        ff_bug("libmicrohttpd without epoll");
    http->watch = ff_watch_new(http->loop, fd, false, pump, http);
    http->again = ff_wake_new(http->loop, pump, http);
    http->tick = ff_timer_new(http->loop, TICK_MS, TICK_MS, pump, http);
}

ff_err ff_http_new(struct ff_loop *loop, const struct ff_http_options *options,
                   ff_http_handler *handler, void *ctx,
                   struct ff_http **out_http, struct ff_why *why)
{
    int fd = -1;

    FF_TRY(listen_on(options, &fd, why));
    struct ff_http *http = ff_new(struct ff_http);
    http->loop = loop;
    http->handler = handler;
    http->ctx = ctx;
    http->max_body_bytes = options->max_body_bytes;
    http->server_name = ff_strdup(options->server_name);
    http->listen_fd = fd;
    http->port = bound_port(fd);
    http->daemon = start_daemon(http, options);
    if (!http->daemon) {
        close(fd);
        free(http->server_name);
        free(http);
        return ff_why_set(why, FF_E_IO, "port", "libmicrohttpd cannot start");
    }
    drive(http);
    *out_http = http;
    return FF_OK;
}

void ff_http_drain(struct ff_http *http)
{
    if (http->draining)
        return;
    http->draining = true;
    MHD_quiesce_daemon(http->daemon);
    close(http->listen_fd);
}

/* Their handlers still hold them and answer into the void later. */
static void let_go(struct ff_http *http)
{
    while (http->waiting) {
        struct ff_http_req *req = http->waiting;
        req->close = true;
        ff_http_reply_error(req, FF_E_SHUTDOWN, NULL);
        req->waiting = true;
        req->http = NULL;
    }
}

void ff_http_free(struct ff_http **http)
{
    struct ff_http *h = *http;

    if (!h)
        return;
    *http = NULL;
    ff_http_drain(h);
    h->handler = NULL;
    let_go(h);
    pump(h);
    ff_timer_free(&h->tick);
    ff_wake_free(&h->again);
    ff_watch_free(&h->watch);
    MHD_stop_daemon(h->daemon);
    free(h->server_name);
    free(h);
}

uint16_t ff_http_port(const struct ff_http *http)
{
    return http->port;
}

size_t ff_http_pending(const struct ff_http *http)
{
    return http->waiting_count;
}
