#include "ff_bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_bus_cmd.h"
#include "ff_bus_msg.h"
#include "ff_bus_priv.h"
#include "ff_hash.h"
#include "ff_log.h"
#include "ff_metric.h"

enum {
    EVENTS_EACH_PASS = 4096,
    WATCHDOG_MS = 1000,
    WATCHDOG_LIMIT = 60, /* libnats 3.4.1 can spin for ever in a handshake */
    EXIT_STUCK = 70,
};

struct ff_bus_sub {
    struct ff_bus *bus;
    uint64_t id;
    ff_bus_on_msg *fn;
    void *ctx;
};

/* What another module of lib/ keeps with a bus. */
struct ff_bus_part {
    struct ff_bus_part *next;
    const void *key;
    void *part;
    void (*fini)(void *part);
};

/* --- events from the bus thread -------------------------------------------- */

static void set_connected(struct ff_bus *bus, bool connected)
{
    bus->connected = connected;
    ff_metric_set(FF_M_BUS_CONNECTED, connected);
    if (bus->on_state != NULL)
        bus->on_state(bus->ctx, connected);
}

static void on_up(struct ff_bus *bus, uint64_t generation)
{
    if (bus->generation > 0)
        ff_metric_add(FF_M_BUS_RECONNECTS, 1);
    bus->generation = generation;
    set_connected(bus, true);
}

static void on_down(struct ff_bus *bus)
{
    if (!bus->connected)
        return;
    bus->connected = false;
    ff_bus_requests_fail(bus, FF_E_UNAVAILABLE);
    set_connected(bus, false);
}

/* "<inbox>.u<generation>", "<inbox>.r<request>", or an echo that says nothing to us. */
static void on_inbox(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_bus *bus = ctx;
    struct ff_slice subject = ff_bus_msg_subject(msg);
    size_t head = strlen(bus->inbox) + 1;
    if (subject.len <= head)
        return;
    const char *token = subject.data + head; /* ends by NUL at libnats */
    if (*token == 'u')
        on_up(bus, strtoull(token + 1, NULL, 10));
    else if (*token == 'r')
        ff_bus_requests_answer(bus, strtoull(token + 1, NULL, 16), msg);
}

static void take_event(void *ctx, void *item)
{
    struct ff_bus *bus = ctx;
    struct ff_bus_event *event = item;
    if (event->msg == NULL) {
        on_down(bus);
        return;
    }
    struct ff_bus_sub *sub = ff_bus_slots_get(&bus->subs, event->sub);
    ff_bus_link_taken(bus->link, ff_bus_msg_bytes(event->msg));
    if (sub != NULL)
        sub->fn(sub->ctx, event->msg);
    ff_bus_msg_unref(&event->msg);
}

static void on_wake(void *ctx)
{
    struct ff_bus *bus = ctx;
    ff_bus_requests_flush(bus);
    ff_mailbox_drain(bus->events, EVENTS_EACH_PASS, take_event, bus);
}

static void on_watchdog(void *ctx)
{
    struct ff_bus *bus = ctx;
    unsigned turns = ff_bus_link_turns(bus->link);
    bus->turns_still = turns == bus->turns_seen ? bus->turns_still + 1 : 0;
    bus->turns_seen = turns;
    if (bus->turns_still < WATCHDOG_LIMIT)
        return;
    ff_error("bus_stuck", ff_fi("seconds", WATCHDOG_LIMIT));
    _exit(EXIT_STUCK);
}

/* --- life ------------------------------------------------------------------ */

struct ff_bus *ff_bus_new(struct ff_loop *loop,
                          const struct ff_bus_options *options)
{
    struct ff_bus *bus = ff_new(struct ff_bus);
    char random[17];
    ff_random_name(random, sizeof(random) - 1);
    snprintf(bus->inbox, sizeof(bus->inbox), "%s.%s", options->inbox_prefix,
             random);
    bus->loop = loop;
    bus->on_state = options->on_state;
    bus->ctx = options->ctx;
    bus->wake = ff_wake_new(loop, on_wake, bus);
    bus->events =
        ff_mailbox_new(sizeof(struct ff_bus_event), 0, ff_wake_up, bus->wake);
    ff_bus_requests_init(bus);
    bus->link = ff_bus_link_new(options, bus->inbox, bus->events);
    char all[FF_BUS_INBOX_MAX + 2];
    snprintf(all, sizeof(all), "%s.*", bus->inbox);
    ff_bus_subscribe(bus, all, NULL, on_inbox, bus); /* slot 0 */
    ff_bus_link_start(bus->link);
    bus->watchdog =
        ff_timer_new(loop, WATCHDOG_MS, WATCHDOG_MS, on_watchdog, bus);
    return bus;
}

static void discard_event(void *ctx, void *item)
{
    (void)ctx;
    ff_bus_msg_unref(&((struct ff_bus_event *)item)->msg);
}

static void free_subs(struct ff_bus *bus)
{
    struct ff_bus_sub *sub;
    while ((sub = ff_bus_slots_any(&bus->subs)) != NULL) {
        ff_bus_slots_remove(&bus->subs, sub->id);
        free(sub);
    }
    ff_bus_slots_fini(&bus->subs);
}

static void free_parts(struct ff_bus *bus)
{
    struct ff_bus_part *part;
    while ((part = bus->parts) != NULL) {
        bus->parts = part->next;
        part->fini(part->part);
        free(part);
    }
}

void ff_bus_close(struct ff_bus *bus)
{
    if (bus->closing)
        return;
    bus->closing = true;
    ff_timer_free(&bus->watchdog);
    ff_bus_link_free(&bus->link);
    ff_mailbox_drain(bus->events, SIZE_MAX, discard_event, NULL);
    ff_bus_requests_fail(bus, FF_E_CLOSED);
    free_parts(bus);
}

void ff_bus_free(struct ff_bus **bus)
{
    struct ff_bus *old = *bus;
    if (old == NULL)
        return;
    ff_bus_close(old);
    ff_bus_requests_fail(old, FF_E_CLOSED);
    free_parts(old);
    ff_bus_requests_fini(old);
    free_subs(old);
    ff_mailbox_free(&old->events);
    ff_wake_free(&old->wake);
    ff_metric_set(FF_M_BUS_CONNECTED, 0);
    free(old);
    *bus = NULL;
}

bool ff_bus_connected(const struct ff_bus *bus)
{
    return bus->connected;
}

uint64_t ff_bus_generation(const struct ff_bus *bus)
{
    return bus->generation;
}

struct ff_loop *ff_bus_loop(const struct ff_bus *bus)
{
    return bus->loop;
}

void *ff_bus_part(struct ff_bus *bus, const void *key,
                  void *(*make)(struct ff_bus *bus), void (*fini)(void *part))
{
    for (struct ff_bus_part *part = bus->parts; part != NULL; part = part->next)
        if (part->key == key)
            return part->part;
    struct ff_bus_part *part = ff_new(struct ff_bus_part);
    *part = (struct ff_bus_part){bus->parts, key, make(bus), fini};
    bus->parts = part;
    return part->part;
}

/* --- publish and subscribe ------------------------------------------------- */

ff_err ff_bus_state(const struct ff_bus *bus)
{
    if (bus->closing)
        return FF_E_CLOSED;
    return bus->connected ? FF_OK : FF_E_UNAVAILABLE;
}

ff_err ff_bus_publish_for(struct ff_bus *bus, const struct ff_bus_out *out,
                          const char *reply_to)
{
    FF_TRY(ff_bus_out_check(out));
    FF_TRY(ff_bus_state(bus));
    return ff_bus_link_publish(bus->link, reply_to, out);
}

ff_err ff_bus_publish(struct ff_bus *bus, const struct ff_bus_out *out)
{
    return ff_bus_publish_for(bus, out, NULL);
}

ff_err ff_bus_reply(struct ff_bus *bus, const struct ff_bus_msg *to,
                    const struct ff_bus_out *out)
{
    struct ff_bus_out reply = *out;
    if (!ff_bus_msg_wants_reply(to))
        return FF_OK;
    reply.subject = ff_bus_msg_reply_to(to).data; /* ends by NUL at libnats */
    return ff_bus_publish(bus, &reply);
}

void ff_bus_new_inbox(struct ff_bus *bus, struct ff_subject_text *out)
{
    snprintf(out->text, sizeof(out->text), "%s.c.%llu", bus->inbox,
             (unsigned long long)++bus->inbox_count);
}

struct ff_bus_sub *ff_bus_subscribe(struct ff_bus *bus, const char *subject,
                                    const char *queue, ff_bus_on_msg *fn,
                                    void *ctx)
{
    struct ff_bus_sub *sub = ff_new(struct ff_bus_sub);
    *sub = (struct ff_bus_sub){.bus = bus, .fn = fn, .ctx = ctx};
    sub->id = ff_bus_slots_add(&bus->subs, sub);
    if (!bus->closing)
        ff_bus_link_subscribe(bus->link, sub->id, subject, queue);
    return sub;
}

void ff_bus_unsubscribe(struct ff_bus_sub **sub)
{
    struct ff_bus_sub *old = *sub;
    *sub = NULL;
    if (old == NULL)
        return;
    ff_bus_slots_remove(&old->bus->subs, old->id);
    if (!old->bus->closing)
        ff_bus_link_unsubscribe(old->bus->link, old->id);
    free(old);
}
