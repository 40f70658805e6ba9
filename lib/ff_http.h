#ifndef FF_HTTP_H
#define FF_HTTP_H

/*
 * An HTTP/1.1 server on a loop: libmicrohttpd, driven by us (its epoll descriptor is watched, it is run with no
 * wait: 0.9.75's own thread stalls when exactly 128 events are ready). A handler gets the whole request and answers at
 * once or later, without a thread waiting.
 *
 * Refused before a handler sees it (reference: RFC 9112 section 6, the smuggling list in tests): more than one Content-Length,
 * Content-Length beside Transfer-Encoding, a Transfer-Encoding other than chunked, not exactly one Host, control
 * characters in a value, a header name that ends in a space, an encoded slash, NUL or dot segment in the path.
 */

#include "ff_json.h"
#include "ff_loop.h"

struct ff_http;
struct ff_http_req;

struct ff_http_options {
    const char *host;
    uint16_t port; /* 0: a free one, see ff_http_port */
    size_t max_body_bytes;
    unsigned max_connections, max_connections_per_ip; /* 0: no limit */
    unsigned idle_timeout_s;
    const char *server_name; /* Server header; NULL: none */
};

/* The request is the handler's until it replies, exactly once; it stays valid when the client goes away. */
typedef void ff_http_handler(void *ctx, struct ff_http_req *req);

/* FF_E_IO: the port is taken (why says which). */
FF_MUST_USE ff_err ff_http_new(struct ff_loop *loop,
                               const struct ff_http_options *options,
                               ff_http_handler *handler, void *ctx,
                               struct ff_http **out_http, struct ff_why *why);
/* Take no more connections; open requests still answer. */
void ff_http_drain(struct ff_http *http);
void ff_http_free(struct ff_http **http);
uint16_t ff_http_port(const struct ff_http *http);
size_t ff_http_pending(const struct ff_http *http); /* requests not answered */

/* Borrowed for the request's life. */
const char *ff_http_method(const struct ff_http_req *req);
/* Percent-decoded once, never with an encoded slash; begins with '/'. */
const char *ff_http_path(const struct ff_http_req *req);
const char *ff_http_query(const struct ff_http_req *req, const char *name);
const char *ff_http_header(const struct ff_http_req *req, const char *name);
const char *ff_http_peer(const struct ff_http_req *req); /* "127.0.0.1" */
struct ff_slice ff_http_body(const struct ff_http_req *req);
/* Free use by the handler's owner, NULL at first. */
void *ff_http_data(const struct ff_http_req *req);
void ff_http_set_data(struct ff_http_req *req, void *data);

/* A response header to send with the reply; CR and LF are refused by dropping it. Before the reply. */
void ff_http_add_header(struct ff_http_req *req, const char *name,
                        const char *value);
void ff_http_reply(struct ff_http_req *req, int status, const char *type,
                   struct ff_slice body);
void ff_http_reply_json(struct ff_http_req *req, int status,
                        struct ff_slice json);
/* {"error":{"code","message","field"?}} with the error's status; why may be NULL. */
void ff_http_reply_error(struct ff_http_req *req, ff_err err,
                         const struct ff_why *why);

/* Percent-decode one path segment into out (size bytes); FF_E_INVALID. */
FF_MUST_USE ff_err ff_url_decode(struct ff_slice text, char *out, size_t size);

#endif
