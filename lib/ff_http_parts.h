#ifndef FF_HTTP_PARTS_H
#define FF_HTTP_PARTS_H

/* What the files of ff_http share; nobody else includes it. */

#include <arpa/inet.h>
#include <microhttpd.h>

#include "ff_http.h"

#define FF_HTTP_POOL_BYTES  (32 * 1024) /* memory of a connection */
#define FF_HTTP_PATH_MAX    2048        /* bytes of an encoded path */
#define FF_HTTP_QUERY_MAX   64          /* query parameters */
#define FF_HTTP_HEADERS_MAX 64          /* request headers */

struct ff_http {
    struct ff_loop *loop;
    struct MHD_Daemon *daemon;
    struct ff_watch *watch;
    struct ff_wake *again;
    struct ff_timer *tick;
    ff_http_handler *handler; /* NULL: it ends, nobody answers any more */
    void *ctx;
    size_t max_body_bytes;
    char *server_name;
    int listen_fd;
    uint16_t port;
    bool draining;
    struct ff_http_req *waiting; /* handed over, not answered; a list */
    size_t waiting_count;
};

/* One parameter of the query, both texts decoded. */
struct ff_http_param {
    char *name, *value;
};

struct ff_http_req {
    struct ff_http *http;        /* NULL: the server is gone */
    struct MHD_Connection *conn; /* NULL: libmicrohttpd is done with it */
    struct ff_http_req *next, *prev;
    bool suspended;
    bool waiting;  /* the handler owes an answer */
    bool answered; /* a response is queued */
    bool failed;   /* it could not be queued */
    bool close;    /* no further request on this connection */
    ff_err refusal;
    struct ff_why why;
    size_t body_seen;
    struct ff_buf body;
    struct ff_buf headers; /* to send: name NUL value NUL … */
    struct ff_http_param *params;
    size_t param_count;
    const char *method;
    char *path;
    char peer[INET6_ADDRSTRLEN];
    void *data;
};

struct ff_http_head {
    const char *method, *url, *version;
};

/* ff_http_guard.c: what a request must not be. Fills method, path, params. */
ff_err ff_http_guard(struct ff_http_req *req, const struct ff_http_head *head,
                     uint64_t *out_length);

/* ff_http_reply.c */
void ff_http_req_free(struct ff_http_req *req);
void ff_http_req_peer(struct ff_http_req *req);

#endif
