#include "documents.h"

#include <stdlib.h>

#include "document.h"
#include "ff_log.h"
#include "ff_map.h"
#include "unsaved.h"

#define ENSURE_RETRY_MS 1000
#define FLUSH_STEP_MS   50

struct documents {
    struct ff_svc *svc;
    const struct documents_conf *conf;
    struct ff_loop *loop;
    struct ff_bus *bus;
    struct ff_map *open; /* "app channel" -> struct document */
    struct ff_rpc_server *server;
    struct ff_timer *timer;
    struct unsaved *unsaved; /* NULL: its bucket was not there yet */
    bool stands;             /* the buckets are there */
};

/* Room for one more: any idle one goes; those at work may be more than the limit for a while. */
static void make_room(struct documents *all)
{
    size_t pos = 0;
    struct ff_slice key;
    void *value;

    if (ff_map_count(all->open) < (size_t)all->conf->cache_documents)
        return;
    while (ff_map_next(all->open, &pos, &key, &value)) {
        struct document *doc = value;
        if (!document_is_idle(doc))
            continue;
        ff_map_remove(all->open, key);
        document_free(&doc);
        return;
    }
}

static struct document *find(struct documents *all, const char *app,
                             const char *channel)
{
    struct ff_buf key = {0};

    ff_buf_addf(&key, "%s %s", app, channel);
    struct document *doc = ff_map_get(all->open, ff_buf_slice(&key));
    if (doc == NULL) {
        make_room(all);
        doc = document_new(all->loop, all->bus, all->conf,
                           ff_svc_instance(all->svc), app, channel);
        ff_map_put(all->open, ff_buf_slice(&key), doc);
    }
    ff_buf_fini(&key);
    return doc;
}

static void on_join(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct documents_join *join = in;
    document_join(find(ctx, join->app, join->channel), req);
}

static ff_err check_update(const struct documents *all,
                           const struct documents_update *update,
                           struct ff_why *why)
{
    if ((update->changes == NULL) == (update->merge == NULL))
        return ff_why_set(why, FF_E_MISSING, "changes",
                          "give either changes or merge");
    if (json_array_size(update->changes) > (size_t)all->conf->max_changes)
        return ff_why_set(why, FF_E_TOO_BIG, "changes",
                          "at most %lld are taken",
                          (long long)all->conf->max_changes);
    return FF_OK;
}

static void on_update(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct documents_update *update = in;
    struct ff_why why = {0};
    ff_err err = check_update(ctx, update, &why);

    if (err != FF_OK)
        ff_rpc_fail(req, err, &why);
    else
        document_update(find(ctx, update->app, update->channel), req, update);
}

static const struct ff_rpc_verb verbs[] = {
    {"join", &documents_join_schema, on_join},
    {"update", &documents_update_schema, on_update},
};

static void on_left(void *ctx, const char *mark, const char *app,
                    const char *channel)
{
    document_rescue(find(ctx, app, channel), mark);
}

static void ensure(void *ctx);

static void on_ensured(void *ctx, ff_err err)
{
    struct documents *all = ctx;

    if (err == FF_E_CLOSED)
        return;
    ff_timer_free(&all->timer);
    all->stands = err == FF_OK;
    if (err != FF_OK)
        all->timer = ff_timer_new(all->loop, ENSURE_RETRY_MS, 0, ensure, all);
    else if (all->unsaved == NULL)
        all->unsaved = unsaved_new(all->bus, all->conf, on_left, all);
}

static void on_snapshots_ensured(void *ctx, ff_err err)
{
    struct documents *all = ctx;

    if (err != FF_OK)
        on_ensured(all, err);
    else
        ff_kv_ensure(all->bus, FF_BUCKET_UNSAVED, (int)all->conf->replicas,
                     on_ensured, all);
}

static void ensure(void *ctx)
{
    struct documents *all = ctx;
    ff_kv_ensure(all->bus, FF_BUCKET_DOCS, (int)all->conf->replicas,
                 on_snapshots_ensured, all);
}

static void on_bus(void *state, bool connected)
{
    if (connected)
        ensure(state);
}

static void fini(void *state)
{
    struct documents *all = state;
    size_t pos = 0;
    void *value;

    ff_timer_free(&all->timer);
    unsaved_free(&all->unsaved);
    while (ff_map_next(all->open, &pos, NULL, &value)) {
        struct document *doc = value;
        document_free(&doc);
    }
    ff_rpc_server_free(&all->server);
    ff_map_free(&all->open);
    free(all);
}

static ff_err start(struct ff_svc *svc, void **out_state, struct ff_why *why)
{
    struct documents *all = ff_new(struct documents);

    (void)why;
    all->svc = svc;
    all->conf = ff_svc_conf(svc);
    all->loop = ff_svc_loop(svc);
    all->bus = ff_svc_bus(svc);
    all->open = ff_map_new();
    all->server = ff_rpc_serve(all->bus, FF_SUBJ_DOCUMENTS, NULL, "documents",
                               verbs, sizeof(verbs) / sizeof(verbs[0]), all);
    *out_state = all;
    return FF_OK;
}

static bool ready(void *state, struct ff_why *why)
{
    struct documents *all = state;

    if (!all->stands)
        (void)ff_why_set(why, FF_E_UNAVAILABLE, "bucket",
                         "the buckets of documents are not there yet");
    return all->stands;
}

/* Each pass writes what is changed; done when all are idle. */
static void on_flush(void *ctx)
{
    struct documents *all = ctx;
    size_t pos = 0, busy = 0;
    void *value;

    while (ff_map_next(all->open, &pos, NULL, &value)) {
        document_flush(value);
        busy += !document_is_idle(value);
    }
    if (busy > 0)
        return;
    ff_timer_free(&all->timer);
    ff_svc_stopped(all->svc);
}

static void stop(void *state)
{
    struct documents *all = state;

    ff_timer_free(&all->timer);
    all->timer = ff_timer_new(all->loop, 0, FLUSH_STEP_MS, on_flush, all);
}

const struct ff_svc_def documents_service = {
    .service = FF_SVC_DOCUMENTS,
    .table = &documents_conf_table,
    .conf_size = sizeof(struct documents_conf),
    .start = start,
    .ready = ready,
    .stop = stop,
    .fini = fini,
    .on_bus = on_bus,
};
