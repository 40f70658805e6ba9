#ifndef HUB_FAKE_BUS_H
#define HUB_FAKE_BUS_H

/* The bus of the fake cluster; time and the loop are in hub_fake.h. */

#include "hub_fake.h"

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
