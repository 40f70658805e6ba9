#ifndef HUB_FAKE_AROUND_H
#define HUB_FAKE_AROUND_H

/*
 * What else is around the hub in hub_fake.h: the service, the registry,
 * buckets, requests between services; and two workers whose mail is read.
 */

#include "hub_fake_bus.h"

/* --- ff_svc.h --------------------------------------------------------------- */

struct ff_loop *ff_svc_loop(struct ff_svc *svc)
{
    (void)svc;
    return NULL;
}

struct ff_bus *ff_svc_bus(struct ff_svc *svc)
{
    (void)svc;
    return NULL;
}

const char *ff_svc_instance(struct ff_svc *svc)
{
    (void)svc;
    return "gw1";
}

/* --- ff_app.h: one app, "dev" ------------------------------------------------ */

struct ff_apps {
    void (*on_change)(void *ctx, const char *app_id);
    void *ctx;
};

struct ff_apps *ff_apps_new(struct ff_bus *bus,
                            void (*on_change)(void *ctx, const char *app_id),
                            void *ctx)
{
    struct ff_apps *apps = ff_new(struct ff_apps);

    (void)bus;
    *apps = (struct ff_apps){on_change, ctx};
    fake.apps = apps;
    return apps;
}

void ff_apps_free(struct ff_apps **apps)
{
    free(*apps);
    *apps = NULL;
}

bool ff_apps_synced(const struct ff_apps *apps)
{
    (void)apps;
    return true;
}

struct ff_app *ff_apps_find(const struct ff_apps *apps, const char *id)
{
    (void)apps;
    return strcmp(id, "dev") == 0 ? fake.app : NULL;
}

static inline void fake_set_app(const char *namespaces)
{
    struct ff_why why = {0};
    char *text = ff_asprintf("{\"id\":\"dev\",\"name\":\"Dev\",\"enabled\":"
                             "true,\"namespaces\":{%s}}",
                             namespaces);
    json_t *record;

    assert_int_equal(ff_json_parse_object(ff_slice_str(text), &record, &why),
                     FF_OK);
    ff_app_unref(&fake.app);
    if (ff_app_decode(record, &fake.app, &why) != FF_OK)
        fail_msg("%s: %s", why.field, why.text);
    json_decref(record);
    free(text);
    if (fake.apps != NULL)
        fake.apps->on_change(fake.apps->ctx, "dev");
}

/* --- ff_kv.h: the bucket of revocations --------------------------------------- */

struct ff_kv_watch *ff_kv_watch_new(struct ff_bus *bus, enum ff_bucket bucket,
                                    ff_kv_on_entry *fn, void *ctx)
{
    (void)bus;
    if (bucket == FF_BUCKET_STATUS) {
        fake.on_status = fn;
        fake.status_ctx = ctx;
        return NULL;
    }
    assert_int_equal(bucket, FF_BUCKET_REVOKED);
    fake.on_revoked = fn;
    fake.revoked_ctx = ctx;
    return NULL;
}

void ff_kv_watch_free(struct ff_kv_watch **watch)
{
    *watch = NULL;
    fake.on_revoked = NULL;
}

static inline void fake_set_status(const char *key, const char *value)
{
    const struct ff_kv_entry entry = {
        .key = key, .value = ff_slice_str(value), .deleted = value == NULL};

    fake.on_status(fake.status_ctx, FF_OK, &entry);
}

static inline void fake_revoke(const char *key, const char *value)
{
    const struct ff_kv_entry entry = {.key = key, .value = ff_slice_str(value)};

    fake.on_revoked(fake.revoked_ctx, FF_OK, &entry);
}

/* --- ff_rpc.h ----------------------------------------------------------------- */

struct fake_rpc {
    ff_rpc_on_result *fn;
    void *ctx;
};

static inline void fake_on_rpc(void *arg)
{
    struct fake_rpc *rpc = arg;
    const struct ff_why why = {"field", "words"};
    json_t *result = NULL;

    if (fake.rpc_result != NULL)
        assert_int_equal(
            ff_json_parse_object(ff_slice_str(fake.rpc_result), &result, NULL),
            FF_OK);
    rpc->fn(rpc->ctx, fake.rpc_err, &why, result);
    json_decref(result);
    free(rpc);
}

void ff_rpc_call(struct ff_bus *bus, const char *subject, struct ff_slice json,
                 int timeout_ms, ff_rpc_on_result *fn, void *ctx)
{
    struct fake_rpc *rpc = ff_new(struct fake_rpc);

    (void)bus, (void)timeout_ms;
    if (fake.on_rpc != NULL) {
        free(rpc);
        fake.on_rpc(subject, json, fn, ctx);
        return;
    }
    *rpc = (struct fake_rpc){fn, ctx};
    fake.rpc_calls++;
    snprintf(fake.rpc_subject, sizeof(fake.rpc_subject), "%s", subject);
    snprintf(fake.rpc_body, sizeof(fake.rpc_body), "%.*s", (int)json.len,
             json.data);
    fake_at(fake_soon(), fake_on_rpc, rpc);
}

struct ff_rpc_server *ff_rpc_serve(struct ff_bus *bus, enum ff_subject row,
                                   const char *first, const char *queue,
                                   const struct ff_rpc_verb *verbs,
                                   size_t count, void *ctx)
{
    (void)bus, (void)row, (void)first, (void)queue;
    fake.verbs = verbs;
    fake.verb_count = count;
    fake.verbs_ctx = ctx;
    return NULL;
}

void ff_rpc_server_free(struct ff_rpc_server **server)
{
    *server = NULL;
}

void ff_rpc_reply_value(struct ff_rpc_req *req, json_t *stolen)
{
    char *text = json_dumps(stolen, JSON_COMPACT | JSON_SORT_KEYS);

    (void)req;
    snprintf(fake.replied, sizeof(fake.replied), "%s", text);
    free(text);
    json_decref(stolen);
}

void ff_rpc_fail(struct ff_rpc_req *req, ff_err err, const struct ff_why *why)
{
    (void)req, (void)why;
    fake.failed = err;
}

static inline void fake_ask(const char *verb, const char *body)
{
    struct ff_why why = {0};
    json_t *object;

    fake.replied[0] = '\0';
    fake.failed = FF_OK;
    assert_int_equal(ff_json_parse_object(ff_slice_str(body), &object, &why),
                     FF_OK);
    for (size_t i = 0; i < fake.verb_count; i++) {
        const struct ff_rpc_verb *row = &fake.verbs[i];
        if (strcmp(row->name, verb) != 0)
            continue;
        void *in = ff_zalloc(row->schema->size);
        assert_int_equal(ff_schema_decode(row->schema, object, in, &why),
                         FF_OK);
        row->handler(fake.verbs_ctx, NULL, in);
        free(in);
    }
    json_decref(object);
}

/* --- the workers' mail -------------------------------------------------------- */

#define FAKE_WORKERS 2
#define MAIL_MAX     16384

static struct {
    struct to_worker items[MAIL_MAX];
    size_t first, count;
} fake_mail[FAKE_WORKERS];

static inline void fake_on_mail(void *ctx, struct to_worker *item)
{
    unsigned w = *(unsigned *)ctx;

    assert_true(fake_mail[w].count < MAIL_MAX);
    fake_mail[w].items[fake_mail[w].count++] = *item;
    *item = (struct to_worker){0};
}

/* The next item of a worker, which the caller ends; false: none is there. */
static inline bool fake_take(unsigned w, struct to_worker *out)
{
    while (handoff_drain_worker(fake.handoff, w, fake_on_mail, &w) > 0)
        ;
    if (fake_mail[w].first == fake_mail[w].count) {
        fake_mail[w].first = fake_mail[w].count = 0;
        return false;
    }
    *out = fake_mail[w].items[fake_mail[w].first++];
    return true;
}

static inline struct to_worker fake_expect(unsigned w, enum to_worker_type type)
{
    struct to_worker item;

    if (!fake_take(w, &item))
        fail_msg("worker %u: no mail, %d expected", w, (int)type);
    assert_int_equal(item.type, type);
    return item;
}

static inline void fake_expect_nothing(unsigned w)
{
    struct to_worker item;

    if (fake_take(w, &item))
        fail_msg("worker %u: mail of type %d", w, (int)item.type);
}

static inline void fake_skip_mail(void)
{
    struct to_worker item;

    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        while (fake_take(w, &item))
            to_worker_fini(&item);
    }
}

/* --- life --------------------------------------------------------------------- */

static inline void fake_open(uint64_t seed, const char *namespaces)
{
    struct ff_map *map = ff_map_new();

    ff_map_gets(map, "all maps have their keys now");
    ff_map_free(&map);
    memset(&fake, 0, sizeof(fake)); /* also after a test that failed */
    memset(&fake_mail, 0, sizeof(fake_mail));
    fake.random = seed * 2654435761u + 88172645463325252u;
    fake.latency_ms = 5;
    fake.connected = true;
    fake.generation = 1;
    fake_set_now(0);
    fake_set_app(namespaces);
    fake.conf.channel_linger_s = 5;
    fake.conf.ring_messages = 16;
    fake.conf.ring_bytes = 1 << 20;
    fake.conf.recover_max = 100;
    fake.conf.max_replay_bytes = 1 << 20;
    fake.conf.drain_ms = 1000;
    fake.handoff = handoff_new(FAKE_WORKERS);
    fake.hub = hub_new(NULL, &fake.conf, fake.handoff);
}

/* The service ends: what was still out is told so after the hub is gone. */
static inline void fake_close(void)
{
    hub_free(&fake.hub);
    while (fake.call_count > 0) {
        struct fake_call *call = fake.calls[fake.call_count - 1];
        if (fake_call_end(call))
            call->end(call, FF_E_CLOSED);
    }
    fake.connected = false;
    fake_run(INT64_MAX / 4);
    assert_int_equal(fake.event_count, 0); /* a timer that was not ended */
    fake_skip_mail();
    for (size_t i = 0; i < fake.sub_count; i++)
        free(fake.subs[i]);
    handoff_free(&fake.handoff);
    ff_app_unref(&fake.app);
    ff_clock_thaw();
    memset(&fake, 0, sizeof(fake));
}

static inline void fake_say(struct to_hub *item)
{
    item->app = ff_app_ref(fake.app);
    assert_int_equal(handoff_to_hub(fake.handoff, item), FF_OK);
}

#endif
