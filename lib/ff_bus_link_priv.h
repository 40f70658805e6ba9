#ifndef FF_BUS_LINK_PRIV_H
#define FF_BUS_LINK_PRIV_H

/* The link as its two sides see it: ff_bus_link.c for the owner, ff_bus_thread.c for the bus thread. */

#include <stdatomic.h>
#include <uv.h>

#include "ff_bus_conn.h"
#include "ff_bus_link.h"
#include "ff_bus_subs.h"

struct ff_bus_link {
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t tick, retry;
    struct ff_mailbox *commands; /* of struct ff_bus_cmd * */
    struct ff_mailbox *events;
    char **urls;
    size_t url_count, url_at;
    char *name, *user, *password, *inbox;

    /* the bus thread's */
    struct ff_bus_conn *conn;
    struct ff_bus_subs *subs;
    uint64_t generation;
    int64_t beat_at, heard_at, ticked_at;
    unsigned heard_seen, slow_seen;
    uint64_t marks, marks_before; /* sent; before this connection */
    size_t unmarked_bytes;        /* sent since the last mark */
    bool told_down, stopping;

    /* any thread's */
    atomic_size_t out_bytes, socket_bytes, in_bytes, max_payload;
    atomic_uint heard, turns;
    atomic_bool overflown, flushed;
    _Atomic uint64_t mark_heard;
    _Atomic int64_t stop_by; /* 0: not asked to stop */
};

/* The bus thread, from its first connection to its end. */
void ff_bus_thread_run(void *link);
void ff_bus_thread_on_wake(uv_async_t *wake);

#endif
