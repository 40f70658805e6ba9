#include "hub.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "feed.h"
#include "epoch.h"
#include "ff_clock.h"
#include "ff_log.h"
#include "ff_subject.h"
#include "gate.h"
#include "history.h"
#include "presence.h"
#include "publish.h"
#include "queries.h"
#include "revoked.h"
#include "stored.h"

#define TICK_MS    1000
#define CHECKS_MAX 256
#define READS_MAX  64

struct hub *hub_ref(struct hub *hub)
{
    hub->refs++;
    return hub;
}

void hub_unref(struct hub **hub)
{
    struct hub *gone = *hub;

    *hub = NULL;
    if (gone != NULL && --gone->refs == 0)
        free(gone);
}

struct ff_app *hub_app(struct hub *hub, struct ff_app *seen)
{
    struct ff_app *now = ff_apps_find(hub->apps, seen->id);

    return now != NULL ? now : seen;
}

struct to_hub hub_take_item(struct to_hub *item)
{
    struct to_hub taken = *item;

    *item = (struct to_hub){.type = taken.type, .worker = taken.worker};
    return taken;
}

/* --- to the workers ------------------------------------------------------ */

static void set_app_id(struct to_worker *out, const char *app_id)
{
    size_t len = strnlen(app_id, sizeof(out->app_id) - 1);

    memcpy(out->app_id, app_id, len);
    out->app_id[len] = '\0';
}

void hub_answer(struct to_hub *item, enum to_worker_type type,
                struct to_worker *out)
{
    *out = (struct to_worker){.type = type, .reply = item->reply};
    item->reply = (struct reply_to){0};
    if (item->app != NULL)
        set_app_id(out, item->app->id);
    out->channel = ff_strdup(item->channel);
    out->verb = item->verb;
}

void hub_send(struct hub *hub, unsigned worker, struct to_worker *item)
{
    handoff_to_worker(hub->handoff, worker, item);
}

void hub_refuse(struct hub *hub, struct to_hub *item, enum to_worker_type type,
                ff_err err, const struct ff_why *why)
{
    struct to_worker out;

    hub_answer(item, type, &out);
    out.err = err;
    if (why != NULL)
        out.why = *why;
    hub_send(hub, item->worker, &out);
}

void hub_send_all(struct hub *hub,
                  void (*fill)(const void *arg, struct to_worker *out),
                  const void *arg)
{
    for (unsigned i = 0; i < handoff_workers(hub->handoff); i++) {
        struct to_worker out = {0};
        fill(arg, &out);
        hub_send(hub, i, &out);
    }
}

/* --- the app registry ---------------------------------------------------- */

struct app_news {
    const char *id;
    struct ff_app *app; /* NULL: gone or disabled */
};

static void fill_app(const void *arg, struct to_worker *out)
{
    const struct app_news *news = arg;

    out->type = TO_WORKER_APP;
    set_app_id(out, news->id);
    out->app = news->app == NULL ? NULL : ff_app_ref(news->app);
}

static void on_app(void *ctx, const char *app_id)
{
    struct hub *hub = ctx;
    const struct app_news news = {app_id, ff_apps_find(hub->apps, app_id)};

    hub_send_all(hub, fill_app, &news);
    feeds_on_app(hub, app_id);
}

/* --- messages for every connection of an app ----------------------------- */

static void fill_broadcast(const void *arg, struct to_worker *out)
{
    struct message *message = (struct message *)(uintptr_t)arg;

    out->type = TO_WORKER_BROADCAST;
    set_app_id(out, message->names.app);
    out->message = message_ref(message);
}

static void on_broadcast(void *ctx, struct ff_bus_msg *msg)
{
    struct hub *hub = ctx;
    struct message *message;

    if (message_new(msg, &message) != FF_OK) {
        ff_warn("broadcast_not_understood");
        return;
    }
    hub_send_all(hub, fill_broadcast, message);
    message_unref(&message);
}

static void follow_broadcasts(struct hub *hub)
{
    struct ff_subject_text subject;

    ff_subject_wildcard(FF_SUBJ_BROADCAST, &subject);
    hub->broadcasts =
        ff_bus_subscribe(hub->bus, subject.text, NULL, on_broadcast, hub);
}

/* --- from the workers ---------------------------------------------------- */

static void on_stopped(struct hub *hub, struct to_hub *item)
{
    (void)item;
    if (++hub->stopped == handoff_workers(hub->handoff) &&
        hub->on_drained != NULL)
        hub->on_drained(hub->drained_ctx);
}

static void (*const handlers[])(struct hub *hub, struct to_hub *item) = {
    [TO_HUB_SUBSCRIBE] = feed_subscribe, [TO_HUB_DROP] = feed_drop,
    [TO_HUB_PUBLISH] = publish,          [TO_HUB_HISTORY] = history_ask,
    [TO_HUB_VERIFY] = calls_verify,      [TO_HUB_CALL] = calls_call,
    [TO_HUB_ANSWER] = queries_answer,    [TO_HUB_STOPPED] = on_stopped,
    [TO_HUB_PRESENCE] = presence_member, [TO_HUB_MEMBERS] = presence_list,
    [TO_HUB_STATUS] = presence_set,
};

static void take(void *ctx, struct to_hub *item)
{
    struct hub *hub = ctx;

    handlers[item->type](hub, item);
    to_hub_fini(item);
}

static void on_wake(void *ctx)
{
    struct hub *hub = ctx;

    handoff_drain_hub(hub->handoff, take, hub);
}

static void on_tick(void *ctx)
{
    struct hub *hub = ctx;

    int64_t now_ms = ff_clock_steady_ms();

    feeds_tick(hub, now_ms);
    epoch_tick(hub, now_ms);
    stored_tick(hub, now_ms);
    revoked_tick(hub->revoked, now_ms);
    presence_tick(hub->presence, now_ms);
}

/* --- life ---------------------------------------------------------------- */

struct hub *hub_new(struct ff_svc *svc, const struct gateway_conf *conf,
                    struct handoff *handoff)
{
    struct hub *hub = ff_new(struct hub);

    hub->refs = 1;
    hub->loop = ff_svc_loop(svc);
    hub->bus = ff_svc_bus(svc);
    hub->instance = ff_svc_instance(svc);
    hub->started_ms = ff_clock_ms();
    hub->conf = conf;
    hub->handoff = handoff;
    hub->epoch = epoch_new();
    hub->checks = gate_new(CHECKS_MAX);
    hub->reads = gate_new(READS_MAX);
    ring_pool_init(&hub->rings, (size_t)conf->ring_messages,
                   (size_t)conf->ring_bytes);
    TAILQ_INIT(&hub->audits);
    hub->feeds = feeds_new();
    hub->publisher = publisher_new();
    hub->wake = ff_wake_new(hub->loop, on_wake, hub);
    handoff_on_hub(handoff, ff_wake_up, hub->wake);
    hub->tick = ff_timer_new(hub->loop, TICK_MS, TICK_MS, on_tick, hub);
    hub->apps = ff_apps_new(hub->bus, on_app, hub);
    hub->revoked = revoked_new(hub);
    hub->presence = presence_new(hub);
    hub->queries = queries_new(hub);
    follow_broadcasts(hub);
    return hub;
}

void hub_free(struct hub **hub)
{
    struct hub *gone = *hub;

    if (gone == NULL)
        return;
    gone->closed = true;
    handoff_on_hub(gone->handoff, NULL, NULL);
    ff_timer_free(&gone->tick);
    ff_bus_unsubscribe(&gone->broadcasts);
    queries_free(&gone->queries);
    revoked_free(&gone->revoked);
    publisher_free(&gone->publisher);
    feeds_free(&gone->feeds);
    presence_free(&gone->presence);
    epoch_free(&gone->epoch);
    gate_free(&gone->checks);
    gate_free(&gone->reads);
    ff_apps_free(&gone->apps);
    ff_wake_free(&gone->wake);
    hub_unref(hub);
}

bool hub_ready(struct hub *hub, struct ff_why *why)
{
    if (!ff_bus_connected(hub->bus)) {
        ff_why_set(why, FF_E_UNAVAILABLE, "bus", "not connected to NATS");
        return false;
    }
    if (!ff_apps_synced(hub->apps)) {
        ff_why_set(why, FF_E_UNAVAILABLE, "apps",
                   "the app registry is not here yet");
        return false;
    }
    if (!revoked_synced(hub->revoked)) {
        ff_why_set(why, FF_E_UNAVAILABLE, "revoked",
                   "the revocations are not here yet");
        return false;
    }
    return true;
}

static void fill_bus(const void *arg, struct to_worker *out)
{
    out->type = TO_WORKER_BUS;
    out->connected = *(const bool *)arg;
}

void hub_on_bus(struct hub *hub, bool connected)
{
    hub_send_all(hub, fill_bus, &connected);
    presence_on_bus(hub->presence, connected);
    if (connected)
        feeds_renew(hub);
}

static void fill_drain(const void *arg, struct to_worker *out)
{
    const struct hub *hub = arg;

    out->type = TO_WORKER_DRAIN;
    out->limit = hub->conf->drain_ms;
    out->text = ff_strdup(ff_err_text(FF_E_SHUTDOWN));
}

void hub_drain(struct hub *hub, void (*done)(void *ctx), void *ctx)
{
    hub->on_drained = done;
    hub->drained_ctx = ctx;
    hub_send_all(hub, fill_drain, hub);
}
