#include "transport.h"

#include <stdio.h>
#include <stdlib.h>

#include "ff_clock.h"
#include "ff_hash.h"
#include "ff_log.h"
#include "server.h"

#define STEP_MS   50
#define GRACE_MS  3000 /* after the last close frame */
#define SPREAD_MS 5000 /* over which clients are told to come back */

struct drain {
    struct worker *worker;
    struct io_timer *timer;
    int64_t begun_ms, limit_ms;
    size_t all, closed;
    size_t quota; /* closes that are due, while walking */
    bool said;
};

static void close_one(struct conn *conn)
{
    uint16_t random;
    char reason[48];
    ff_random(&random, sizeof(random));
    snprintf(reason, sizeof(reason), "reconnect in %d ms",
             100 + random % SPREAD_MS);
    conn_close(conn, FF_E_SHUTDOWN, reason);
}

static void close_if_due(void *ctx, struct conn *conn)
{
    struct drain *drain = ctx;
    if (drain->quota == 0 || conn->state != CONN_OPEN)
        return;
    drain->quota--;
    drain->closed++;
    close_one(conn);
}

static void kill_any(void *ctx, struct conn *conn)
{
    (void)ctx;
    conn_kill(conn);
}

static void say_stopped(struct drain *drain)
{
    struct to_hub item = {.type = TO_HUB_STOPPED,
                          .worker = drain->worker->index};
    if (handoff_to_hub(drain->worker->handoff, &item) != FF_OK)
        return; /* full; the next step says it again */
    drain->said = true;
    io_timer_free(&drain->timer);
    ff_info("worker_drained", ff_fi("worker", drain->worker->index),
            ff_fi("connections", (int64_t)drain->all));
}

/* How many should have been closed by now. */
static size_t due_by(const struct drain *drain, int64_t spent_ms)
{
    if (spent_ms >= drain->limit_ms)
        return SIZE_MAX;
    return (size_t)((int64_t)drain->all * spent_ms / drain->limit_ms) + 1;
}

static void step(void *ctx)
{
    struct drain *drain = ctx;
    struct worker *worker = drain->worker;
    int64_t spent_ms = ff_clock_steady_ms() - drain->begun_ms;
    size_t due = due_by(drain, spent_ms);
    drain->quota = due > drain->closed ? due - drain->closed : 0;
    conns_each(&worker->conns, close_if_due, drain);
    if (spent_ms > drain->limit_ms + GRACE_MS)
        conns_each(&worker->conns, kill_any, NULL);
    if (worker->conns.count == 0 && !drain->said)
        say_stopped(drain);
}

void drain_begin(struct worker *worker, int64_t limit_ms)
{
    if (worker->drain)
        return;
    struct drain *drain = ff_new(struct drain);
    worker->drain = drain;
    drain->worker = worker;
    drain->begun_ms = ff_clock_steady_ms();
    drain->limit_ms = limit_ms;
    drain->all = worker->conns.count;
    server_stop_listening(worker->server);
    drain->timer = io_timer_new(worker->io, 0, STEP_MS, step, drain);
}

void drain_free(struct drain **drain)
{
    if (!*drain)
        return;
    io_timer_free(&(*drain)->timer);
    free(*drain);
    *drain = NULL;
}
