#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "conn_frames.h"
#include "ff_clock.h"
#include "ff_metric.h"
#include "pages.h"
#include "server.h"
#include "transport.h"

#define TICK_MS 1000
/* Of all unfinished messages together; 16 of the largest fit in any case. */
#define HELD_BYTES (64 << 20)

/* --- what sessions ask --------------------------------------------------- */

static struct conn *find(void *ctx, conn_id id)
{
    struct worker *worker = ctx;
    struct conn *conn = conns_find(&worker->conns, id);
    return conn && conn->session ? conn : NULL;
}

struct walk {
    void (*fn)(void *arg, struct conn *conn);
    void *arg;
};

static void visit(void *ctx, struct conn *conn)
{
    const struct walk *walk = ctx;
    if (conn->session)
        walk->fn(walk->arg, conn);
}

static void each(void *ctx, void (*fn)(void *arg, struct conn *conn), void *arg)
{
    struct worker *worker = ctx;
    struct walk walk = {fn, arg};
    conns_each(&worker->conns, visit, &walk);
}

static struct sessions *make_sessions(struct worker *worker)
{
    const struct gateway_conf *conf = worker->conf;
    struct sessions_options options = {
        .handoff = worker->handoff,
        .worker = worker->index,
        .instance = worker->instance,
        .app_id = conf->app,
        .max_subscriptions = conf->max_subscriptions,
        .max_messages_per_minute = conf->max_messages_per_minute,
        .max_text_bytes = conf->max_text_bytes,
        .max_binary_bytes = conf->max_binary_bytes,
        .heartbeat_interval_ms = conf->heartbeat_interval * 1000,
        .find = find,
        .each = each,
        .ctx = worker,
    };
    return sessions_new(&options);
}

/* --- what happens in the loop -------------------------------------------- */

static void take(void *ctx, struct to_worker *item)
{
    struct worker *worker = ctx;
    enum to_worker_type type = item->type;
    int64_t limit_ms = item->limit;
    sessions_take(worker->sessions, item);
    if (type == TO_WORKER_DRAIN)
        drain_begin(worker, limit_ms);
}

static void on_wake(void *ctx)
{
    struct worker *worker = ctx;
    handoff_drain_worker(worker->handoff, worker->index, take, worker);
}

/* One write for each connection that got something in this turn. */
static void on_turn(void *ctx)
{
    struct worker *worker = ctx;
    atomic_fetch_add_explicit(&worker->turns, 1, memory_order_relaxed);
    conns_flush(worker);
    if (worker->writes == 0)
        return;
    ff_metric_add(FF_M_WRITES, worker->writes);
    ff_metric_add(FF_M_BYTES_SENT, worker->bytes_sent);
    worker->writes = worker->bytes_sent = 0;
}

static void due(void *ctx, struct link *link)
{
    (void)ctx;
    conn_due(LINK_OWNER(link, struct conn, due));
}

static uint32_t steady_s(void)
{
    return (uint32_t)(ff_clock_steady_ms() / 1000);
}

static void on_tick(void *ctx)
{
    struct worker *worker = ctx;
    worker->now_s = steady_s();
    wheel_turn(&worker->wheel, worker->now_s, due, worker);
    sessions_tick(worker->sessions, ff_clock_ms());
    server_tick(worker->server);
}

/* --- life ---------------------------------------------------------------- */

static void set_limits(struct worker *worker)
{
    struct inbox_limits *limits = &worker->inbox_limits;
    limits->text_bytes = (size_t)worker->conf->max_text_bytes;
    limits->binary_bytes = (size_t)worker->conf->max_binary_bytes;
    size_t largest = limits->text_bytes > limits->binary_bytes
                         ? limits->text_bytes
                         : limits->binary_bytes;
    limits->held_max = 16 * largest > HELD_BYTES ? 16 * largest : HELD_BYTES;
}

static void set_up(struct worker *worker)
{
    set_limits(worker);
    worker->now_s = steady_s();
    wheel_init(&worker->wheel, worker->now_s);
    handshake_rules_init(&worker->rules, worker->conf, pages_has);
    worker->ping = frame_ping();
    worker->comment = frame_comment();
    worker->iov = ff_alloc(WORKER_IOV * sizeof(worker->iov[0]));
    worker->io = io_new();
    worker->tick = io_timer_new(worker->io, TICK_MS, TICK_MS, on_tick, worker);
    io_on_turn(worker->io, on_turn, worker);
    io_on_wake(worker->io, on_wake, worker);
    worker->sessions = make_sessions(worker);
    handoff_on_worker(worker->handoff, worker->index, io_wake, worker->io);
}

ff_err worker_new(const struct worker_options *options,
                  struct worker **out_worker, struct ff_why *why)
{
    struct worker *worker = ff_new(struct worker);
    worker->index = options->index;
    worker->conf = options->conf;
    worker->instance = options->instance;
    worker->handoff = options->handoff;
    worker->limits = options->limits;
    set_up(worker);
    ff_err err = server_new(worker, options->listeners, options->listener_count,
                            &worker->server, why);
    if (err != FF_OK) {
        worker_free(&worker);
        return err;
    }
    *out_worker = worker;
    return FF_OK;
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    char name[16];
    snprintf(name, sizeof(name), "worker-%u", worker->index);
    pthread_setname_np(pthread_self(), name);
    io_run(worker->io);
    return NULL;
}

void worker_start(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&worker->thread, NULL, run, worker) != 0)
        ff_bug("no thread for a worker");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    worker->started = true;
}

void worker_free(struct worker **worker)
{
    struct worker *old = *worker;
    if (!old)
        return;
    if (old->started) {
        io_stop(old->io);
        pthread_join(old->thread, NULL);
    }
    handoff_on_worker(old->handoff, old->index, NULL, NULL);
    drain_free(&old->drain);
    io_timer_free(&old->tick);
    server_free(&old->server);
    sessions_free(&old->sessions);
    conns_fini(&old->conns);
    io_free(&old->io);
    handshake_rules_fini(&old->rules);
    frame_unref(&old->ping);
    frame_unref(&old->comment);
    frame_unref(&old->id_line);
    free(old->dirty.items);
    free(old->iov);
    free(old);
    *worker = NULL;
}

uint64_t worker_turns(const struct worker *worker)
{
    return atomic_load_explicit(&worker->turns, memory_order_relaxed);
}
