#ifndef TRANSPORT_FAKE_H
#define TRANSPORT_FAKE_H

/*
 * What is around connections, for tests of them: a session layer and a wire
 * that write down what they are told. A header, because only tests without the
 * real session.c may have these functions.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "services/gateway/conn_frames.h"
#include "services/gateway/limits.h"
#include "services/gateway/transport.h"

/* --- session.h ----------------------------------------------------------- */

struct session {
    struct conn *conn;
    struct ff_buf got; /* what clients said, "t:…" and "b:…" */
    char *token, *app, *last_event_id;
    size_t channels;
    bool pause; /* it pauses its connection at each message */
};

static int sessions_open;
static struct session *last_session;

struct session *session_new(struct sessions *all, struct conn *conn,
                            const struct session_open *how)
{
    (void)all;
    struct session *session = ff_new(struct session);
    session->conn = conn;
    session->token = ff_strdup(how->token);
    session->app = ff_strdup(how->app);
    session->last_event_id = ff_strdup(how->last_event_id);
    while (how->channels[session->channels])
        session->channels++;
    sessions_open++;
    last_session = session;
    conn_send_json(conn, "welcome", NULL, FF_SLICE_LIT("{\"hello\":1}"));
    return session;
}

void session_close(struct session **session)
{
    sessions_open--;
    ff_buf_fini(&(*session)->got);
    free((*session)->token);
    free((*session)->app);
    free((*session)->last_event_id);
    free(*session);
    *session = NULL;
}

void session_text(struct session *session, struct ff_slice text)
{
    ff_buf_adds(&session->got, "t:");
    ff_buf_addslice(&session->got, text);
    ff_buf_addc(&session->got, ' ');
    if (session->pause)
        conn_pause(session->conn, true);
}

void session_binary(struct session *session, struct ff_slice bytes)
{
    ff_buf_adds(&session->got, "b:");
    ff_buf_addslice(&session->got, bytes);
    ff_buf_addc(&session->got, ' ');
}

/* --- a wire -------------------------------------------------------------- */

/* As if the socket took room bytes; what is cut is kept below. */
struct fake_wire {
    struct ff_buf out;
    size_t room, kept;
    int writes, wants, drops;
    bool dead, paused;
};

static struct fake_wire fake;

static int fake_write(struct conn *conn, const struct iovec *frames, int n)
{
    (void)conn;
    if (fake.dead)
        return -1;
    fake.writes++;
    int taken = 0;
    while (taken < n && fake.kept == 0 && fake.room > 0) {
        const struct iovec *frame = &frames[taken++];
        ff_buf_add(&fake.out, frame->iov_base, frame->iov_len);
        if (frame->iov_len > fake.room)
            fake.kept = frame->iov_len - fake.room;
        fake.room -= frame->iov_len - fake.kept;
    }
    return taken;
}

static void fake_want_write(struct conn *conn)
{
    (void)conn;
    fake.wants++;
}

static bool fake_is_idle(struct conn *conn)
{
    (void)conn;
    return fake.kept == 0;
}

static void fake_pause(struct conn *conn, bool paused)
{
    (void)conn;
    fake.paused = paused;
}

static void fake_drop(struct conn *conn)
{
    (void)conn;
    fake.drops++;
}

static const struct wire wire_fake = {fake_write, fake_want_write, fake_is_idle,
                                      fake_pause, fake_drop};

/* The socket takes room bytes more, beginning with what was kept. */
static inline void fake_make_room(struct conn *conn, size_t room)
{
    fake.kept = 0;
    fake.room = room;
    conn_writable(conn);
}

/* --- a worker ------------------------------------------------------------ */

static struct gateway_conf fake_conf;
static struct worker fake_worker;

static inline int fake_set_up(void **state)
{
    (void)state;
    sessions_open = 0;
    fake = (struct fake_wire){.room = SIZE_MAX};
    fake_conf = (struct gateway_conf){
        .max_queue_bytes = 4096,
        .max_replay_bytes = 65536,
        .heartbeat_interval = 25,
        .heartbeat_timeout = 10,
        .connection_timeout = 300,
        .sse_comment_interval = 15,
    };
    fake_worker = (struct worker){
        .conf = &fake_conf,
        .instance = "g",
        .now_s = 1000,
        .inbox_limits = {.text_bytes = 100,
                         .binary_bytes = 200,
                         .held_max = 1000},
        .limits = limits_new(10, 0),
        .ping = frame_ping(),
        .comment = frame_comment(),
        .iov = ff_alloc(WORKER_IOV * sizeof(struct iovec)),
    };
    wheel_init(&fake_worker.wheel, fake_worker.now_s);
    return 0;
}

static inline int fake_tear_down(void **state)
{
    (void)state;
    conns_fini(&fake_worker.conns);
    limits_free(&fake_worker.limits);
    frame_unref(&fake_worker.ping);
    frame_unref(&fake_worker.comment);
    frame_unref(&fake_worker.id_line);
    free(fake_worker.dirty.items);
    free(fake_worker.iov);
    ff_buf_fini(&fake.out);
    return 0;
}

/* Admitted, as by a handshake with this query, but not opened. */
static inline struct conn *fake_admit(enum conn_kind kind,
                                      struct handshake_in *in)
{
    struct handshake granted = {.peer = "1.1.1.1"};
    struct handshake_in none = {0};
    if (limits_take(fake_worker.limits, granted.peer) != FF_OK)
        return NULL;
    for (size_t i = 0; in && i < in->arg_count; i++)
        (void)handshake_arg(in->args[i], "token", &granted.token);
    return conn_new(&fake_worker, kind, &wire_fake, in ? in : &none, &granted);
}

/* The end of a turn of the loop. */
static inline void fake_turn(void)
{
    conns_flush(&fake_worker);
}

static inline void fake_due(void *ctx, struct link *link)
{
    (void)ctx;
    conn_due(LINK_OWNER(link, struct conn, due));
}

/* Seconds pass, each with its tick. */
static inline void fake_pass(uint32_t seconds)
{
    while (seconds-- > 0) {
        wheel_turn(&fake_worker.wheel, ++fake_worker.now_s, fake_due, NULL);
        fake_turn();
    }
}

#endif
