#include "handoff.h"

#include <stdio.h>
#include <stdlib.h>

#include "ff_mailbox.h"

/* Actions of clients that the hub has not taken yet: beyond it, "busy". */
#define HUB_LIMIT    65536
#define WORKER_LIMIT 65536

/* Items taken in one go: between two of them a loop writes what it has. */
#define HUB_BATCH    1024
#define WORKER_BATCH 256

struct end {
    struct ff_mailbox *box;
    void (*wake)(void *ctx);
    void *ctx;
};

struct handoff {
    unsigned workers;
    struct end hub;
    struct end worker[];
};

void conn_name(const char *instance, conn_id id, char out[CONN_NAME_MAX])
{
    snprintf(out, CONN_NAME_MAX, "%.40s.%llx", instance,
             (unsigned long long)id);
}

void to_hub_fini(struct to_hub *item)
{
    ff_app_unref(&item->app);
    query_unref(&item->query);
    char *texts[] = {item->channel, item->reply.ref,  item->event,
                     item->sender,  item->recipients, item->except,
                     item->key,     item->body,       item->text,
                     item->user,    item->after};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    *item = (struct to_hub){.type = item->type};
}

static void free_identity(struct ff_identity *identity)
{
    if (!identity)
        return;
    ff_identity_fini(identity);
    free(identity);
}

void to_worker_drop_messages(struct to_worker *item)
{
    for (size_t i = 0; i < item->message_count; i++)
        message_unref(&item->messages[i]);
    free(item->messages);
    item->messages = NULL;
    item->message_count = 0;
}

void to_worker_fini(struct to_worker *item)
{
    ff_app_unref(&item->app);
    query_unref(&item->query);
    message_unref(&item->message);
    news_unref(&item->news);
    to_worker_drop_messages(item);
    free_identity(item->identity);
    char *texts[] = {item->channel, item->reply.ref, item->text, item->user,
                     item->token_id};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    *item = (struct to_worker){.type = item->type};
}

struct query *query_ref(struct query *query)
{
    atomic_fetch_add_explicit(&query->refs, 1, memory_order_relaxed);
    return query;
}

void query_unref(struct query **query)
{
    struct query *q = *query;
    *query = NULL;
    if (!q || atomic_fetch_sub(&q->refs, 1) != 1)
        return;
    free(q->app);
    free(q->user);
    free(q->connection);
    free(q->reason);
    free(q->channel);
    free(q->prefix);
    free(q);
}

static void end_wake(void *ctx)
{
    struct end *end = ctx;
    if (end->wake)
        end->wake(end->ctx);
}

struct handoff *handoff_new(unsigned workers)
{
    struct handoff *h = ff_zalloc(sizeof(*h) + workers * sizeof(h->worker[0]));
    h->workers = workers;
    h->hub.box =
        ff_mailbox_new(sizeof(struct to_hub), HUB_LIMIT, end_wake, &h->hub);
    for (unsigned i = 0; i < workers; i++)
        h->worker[i].box = ff_mailbox_new(
            sizeof(struct to_worker), WORKER_LIMIT, end_wake, &h->worker[i]);
    return h;
}

static void drop_to_hub(void *ctx, struct to_hub *item)
{
    (void)ctx;
    to_hub_fini(item);
}

static void drop_to_worker(void *ctx, struct to_worker *item)
{
    (void)ctx;
    to_worker_fini(item);
}

void handoff_free(struct handoff **h)
{
    struct handoff *old = *h;
    if (!old)
        return;
    handoff_on_hub(old, NULL, NULL);
    while (handoff_drain_hub(old, drop_to_hub, NULL) > 0)
        ;
    ff_mailbox_free(&old->hub.box);
    for (unsigned i = 0; i < old->workers; i++) {
        handoff_on_worker(old, i, NULL, NULL);
        while (handoff_drain_worker(old, i, drop_to_worker, NULL) > 0)
            ;
        ff_mailbox_free(&old->worker[i].box);
    }
    free(old);
    *h = NULL;
}

ff_err handoff_to_hub(struct handoff *h, struct to_hub *item)
{
    FF_TRY(ff_mailbox_post(h->hub.box, item));
    *item = (struct to_hub){.type = item->type};
    return FF_OK;
}

void handoff_tell_hub(struct handoff *h, struct to_hub *item)
{
    ff_mailbox_force(h->hub.box, item);
    *item = (struct to_hub){.type = item->type};
}

void handoff_to_worker(struct handoff *h, unsigned worker,
                       struct to_worker *item)
{
    ff_mailbox_force(h->worker[worker].box, item);
    *item = (struct to_worker){.type = item->type};
}

static void set_end(struct end *end, void (*wake)(void *ctx), void *ctx)
{
    end->wake = wake;
    end->ctx = ctx;
}

void handoff_on_hub(struct handoff *h, void (*wake)(void *ctx), void *ctx)
{
    set_end(&h->hub, wake, ctx);
}

void handoff_on_worker(struct handoff *h, unsigned worker,
                       void (*wake)(void *ctx), void *ctx)
{
    set_end(&h->worker[worker], wake, ctx);
}

struct hub_taker {
    void (*take)(void *ctx, struct to_hub *item);
    void *ctx;
};

static void take_to_hub(void *ctx, void *item)
{
    struct hub_taker *taker = ctx;
    taker->take(taker->ctx, item);
}

size_t handoff_drain_hub(struct handoff *h,
                         void (*take)(void *ctx, struct to_hub *item),
                         void *ctx)
{
    struct hub_taker taker = {take, ctx};
    return ff_mailbox_drain(h->hub.box, HUB_BATCH, take_to_hub, &taker);
}

struct worker_taker {
    void (*take)(void *ctx, struct to_worker *item);
    void *ctx;
};

static void take_to_worker(void *ctx, void *item)
{
    struct worker_taker *taker = ctx;
    taker->take(taker->ctx, item);
}

size_t handoff_drain_worker(struct handoff *h, unsigned worker,
                            void (*take)(void *ctx, struct to_worker *item),
                            void *ctx)
{
    struct worker_taker taker = {take, ctx};
    return ff_mailbox_drain(h->worker[worker].box, WORKER_BATCH, take_to_worker,
                            &taker);
}

unsigned handoff_workers(const struct handoff *h)
{
    return h->workers;
}
