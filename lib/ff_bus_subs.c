#include "ff_bus_subs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ff_bus_link.h"
#include "ff_bus_msg.h"
#include "ff_metric.h"

/* Kept alive by the table and by every subscription of libnats that has not made its last call. */
struct entry {
    struct ff_bus_subs *subs;
    uint64_t id;
    char *subject, *queue;
    natsSubscription *nats;
    atomic_uint refs;
};

struct grave {
    int64_t at_ms;
    natsSubscription *nats;
    struct ff_bus_conn *conn;
};

struct ff_bus_subs {
    ff_bus_subs_on_msg *fn;
    void *ctx;
    struct entry **slots;
    size_t slot_count, slot_cap;
    struct grave *graves; /* in order of time, from grave_first on */
    size_t grave_first, grave_count, grave_cap;
    uv_mutex_t lock;
    uv_cond_t completed;
    size_t open; /* under lock: those that may still call */
};

/* --- calls of libnats, on its delivery thread ------------------------------ */

static void entry_unref(struct entry *e)
{
    if (atomic_fetch_sub(&e->refs, 1) > 1)
        return;
    free(e->subject);
    free(e->queue);
    free(e);
}

static void on_msg(natsConnection *nats, natsSubscription *sub, natsMsg *msg,
                   void *closure)
{
    struct entry *e = closure;
    (void)nats;
    (void)sub;
    e->subs->fn(e->subs->ctx, e->id, ff_bus_msg_take(msg));
}

static void on_complete(void *closure)
{
    struct entry *e = closure;
    struct ff_bus_subs *subs = e->subs;
    entry_unref(e);
    uv_mutex_lock(&subs->lock);
    subs->open--;
    uv_cond_signal(&subs->completed);
    uv_mutex_unlock(&subs->lock);
}

/* --- the graveyard --------------------------------------------------------- */

static void bury(struct ff_bus_subs *subs, natsSubscription *nats,
                 struct ff_bus_conn *conn)
{
    struct grave grave = {ff_bus_now_ms(), nats, conn};
    if (subs->grave_first > subs->grave_count / 2) {
        subs->grave_count -= subs->grave_first;
        memmove(subs->graves, subs->graves + subs->grave_first,
                subs->grave_count * sizeof(grave));
        subs->grave_first = 0;
    }
    subs->graves = ff_grow(subs->graves, &subs->grave_cap,
                           subs->grave_count + 1, sizeof(grave));
    subs->graves[subs->grave_count++] = grave;
}

void ff_bus_subs_bury(struct ff_bus_subs *subs, struct ff_bus_conn *conn)
{
    bury(subs, NULL, conn);
}

void ff_bus_subs_dig(struct ff_bus_subs *subs, int64_t before_ms)
{
    while (subs->grave_first < subs->grave_count) {
        struct grave *grave = &subs->graves[subs->grave_first];
        if (grave->at_ms >= before_ms)
            return;
        if (grave->conn != NULL)
            ff_bus_conn_free(&grave->conn);
        else
            natsSubscription_Destroy(grave->nats);
        subs->grave_first++;
    }
}

/* --- the table ------------------------------------------------------------- */

static void make(struct entry *e, struct ff_bus_conn *conn)
{
    struct ff_bus_subs *subs = e->subs;
    atomic_fetch_add(&e->refs, 1);
    uv_mutex_lock(&subs->lock);
    subs->open++;
    uv_mutex_unlock(&subs->lock);
    e->nats = ff_bus_conn_subscribe(conn, e->subject, e->queue, on_msg,
                                    on_complete, e);
    if (e->nats == NULL)
        on_complete(e);
}

static void unbind(struct entry *e)
{
    if (e->nats == NULL)
        return;
    natsSubscription_Unsubscribe(e->nats);
    bury(e->subs, e->nats, NULL);
    e->nats = NULL;
}

static struct entry **find(struct ff_bus_subs *subs, uint64_t id)
{
    size_t slot = ff_bus_slot(id);
    if (slot >= subs->slot_count) {
        subs->slots = ff_grow(subs->slots, &subs->slot_cap, slot + 1,
                              sizeof(struct entry *));
        while (subs->slot_count <= slot)
            subs->slots[subs->slot_count++] = NULL;
    }
    return &subs->slots[slot];
}

void ff_bus_subs_add(struct ff_bus_subs *subs, uint64_t id, const char *subject,
                     const char *queue, struct ff_bus_conn *conn)
{
    struct entry *e = ff_new(struct entry);
    e->subs = subs;
    e->id = id;
    e->subject = ff_strdup(subject);
    e->queue = ff_strdup(queue);
    atomic_init(&e->refs, 1);
    *find(subs, id) = e;
    ff_metric_add(FF_M_BUS_SUBSCRIPTIONS, 1);
    if (conn != NULL)
        make(e, conn);
}

void ff_bus_subs_remove(struct ff_bus_subs *subs, uint64_t id)
{
    struct entry **at = find(subs, id);
    unbind(*at);
    entry_unref(*at);
    *at = NULL;
    ff_metric_add(FF_M_BUS_SUBSCRIPTIONS, -1);
}

void ff_bus_subs_bind(struct ff_bus_subs *subs, struct ff_bus_conn *conn)
{
    for (size_t i = 0; i < subs->slot_count; i++)
        if (subs->slots[i] != NULL)
            make(subs->slots[i], conn);
}

void ff_bus_subs_unbind(struct ff_bus_subs *subs)
{
    for (size_t i = 0; i < subs->slot_count; i++)
        if (subs->slots[i] != NULL)
            unbind(subs->slots[i]);
}

/* --- life ------------------------------------------------------------------ */

struct ff_bus_subs *ff_bus_subs_new(ff_bus_subs_on_msg *fn, void *ctx)
{
    struct ff_bus_subs *subs = ff_new(struct ff_bus_subs);
    subs->fn = fn;
    subs->ctx = ctx;
    if (uv_mutex_init(&subs->lock) != 0 || uv_cond_init(&subs->completed) != 0)
        ff_bug("no lock");
    return subs;
}

static void await_last_call(struct ff_bus_subs *subs)
{
    uv_mutex_lock(&subs->lock);
    while (subs->open > 0)
        uv_cond_wait(&subs->completed, &subs->lock);
    uv_mutex_unlock(&subs->lock);
}

void ff_bus_subs_free(struct ff_bus_subs **subs)
{
    struct ff_bus_subs *old = *subs;
    *subs = NULL;
    await_last_call(old);
    ff_bus_subs_dig(old, INT64_MAX);
    for (size_t i = 0; i < old->slot_count; i++)
        if (old->slots[i] != NULL) {
            entry_unref(old->slots[i]);
            ff_metric_add(FF_M_BUS_SUBSCRIPTIONS, -1);
        }
    uv_cond_destroy(&old->completed);
    uv_mutex_destroy(&old->lock);
    free(old->graves);
    free(old->slots);
    free(old);
}
