#ifndef FF_BUS_CONN_H
#define FF_BUS_CONN_H

/*
 * One connection to NATS, from its handshake to its end; never used again after it was lost. Inside of the bus.
 *
 * On the bus thread only, and its uv loop drives the socket: our own small adapter, which works because nothing else
 * ever touches the connection (libnats' pings, which come from another thread, are off; the link asks for echoes).
 */

#include <nats/nats.h>
#include <uv.h>

#include "ff_bus.h"

/* The bus' own steady time: it goes on when a test freezes ff_clock. */
int64_t ff_bus_now_ms(void);

struct ff_bus_conn;

struct ff_bus_conn_options {
    uv_loop_t *loop;
    const char *url, *name, *user, *password;
    /* The connection is gone; close it later, not in here. */
    void (*on_lost)(void *ctx);
    /* The socket was ready: there may be room for more. */
    void (*on_written)(void *ctx);
    void *ctx;
};

/* What is published. Texts end by NUL, nothing in it is empty but the body. */
struct ff_bus_send {
    const char *subject, *reply; /* reply: NULL or a subject */
    struct ff_slice body;
    const struct ff_bus_header *headers;
    size_t header_count;
};

/* Blocks for at most about 2 s. *out_text: why it failed, a static text. */
FF_MUST_USE ff_err ff_bus_conn_open(const struct ff_bus_conn_options *options,
                                    struct ff_bus_conn **out_conn,
                                    const char **out_text);
/* Ends the connection, waiting at most 0.5 s; its memory is given back by ff_bus_conn_free. */
void ff_bus_conn_close(struct ff_bus_conn *conn);
/*
 * Before a close: what the server has not taken yet never comes to it. Else a server that was cut off gets, when it is back, what
 * was published again elsewhere, or what its sender was told had failed.
 */
void ff_bus_conn_forget_unsent(struct ff_bus_conn *conn);
/* At least a second after the close: libnats may still hold on to it. */
void ff_bus_conn_free(struct ff_bus_conn **conn);
bool ff_bus_conn_lost(const struct ff_bus_conn *conn);
size_t ff_bus_conn_max_payload(struct ff_bus_conn *conn);

/* on_msg runs on libnats' delivery thread; on_complete after its last call. NULL when the connection is lost. */
natsSubscription *ff_bus_conn_subscribe(struct ff_bus_conn *conn,
                                        const char *subject, const char *queue,
                                        natsMsgHandler on_msg,
                                        natsOnCompleteCB on_complete,
                                        void *closure);
void ff_bus_conn_publish(struct ff_bus_conn *conn,
                         const struct ff_bus_send *send);
/* Bytes that wait for the socket. */
size_t ff_bus_conn_buffered(struct ff_bus_conn *conn);
/* Write what is buffered, as far as the socket takes it; after any of the above. */
void ff_bus_conn_settle(struct ff_bus_conn *conn);
/* How often libnats has reported a subscription that was not drained in time, in this process. */
unsigned ff_bus_conn_slow_count(void);

#endif
