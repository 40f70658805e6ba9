#ifndef HUB_FAKE_H
#define HUB_FAKE_H

/*
 * A cluster in one process for tests of the hub: time, the bus and the app
 * registry. Nothing happens but by fake_run(), and time is what it says; so
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
    static unsigned n;

    (void)flags;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)out)[i] = (unsigned char)(++n * 151);
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

/* --- ff_bus.h --------------------------------------------------------------- */

struct ff_bus_sub {
    char subject[FF_SUBJECT_MAX + 1];
    ff_bus_on_msg *fn;
    void *ctx;
    bool ended;
};

bool ff_bus_connected(const struct ff_bus *bus)
{
    (void)bus;
    return fake.connected;
}

uint64_t ff_bus_generation(const struct ff_bus *bus)
{
    (void)bus;
    return fake.generation;
}

struct ff_bus_sub *ff_bus_subscribe(struct ff_bus *bus, const char *subject,
                                    const char *queue, ff_bus_on_msg *fn,
                                    void *ctx)
{
    struct ff_bus_sub *sub = ff_new(struct ff_bus_sub);

    (void)bus, (void)queue;
    assert_true(fake.sub_count < FAKE_MAX);
    snprintf(sub->subject, sizeof(sub->subject), "%s", subject);
    sub->fn = fn;
    sub->ctx = ctx;
    fake.subs[fake.sub_count++] = sub;
    return sub;
}

/* Its memory stays until the end: messages on their way name it. */
void ff_bus_unsubscribe(struct ff_bus_sub **sub)
{
    if (*sub != NULL)
        (*sub)->ended = true;
    *sub = NULL;
}

struct fake_coming {
    struct ff_bus_sub *sub;
    struct ff_bus_msg *msg;
    uint64_t generation;
};

static inline void fake_on_coming(void *arg)
{
    struct fake_coming *coming = arg;

    if (!coming->sub->ended && fake.connected &&
        coming->generation == fake.generation)
        coming->sub->fn(coming->sub->ctx, coming->msg);
    ff_bus_msg_unref(&coming->msg);
    free(coming);
}

static inline bool fake_matches(const char *pattern, struct ff_slice subject)
{
    size_t len = strlen(pattern);

    if (len > 0 && pattern[len - 1] == '*')
        return subject.len > len - 1 &&
               memcmp(subject.data, pattern, len - 1) == 0;
    return ff_slice_is(subject, pattern);
}

/* To every subscription, in the order of these calls; or it is lost. */
static inline void fake_send(struct ff_bus_msg *msg)
{
    int64_t due_ms = fake_soon();

    if (due_ms < fake.live_ms)
        due_ms = fake.live_ms;
    fake.live_ms = due_ms;
    for (size_t i = 0; i < fake.sub_count; i++) {
        struct ff_bus_sub *sub = fake.subs[i];
        if (sub->ended || !fake.connected ||
            !fake_matches(sub->subject, ff_bus_msg_subject(msg)) ||
            fake_random(1000) < fake.drop_live)
            continue;
        struct fake_coming *coming = ff_new(struct fake_coming);
        *coming =
            (struct fake_coming){sub, ff_bus_msg_ref(msg), fake.generation};
        fake_at(due_ms, fake_on_coming, coming);
    }
}

static inline void fake_call_add(struct fake_call *call,
                                 void (*end)(struct fake_call *call,
                                             ff_err err))
{
    assert_true(fake.call_count < FAKE_MAX);
    call->generation = fake.generation;
    call->end = end;
    fake.calls[fake.call_count++] = call;
}

/* Out of the list; false: it was ended by the loss of the connection. */
static inline bool fake_call_end(struct fake_call *call)
{
    for (size_t i = 0; i < fake.call_count; i++) {
        if (fake.calls[i] == call) {
            fake.calls[i] = fake.calls[--fake.call_count];
            break;
        }
    }
    bool first = !call->done;
    call->done = true;
    return first;
}

static inline void fake_disconnect(void)
{
    if (!fake.connected)
        return;
    fake.connected = false;
    while (fake.call_count > 0) {
        struct fake_call *call = fake.calls[fake.call_count - 1];
        if (fake_call_end(call))
            call->end(call, FF_E_UNAVAILABLE);
    }
    hub_on_bus(fake.hub, false);
}

static inline void fake_connect(void)
{
    if (fake.connected)
        return;
    fake.connected = true;
    fake.generation++;
    fake.live_ms = fake.now_ms;
    hub_on_bus(fake.hub, true);
}

struct fake_barrier {
    struct fake_call call;
    void (*fn)(void *ctx, ff_err err);
    void *ctx;
};

static inline void fake_barrier_fail(struct fake_call *call, ff_err err)
{
    struct fake_barrier *barrier = (struct fake_barrier *)call;

    barrier->fn(barrier->ctx, err);
}

static inline void fake_on_barrier(void *arg)
{
    struct fake_barrier *barrier = arg;

    if (fake_call_end(&barrier->call))
        barrier->fn(barrier->ctx, FF_OK);
    free(barrier);
}

void ff_bus_barrier(struct ff_bus *bus, int timeout_ms,
                    void (*fn)(void *ctx, ff_err err), void *ctx)
{
    struct fake_barrier *barrier = ff_new(struct fake_barrier);
    int64_t due_ms = fake_soon();

    (void)bus, (void)timeout_ms;
    barrier->fn = fn;
    barrier->ctx = ctx;
    fake_call_add(&barrier->call, fake_barrier_fail);
    if (due_ms < fake.live_ms)
        due_ms = fake.live_ms;
    fake_at(due_ms, fake_on_barrier, barrier);
}

ff_err ff_bus_publish(struct ff_bus *bus, const struct ff_bus_out *out)
{
    (void)bus;
    if (!fake.connected)
        return FF_E_UNAVAILABLE;
    if (fake.publish_err != FF_OK)
        return fake.publish_err;
    assert_true(fake.published_count < FAKE_MAX);
    snprintf(fake.published[fake.published_count++], 96, "%s", out->subject);
    struct ff_bus_msg *msg = ff_bus_msg_new(out);
    fake_send(msg);
    ff_bus_msg_unref(&msg);
    return FF_OK;
}

/* Named by what is in the library beside what the hub uses. */
struct ff_bus_request *ff_bus_request(struct ff_bus *bus,
                                      const struct ff_bus_out *out,
                                      int timeout_ms, ff_bus_on_reply *fn,
                                      void *ctx)
{
    (void)bus, (void)out, (void)timeout_ms, (void)fn, (void)ctx;
    fail_msg("the hub makes no requests of its own");
    return NULL;
}

void ff_bus_gather(struct ff_bus *bus, const struct ff_bus_out *out,
                   int timeout_ms, size_t want, ff_bus_on_reply *fn, void *ctx)
{
    (void)bus, (void)out, (void)timeout_ms, (void)want;
    fn(ctx, FF_OK, NULL);
}

void ff_bus_request_cancel(struct ff_bus_request **request)
{
    *request = NULL;
}

#endif
