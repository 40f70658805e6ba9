#ifndef GATEWAY_LWS_PARTS_H
#define GATEWAY_LWS_PARTS_H

/*
 * Shared by the lws_*.c files alone. What is odd here is so because of
 * libwebsockets 4.1.6 (Debian 12):
 *
 * - Its timers are a sorted list that is walked from the front, so pings and
 *   deadlines of connections are ours (wheel.h); its own are only used while
 *   a handshake runs.
 * - In the state in which an event stream stays, it does not read: an end of
 *   the stream, or bytes from the client, would make the loop spin. So it is
 *   told not to look at the socket, and a watch of ours does (lws_http.c).
 * - Only what is in the middle of a frame is given to it for keeping, since
 *   it sends pongs by itself.
 */

#include <libwebsockets.h>

#include "server.h"
#include "transport.h"

struct server {
    struct worker *worker;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws_protocols protocols[2];
    char protocol_name[64]; /* see lws_callback.c */
    struct listener *listeners;
    size_t listener_count;
    struct io_timer *retry; /* after running out of descriptors */
    struct link guests;     /* sockets in a handshake, the oldest first */
    size_t guest_count;
    bool tls;
    char *scratch; /* SCRATCH_BYTES, behind LWS_PRE */
};

#define SCRATCH_BYTES 16384

/* lws_server.c: the socket of wsi is in a handshake no longer. */
void guest_leave(struct server *server, struct lws *wsi);

/* lws_callback.c */
int server_callback(struct lws *wsi, enum lws_callback_reasons reason,
                    void *user, void *in, size_t len);

/* lws_request.c: borrows from text until the next call. */
struct request_text {
    char bytes[32768];
    size_t used;
    char peer[ADDRESS_MAX];
};
void request_read(struct lws *wsi, struct request_text *text,
                  struct handshake_in *out);

/* lws_wire.c */
extern const struct wire wire_ws, wire_ws_tls;
/*
 * Straight to the socket, without TLS: how many frames were taken, or -1. The last of them may be cut; what is left of it
 * is the caller's to keep.
 */
int wire_send(struct conn *conn, const struct iovec *frames, int n,
              struct iovec *out_rest);
/* Frames gathered into one record of TLS; how many were taken. */
int wire_tls_write(struct conn *conn, const struct iovec *frames, int n,
                   enum lws_write_protocol kind);
/* The loop must look at its timers: one of them was set to now. */
void server_kill(struct server *server, struct lws *wsi);

/* lws_http.c */
extern const struct wire wire_http, wire_http_tls;
/* Take the socket out of libwebsockets' sight; within LWS_CALLBACK_HTTP. */
void http_begin(struct conn *conn);
void http_end(struct conn *conn);

#endif
