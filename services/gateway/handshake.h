#ifndef GATEWAY_HANDSHAKE_H
#define GATEWAY_HANDSHAKE_H

/*
 * What a client asked for when it came, and whether it may have it: path,
 * method, upgrade, origin, token. Pure: texts in, a decision out; no sockets,
 * no counting. Any thread.
 *
 * Sources: RFC 6455 section 4.2 (opening handshake), RFC 6454 (origin).
 */

#include "address.h"
#include "gateway_conf.h"

#define HANDSHAKE_TOKEN_MAX 8192
#define HANDSHAKE_ARGS_MAX  128

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_OPTIONS,
    HTTP_OTHER, /* served nowhere here */
};

/* A request; everything is borrowed, and empty when it was not there. */
struct handshake_in {
    enum http_method method;
    struct ff_slice path; /* decoded, begins with '/' */
    struct ff_slice http_version, host, origin, upgrade, connection;
    struct ff_slice ws_version, ws_key, ws_protocols;
    struct ff_slice authorization, cookie, forwarded_for, last_event_id;
    struct ff_slice content_length, transfer_encoding, user_agent;
    struct ff_slice args[HANDSHAKE_ARGS_MAX]; /* "name=value", decoded */
    size_t arg_count;
    const char *peer; /* address at the other end of the socket */
};

/* The settings that count, made once. */
struct handshake_rules {
    const struct gateway_conf *conf;
    struct address_range *proxies;
    size_t proxy_count;
    bool any_origin; /* "*", or development: nothing set on loopback */
    bool (*is_page)(struct ff_slice path); /* NULL: no pages */
};

void handshake_rules_init(struct handshake_rules *rules,
                          const struct gateway_conf *conf,
                          bool (*is_page)(struct ff_slice path));
void handshake_rules_fini(struct handshake_rules *rules);

enum handshake_kind {
    HANDSHAKE_WS,
    HANDSHAKE_SSE,
    HANDSHAKE_PREFLIGHT, /* CORS, before an event stream */
    HANDSHAKE_LIVE,
    HANDSHAKE_PAGE,
};

/* What is granted; slices point into the request. */
struct handshake {
    enum handshake_kind kind;
    struct ff_slice token, app, last_event_id; /* empty: none */
    char peer[ADDRESS_MAX]; /* the client, behind trusted proxies */
};

/* Why not: what the answer says. */
struct refusal {
    ff_err err;
    int status;        /* HTTP */
    const char *field; /* NULL: none */
    const char *text;
    const char *header; /* a further line, without CR LF; NULL: none */
};

/* Returns refusal->err. Tokens and channels are not looked into. */
FF_MUST_USE ff_err handshake_check(const struct handshake_rules *rules,
                                   const struct handshake_in *in,
                                   struct handshake *out_handshake,
                                   struct refusal *out_refusal);

/* The value of an argument "name=value"; false when it has another name. */
bool handshake_arg(struct ff_slice arg, const char *name,
                   struct ff_slice *out_value);
/* The first subprotocol that is offered; empty when there is none. */
struct ff_slice handshake_protocol(struct ff_slice protocols);
/* The query as it may be shown: without the token. */
void handshake_query(const struct handshake_in *in, struct ff_buf *out);

#endif
