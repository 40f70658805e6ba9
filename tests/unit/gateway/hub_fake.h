#ifndef HUB_FAKE_H
#define HUB_FAKE_H

/*
 * A cluster in one process for tests of the hub: time, the bus (hub_fake_bus.h) and the
 * app registry. Nothing happens but by fake_run(), and time is what it says; so
 * every race can be forced, and every failure can be had again from its seed.
 * A header, because only tests that do without the real ones may have these
 * functions. The stream is in hub_fake_stream.h.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#include "ff_app.h"
#include "ff_clock.h"
#include "ff_history.h"
#include "ff_kv.h"
#include "ff_map.h"
#include "ff_rpc.h"
#include "ff_svc.h"
#include "services/gateway/gateway_conf.h"
#include "services/gateway/hub.h"
#include "services/gateway/message.h"

#define FAKE_UNIX_MS   ((int64_t)1700000000000)
#define FAKE_STEADY_MS ((int64_t)1000000)
#define FAKE_MAX       65536

struct fake_event {
    int64_t due_ms;
    uint64_t order;
    void (*fn)(void *arg);
    void *arg;
};

/* A call that will come back. */
struct fake_call {
    uint64_t generation;
    bool done;
    void (*end)(struct fake_call *call, ff_err err);
};

static struct {
    struct fake_event events[FAKE_MAX];
    size_t event_count;
    uint64_t order;
    int64_t now_ms;
    uint64_t random;
    unsigned random_bytes;

    bool connected;
    uint64_t generation;
    struct ff_bus_sub *subs[FAKE_MAX];
    size_t sub_count;
    struct fake_call *calls[FAKE_MAX];
    size_t call_count;
    int64_t live_ms;     /* when the last live message comes in */
    int64_t latency_ms;  /* of anything, at most */
    unsigned drop_live;  /* in 1000: live messages that never come */
    unsigned fail_calls; /* in 1000: calls that time out */
    ff_err publish_err;
    char published[FAKE_MAX][96]; /* subjects of plain messages */
    size_t published_count;

    struct ff_app *app;
    struct ff_apps *apps;
    struct hub *hub;
    struct handoff *handoff;
    struct gateway_conf conf;

    /* What other services answer; on_rpc: instead of all that follows. */
    void (*on_rpc)(const char *subject, struct ff_slice json,
                   ff_rpc_on_result *fn, void *ctx);
    ff_err rpc_err;
    const char *rpc_result;
    unsigned rpc_calls;
    char rpc_subject[128], rpc_body[1024];
    ff_kv_on_entry *on_revoked;
    void *revoked_ctx;
    ff_kv_on_entry *on_status;
    void *status_ctx;
    const struct ff_rpc_verb *verbs;
    size_t verb_count;
    void *verbs_ctx;
    char replied[4096];
    ff_err failed;
} fake;

/* --- time ------------------------------------------------------------------- */

static inline unsigned fake_random(unsigned below)
{
    fake.random ^= fake.random << 13;
    fake.random ^= fake.random >> 7;
    fake.random ^= fake.random << 17;
    return below == 0 ? 0 : (unsigned)(fake.random >> 11) % below;
}

static inline void fake_at(int64_t due_ms, void (*fn)(void *arg), void *arg)
{
    assert_true(fake.event_count < FAKE_MAX);
    fake.events[fake.event_count++] =
        (struct fake_event){due_ms, ++fake.order, fn, arg};
}

static inline size_t fake_next_event(void)
{
    size_t next = 0;

    for (size_t i = 1; i < fake.event_count; i++) {
        const struct fake_event *a = &fake.events[i], *b = &fake.events[next];
        if (a->due_ms < b->due_ms ||
            (a->due_ms == b->due_ms && a->order < b->order))
            next = i;
    }
    return next;
}

static inline void fake_set_now(int64_t now_ms)
{
    fake.now_ms = now_ms;
    ff_clock_freeze(FAKE_UNIX_MS + now_ms, FAKE_STEADY_MS + now_ms);
}

/* Let so much time pass, with all that happens in it. */
static inline void fake_run(int64_t ms)
{
    int64_t until_ms = fake.now_ms + ms;

    while (fake.event_count > 0) {
        size_t i = fake_next_event();
        struct fake_event event = fake.events[i];
        if (event.due_ms > until_ms)
            break;
        fake.events[i] = fake.events[--fake.event_count];
        if (event.due_ms > fake.now_ms)
            fake_set_now(event.due_ms);
        event.fn(event.arg);
    }
    fake_set_now(until_ms);
}

static inline int64_t fake_soon(void)
{
    return fake.now_ms + 1 + fake_random((unsigned)fake.latency_ms);
}

/* Maps get the same keys in each run. */
ssize_t getrandom(void *out, size_t len, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)out)[i] = (unsigned char)(++fake.random_bytes * 151);
    return (ssize_t)len;
}

/* --- ff_loop.h -------------------------------------------------------------- */

struct ff_timer {
    int64_t period_ms;
    void (*fn)(void *ctx);
    void *ctx;
    bool ended;
};

static inline void fake_on_timer(void *arg)
{
    struct ff_timer *timer = arg;

    if (timer->ended) {
        free(timer);
        return;
    }
    int64_t period_ms = timer->period_ms;
    if (period_ms > 0)
        fake_at(fake.now_ms + period_ms, fake_on_timer, timer);
    else
        fake_at(INT64_MAX / 2, fake_on_timer, timer); /* until it is freed */
    timer->fn(timer->ctx);
}

struct ff_timer *ff_timer_new(struct ff_loop *loop, int64_t first_ms,
                              int64_t period_ms, void (*fn)(void *ctx),
                              void *ctx)
{
    struct ff_timer *timer = ff_new(struct ff_timer);

    (void)loop;
    *timer = (struct ff_timer){period_ms, fn, ctx, false};
    fake_at(fake.now_ms + first_ms, fake_on_timer, timer);
    return timer;
}

void ff_timer_free(struct ff_timer **timer)
{
    if (*timer == NULL)
        return;
    (*timer)->ended = true;
    for (size_t i = 0; i < fake.event_count; i++) {
        if (fake.events[i].arg == *timer)
            fake.events[i].due_ms = fake.now_ms;
    }
    *timer = NULL;
}

struct ff_wake {
    void (*fn)(void *ctx);
    void *ctx;
    bool pending;
};

static inline void fake_on_wake(void *arg)
{
    struct ff_wake *wake = arg;

    wake->pending = false;
    wake->fn(wake->ctx);
}

struct ff_wake *ff_wake_new(struct ff_loop *loop, void (*fn)(void *ctx),
                            void *ctx)
{
    struct ff_wake *wake = ff_new(struct ff_wake);

    (void)loop;
    *wake = (struct ff_wake){fn, ctx, false};
    return wake;
}

void ff_wake_up(void *arg)
{
    struct ff_wake *wake = arg;

    if (wake->pending)
        return;
    wake->pending = true;
    fake_at(fake.now_ms, fake_on_wake, wake);
}

void ff_wake_free(struct ff_wake **wake)
{
    for (size_t i = 0; i < fake.event_count;) {
        if (fake.events[i].arg == *wake)
            fake.events[i] = fake.events[--fake.event_count];
        else
            i++;
    }
    free(*wake);
    *wake = NULL;
}

#endif
