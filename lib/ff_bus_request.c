#include <stdio.h>
#include <stdlib.h>

#include "ff_bus_conn.h"
#include "ff_bus_cmd.h"
#include "ff_bus_msg.h"
#include "ff_bus_priv.h"
#include "ff_metric.h"

/*
 * Requests of the owner: a table by id, and a wheel of deadlines that turns as long as there are any.
 */

enum { TICK_MS = 16 };

struct ff_bus_request {
    struct ff_bus_ring ring; /* first: of a bucket, or early */
    struct ff_bus *bus;
    uint64_t id;
    int64_t deadline_ms;
    ff_err early;
    /* How an end with an error is told; and whether an answer is the end. */
    void (*end)(struct ff_bus_request *request, ff_err err,
                struct ff_bus_msg *msg);
    bool many;
    size_t left; /* of many; SIZE_MAX: no limit */
    ff_bus_on_reply *fn;
    void (*on_barrier)(void *ctx, ff_err err);
    void *ctx;
};

static void ring_init(struct ff_bus_ring *ring)
{
    ring->prev = ring->next = ring;
}

static void ring_add(struct ff_bus_ring *head, struct ff_bus_ring *item)
{
    item->prev = head->prev;
    item->next = head;
    head->prev->next = item;
    head->prev = item;
}

static void ring_remove(struct ff_bus_ring *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    ring_init(item);
}

/* The first of a ring, taken out; NULL when it is empty. */
static struct ff_bus_request *ring_take(struct ff_bus_ring *head)
{
    struct ff_bus_ring *first = head->next;
    if (first == head)
        return NULL;
    head->next = first->next;
    head->next->prev = head;
    ring_init(first);
    return (struct ff_bus_request *)first;
}

/* Forget it; the caller has the memory. */
static void forget(struct ff_bus_request *request)
{
    ring_remove(&request->ring);
    ff_bus_slots_remove(&request->bus->requests.slots, request->id);
}

static void finish(struct ff_bus_request *request, ff_err err,
                   struct ff_bus_msg *msg)
{
    forget(request);
    request->end(request, err, msg);
    free(request);
}

/* --- deadlines ------------------------------------------------------------- */

static void look_at(struct ff_bus_requests *all, int64_t tick, int64_t now,
                    struct ff_bus_ring *due)
{
    struct ff_bus_ring *head = &all->wheel[tick % FF_BUS_WHEEL], *next;
    for (struct ff_bus_ring *at = head->next; at != head; at = next) {
        next = at->next;
        if (((struct ff_bus_request *)at)->deadline_ms > now)
            continue;
        ring_remove(at);
        ring_add(due, at);
    }
}

static void on_tick(void *ctx)
{
    struct ff_bus *bus = ctx;
    struct ff_bus_requests *all = &bus->requests;
    struct ff_bus_ring due;
    struct ff_bus_request *request;
    int64_t now = ff_bus_now_ms(), tick = now / TICK_MS;
    if (all->slots.count == 0) {
        ff_timer_free(&all->timer);
        return;
    }
    ring_init(&due);
    if (all->tick < tick - FF_BUS_WHEEL)
        all->tick = tick - FF_BUS_WHEEL;
    while (all->tick < tick)
        look_at(all, ++all->tick, now, &due);
    while ((request = ring_take(&due)) != NULL)
        finish(request, FF_E_TIMEOUT, NULL);
}

/* Into the bucket that is looked at just after its deadline. */
static void arm(struct ff_bus_request *request)
{
    struct ff_bus_requests *all = &request->bus->requests;
    int64_t tick = request->deadline_ms / TICK_MS + 1;
    if (all->timer == NULL) {
        all->tick = ff_bus_now_ms() / TICK_MS;
        all->timer = ff_timer_new(request->bus->loop, TICK_MS, TICK_MS, on_tick,
                                  request->bus);
    }
    ring_add(&all->wheel[tick % FF_BUS_WHEEL], &request->ring);
}

/* --- how each kind ends ---------------------------------------------------- */

static void end_one(struct ff_bus_request *request, ff_err err,
                    struct ff_bus_msg *msg)
{
    if (err == FF_E_TIMEOUT)
        ff_metric_add(FF_M_BUS_REQUESTS_TIMED_OUT, 1);
    request->fn(request->ctx, err, msg);
}

static void end_many(struct ff_bus_request *request, ff_err err,
                     struct ff_bus_msg *msg)
{
    (void)msg;
    request->fn(request->ctx, err == FF_E_TIMEOUT ? FF_OK : err, NULL);
}

static void end_barrier(struct ff_bus_request *request, ff_err err,
                        struct ff_bus_msg *msg)
{
    (void)msg;
    request->on_barrier(request->ctx, err);
}

static void answer_many(struct ff_bus_request *request, struct ff_bus_msg *msg)
{
    uint64_t id = request->id;
    struct ff_bus *bus = request->bus;
    bool none = ff_bus_msg_no_responders(msg);
    if (!none)
        request->fn(request->ctx, FF_OK, msg);
    if (ff_bus_slots_get(&bus->requests.slots, id) == NULL)
        return; /* cancelled in the call */
    if (none || --request->left == 0)
        finish(request, FF_OK, NULL);
}

void ff_bus_requests_answer(struct ff_bus *bus, uint64_t id,
                            struct ff_bus_msg *msg)
{
    struct ff_bus_request *request = ff_bus_slots_get(&bus->requests.slots, id);
    if (request == NULL)
        return; /* too late */
    if (request->many)
        answer_many(request, msg);
    else if (ff_bus_msg_no_responders(msg))
        finish(request, FF_E_UNAVAILABLE, NULL);
    else
        finish(request, FF_OK, msg);
}

/* --- making them ----------------------------------------------------------- */

static ff_err submit(struct ff_bus_request *request,
                     const struct ff_bus_out *out)
{
    char inbox[FF_SUBJECT_MAX + 1];
    struct ff_bus *bus = request->bus;
    struct ff_bus_out echo = {.subject = inbox};
    snprintf(inbox, sizeof(inbox), "%s.r%llx", bus->inbox,
             (unsigned long long)request->id);
    FF_TRY(ff_bus_state(bus));
    if (out == NULL)
        return ff_bus_link_publish(bus->link, NULL, &echo);
    FF_TRY(ff_bus_out_check(out));
    return ff_bus_link_publish(bus->link, inbox, out);
}

/* Takes a copy of model; out NULL: a barrier. */
static struct ff_bus_request *start(const struct ff_bus_request *model,
                                    const struct ff_bus_out *out,
                                    int timeout_ms)
{
    struct ff_bus_request *request = ff_new(struct ff_bus_request);
    struct ff_bus *bus = model->bus;
    *request = *model;
    request->id = ff_bus_slots_add(&bus->requests.slots, request);
    request->deadline_ms = ff_bus_now_ms() + timeout_ms;
    request->early = submit(request, out);
    if (request->early == FF_OK) {
        arm(request);
        return request;
    }
    ring_add(&bus->requests.early, &request->ring);
    ff_wake_up(bus->wake);
    return request;
}

struct ff_bus_request *ff_bus_request(struct ff_bus *bus,
                                      const struct ff_bus_out *out,
                                      int timeout_ms, ff_bus_on_reply *fn,
                                      void *ctx)
{
    struct ff_bus_request model = {
        .bus = bus, .end = end_one, .fn = fn, .ctx = ctx};
    return start(&model, out, timeout_ms);
}

void ff_bus_gather(struct ff_bus *bus, const struct ff_bus_out *out,
                   int timeout_ms, size_t want, ff_bus_on_reply *fn, void *ctx)
{
    struct ff_bus_request model = {.bus = bus,
                                   .end = end_many,
                                   .many = true,
                                   .left = want == 0 ? SIZE_MAX : want,
                                   .fn = fn,
                                   .ctx = ctx};
    start(&model, out, timeout_ms);
}

void ff_bus_barrier(struct ff_bus *bus, int timeout_ms,
                    void (*fn)(void *ctx, ff_err err), void *ctx)
{
    struct ff_bus_request model = {
        .bus = bus, .end = end_barrier, .on_barrier = fn, .ctx = ctx};
    start(&model, NULL, timeout_ms);
}

void ff_bus_request_cancel(struct ff_bus_request **request)
{
    struct ff_bus_request *old = *request;
    *request = NULL;
    if (old == NULL)
        return;
    forget(old);
    free(old);
}

/* --- all of them ----------------------------------------------------------- */

void ff_bus_requests_init(struct ff_bus *bus)
{
    for (size_t i = 0; i < FF_BUS_WHEEL; i++)
        ring_init(&bus->requests.wheel[i]);
    ring_init(&bus->requests.early);
}

void ff_bus_requests_flush(struct ff_bus *bus)
{
    struct ff_bus_ring early;
    struct ff_bus_request *request;
    ring_init(&early);
    while ((request = ring_take(&bus->requests.early)) != NULL)
        ring_add(&early, &request->ring);
    while ((request = ring_take(&early)) != NULL)
        finish(request, request->early, NULL);
}

/* Those that are made in the callbacks are not among them. */
void ff_bus_requests_fail(struct ff_bus *bus, ff_err err)
{
    struct ff_bus_slots *slots = &bus->requests.slots;
    size_t count = slots->used;
    uint64_t *ids = ff_alloc(count * sizeof(uint64_t) + 1);
    for (size_t i = 0; i < count; i++)
        ids[i] = slots->ids[i];
    for (size_t i = 0; i < count; i++) {
        struct ff_bus_request *request = ff_bus_slots_get(slots, ids[i]);
        if (request != NULL)
            finish(request, err, NULL);
    }
    free(ids);
}

void ff_bus_requests_fini(struct ff_bus *bus)
{
    struct ff_bus_request *request;
    while ((request = ff_bus_slots_any(&bus->requests.slots)) != NULL)
        finish(request, FF_E_CLOSED, NULL);
    ff_timer_free(&bus->requests.timer);
    ff_bus_slots_fini(&bus->requests.slots);
}
