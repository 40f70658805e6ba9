#ifndef GATEWAY_TRANSPORT_H
#define GATEWAY_TRANSPORT_H

/*
 * What the files of the transport share: a worker's state, its connections,
 * and the wire below each. Sessions and the hub never include it. One thread:
 * the worker's.
 *
 * A connection is open, then closing (its close frame is queued behind what
 * was), then dead (nothing is read or written), and is freed when the wire
 * says that the socket is gone. Only the wire frees it.
 */

#include <pthread.h>

#include "conns.h"
#include "handshake.h"
#include "inbox.h"
#include "lws_io.h"
#include "queue.h"
#include "session.h"
#include "wheel.h"

struct drain;
struct iovec;
struct limits;
struct lws;
struct server;
struct http_wire;

/* The socket below a connection. */
struct wire {
    /*
     * How many of these n frames were taken, from the front; one that was cut
     * in the middle counts, its rest is kept below and goes first. -1: dead.
     */
    int (*write)(struct conn *conn, const struct iovec *frames, int n);
    /* conn_writable() is to come. */
    void (*want_write)(struct conn *conn);
    bool (*is_idle)(struct conn *conn); /* nothing is kept below */
    void (*pause)(struct conn *conn, bool paused);
    void (*drop)(struct conn *conn); /* conn_free() is to come, not inside */
};

enum conn_state { CONN_OPENING, CONN_OPEN, CONN_CLOSING, CONN_DEAD };

#define CONN_LINE 64

struct conn {
    /*
     * What each delivery touches: one cache line. A thousand connections are
     * far more than the cache keeps between two messages.
     */
    _Alignas(CONN_LINE) struct worker *worker;
    const struct wire *wire;
    struct lws *wsi;
    struct frame_queue queue;
    int fd;
    uint32_t dirty; /* place + 1 among the worker's; 0: nothing to write */
    uint32_t wrote_s;
    uint8_t state; /* enum conn_state */
    bool blocked;  /* the wire takes no more until conn_writable() */
    bool paused;
    bool pinged; /* and nothing was heard since */

    uint32_t heard_s, deadline_s;
    bool counted; /* in the metrics */
    struct session *session;
    struct link due; /* on the worker's wheel */
    struct inbox *inbox;
    struct http_wire *http;  /* NULL on a WebSocket */
    struct opening *opening; /* what was asked for, until it is open */
    char *texts;             /* those of info */
    struct conn_info info;
};

/* Connections with frames to write at the end of the turn. */
struct dirty {
    struct conn **items; /* NULL: it ended meanwhile */
    size_t count, cap;
};

#define WORKER_IOV 256

struct worker {
    unsigned index;
    const struct gateway_conf *conf;
    const char *instance;
    struct handoff *handoff;
    struct limits *limits;
    struct handshake_rules rules;
    struct io *io;
    struct server *server;
    struct sessions *sessions;
    struct conns conns;
    struct inbox_limits inbox_limits;
    struct dirty dirty;
    struct wheel wheel;
    uint32_t now_s;      /* steady, as of the last tick */
    struct drain *drain; /* NULL: not asked to end */
    struct frame *ping, *comment;
    struct frame *id_line; /* the last one, for the next that has the same */
    int64_t bytes_sent, writes; /* not in the metrics yet */
    struct iovec *iov;          /* WORKER_IOV */
    struct io_timer *tick;
    pthread_t thread;
    bool started;
    atomic_uint_fast64_t turns;
};

/* --- conn.c -------------------------------------------------------------- */

/* The limits were taken; they are given back by conn_free. */
struct conn *conn_new(struct worker *worker, enum conn_kind kind,
                      const struct wire *wire, const struct handshake_in *in,
                      const struct handshake *granted);
void conn_open(struct conn *conn);
/* Not opened: it ends once what was pushed is written. */
void conn_finish(struct conn *conn);
void conn_free(struct conn **conn);

void conn_heard(struct conn *conn); /* a sign of life */
void conn_receive(struct conn *conn, const struct piece *piece);
/* The client closes. True: it answers our close, nothing more is to be said. */
bool conn_peer_closes(struct conn *conn);
/* Write this close frame, code and reason, behind what is queued. */
void conn_say_close(struct conn *conn, struct ff_slice payload);
/* The wire ends by itself: nothing may be written any more. */
void conn_lost(struct conn *conn);
/* End it without a word. */
void conn_kill(struct conn *conn);

/* --- conn_out.c ---------------------------------------------------------- */

/* Queue bytes of the transport's own. */
void conn_push(struct conn *conn, const struct frame *frame);
/* Write what is queued, as far as the wire takes it. */
void conn_flush(struct conn *conn);
void conn_writable(struct conn *conn);
/* Flush all that got something in this turn. */
void conns_flush(struct worker *worker);
/* Nothing is to be written at the end of the turn. */
void conn_clear_dirty(struct conn *conn);

/* --- conn_timing.c ------------------------------------------------------- */

/* The next second at which the connection must be looked at. */
void conn_schedule(struct conn *conn);
void conn_due(struct conn *conn);

/* --- opening.c ----------------------------------------------------------- */

/* Copies of what session_new needs, kept while the upgrade runs. */
struct opening *opening_new(const struct handshake_in *in,
                            const struct handshake *granted);
const struct session_open *opening_get(const struct opening *opening);
void opening_free(struct opening **opening); /* wipes the token */

/* --- drain.c ------------------------------------------------------------- */

/* Take no more clients, end those there are evenly over limit_ms, and say so. */
void drain_begin(struct worker *worker, int64_t limit_ms);
void drain_free(struct drain **drain);

#endif
