#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "ff_subject.h"

#define OPEN_TIMEOUT_MS 5000
#define WAITING_MAX     50000 /* subscribers of one channel */

TAILQ_HEAD(idle_list, feed);

struct feeds {
    struct ff_map *by_name;
    struct idle_list idle; /* without a worker, the oldest first */
};

#define KEY_MAX 320
struct key {
    char text[KEY_MAX];
};

static struct key key_of(const char *app_id, const char *name)
{
    struct key key;

    snprintf(key.text, sizeof(key.text), "%s\n%s", app_id, name);
    return key;
}

struct feeds *feeds_new(void)
{
    struct feeds *feeds = ff_new(struct feeds);

    feeds->by_name = ff_map_new();
    TAILQ_INIT(&feeds->idle);
    return feeds;
}

size_t feeds_count(const struct feeds *feeds)
{
    return ff_map_count(feeds->by_name);
}

struct feed *feeds_find(const struct feeds *feeds, const char *app_id,
                        const char *name)
{
    const struct key key = key_of(app_id, name);

    return ff_map_gets(feeds->by_name, key.text);
}

struct feed *feeds_next(const struct feeds *feeds, size_t *pos)
{
    void *value;

    return ff_map_next(feeds->by_name, pos, NULL, &value) ? value : NULL;
}

/* --- one channel's life -------------------------------------------------- */

struct feed *feed_ref(struct feed *feed)
{
    feed->refs++;
    return feed;
}

void feed_unref(struct feed **feed)
{
    struct feed *gone = *feed;

    *feed = NULL;
    if (gone == NULL || --gone->refs > 0)
        return;
    hub_unref(&gone->hub);
    free(gone->app_id);
    free(gone->name);
    free(gone);
}

static void set_idle(struct feed *feed, bool idle)
{
    struct feeds *feeds = feed->hub->feeds;

    if (feed->idle == idle)
        return;
    feed->idle = idle;
    if (idle)
        TAILQ_INSERT_TAIL(&feeds->idle, feed, idle_link);
    else
        TAILQ_REMOVE(&feeds->idle, feed, idle_link);
    feed->idle_since_ms = ff_clock_steady_ms();
    ff_metric_add(FF_M_CHANNELS, idle ? -1 : 1);
}

/* Nobody waits any more. */
static void feed_close(struct feed *feed)
{
    const struct key key = key_of(feed->app_id, feed->name);

    ff_bus_unsubscribe(&feed->sub);
    set_idle(feed, true);
    TAILQ_REMOVE(&feed->hub->feeds->idle, feed, idle_link);
    ff_map_removes(feed->hub->feeds->by_name, key.text);
    feed->state = FEED_CLOSED;
    held_clear(&feed->held);
    feed_unref(&feed);
}

void feeds_free(struct feeds **feeds)
{
    struct feed *feed;
    struct waiter *waiter;

    for (size_t i = 0; (feed = feeds_next(*feeds, &i)) != NULL;) {
        while ((waiter = TAILQ_FIRST(&feed->waiting)) != NULL) {
            TAILQ_REMOVE(&feed->waiting, waiter, link);
            to_hub_fini(&waiter->item);
            free(waiter);
        }
        feed_close(feed);
    }
    ff_map_free(&(*feeds)->by_name);
    free(*feeds);
    *feeds = NULL;
}

const struct ff_namespace *feed_namespace(const struct feed *feed)
{
    const struct ff_app *app = ff_apps_find(feed->hub->apps, feed->app_id);

    return app == NULL ? NULL : ff_app_namespace(app, ff_slice_str(feed->name));
}

struct position feed_position(const struct feed *feed)
{
    (void)feed;
    return (struct position){0};
}

/* --- to the workers ------------------------------------------------------ */

static void send_to(struct feed *feed, unsigned worker, struct to_worker *item)
{
    snprintf(item->app_id, sizeof(item->app_id), "%s", feed->app_id);
    item->channel = ff_strdup(feed->name);
    hub_send(feed->hub, worker, item);
}

void feed_deliver(struct feed *feed, struct message *message)
{
    for (unsigned i = 0; feed->workers >> i != 0; i++) {
        if ((feed->workers >> i & 1) == 0)
            continue;
        struct to_worker out = {.type = TO_WORKER_DELIVER,
                                .message = message_ref(message)};
        send_to(feed, i, &out);
        if (i == 63)
            break;
    }
}

void feed_tell_lost(struct feed *feed)
{
    for (unsigned i = 0; feed->workers >> i != 0; i++) {
        if ((feed->workers >> i & 1) == 0)
            continue;
        struct to_worker out = {.type = TO_WORKER_LOST,
                                .position = feed_position(feed)};
        send_to(feed, i, &out);
        if (i == 63)
            break;
    }
}

void feed_answer(struct feed *feed, struct to_hub *item,
                 enum recovered recovered, struct message **messages,
                 size_t count)
{
    struct to_worker out;

    hub_answer(item, TO_WORKER_SUBSCRIBED, &out);
    out.position = feed_position(feed);
    out.recovered = recovered;
    out.messages = messages;
    out.message_count = count;
    hub_send(feed->hub, item->worker, &out);
    to_hub_fini(item);
}

static void refuse(struct hub *hub, struct to_hub *item, ff_err err)
{
    hub_refuse(hub, item, TO_WORKER_SUBSCRIBED, err, NULL);
}

/* --- those who wait ------------------------------------------------------ */

void feed_wait(struct feed *feed, struct to_hub *item)
{
    if (feed->waiting_count == WAITING_MAX) {
        refuse(feed->hub, item, FF_E_BUSY);
        return;
    }
    struct waiter *waiter = ff_new(struct waiter);
    waiter->item = hub_take_item(item);
    waiter->since_ms = ff_clock_steady_ms();
    TAILQ_INSERT_TAIL(&feed->waiting, waiter, link);
    feed->waiting_count++;
}

static struct to_hub end_wait(struct feed *feed, struct waiter *waiter)
{
    struct to_hub item = waiter->item;

    TAILQ_REMOVE(&feed->waiting, waiter, link);
    feed->waiting_count--;
    free(waiter);
    return item;
}

static void refuse_waiter(struct feed *feed, struct waiter *waiter, ff_err err)
{
    struct to_hub item = end_wait(feed, waiter);

    refuse(feed->hub, &item, err);
    to_hub_fini(&item);
}

void feed_refuse_waiting(struct feed *feed, ff_err err)
{
    struct waiter *waiter, *next;

    for (waiter = TAILQ_FIRST(&feed->waiting); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        refuse_waiter(feed, waiter, err);
    }
}

void feed_fail(struct feed *feed, ff_err err)
{
    feed_refuse_waiting(feed, err);
    feed_close(feed);
}

/* --- opening ------------------------------------------------------------- */

static void go_live(struct feed *feed)
{
    struct waiter *waiter;

    feed->state = FEED_LIVE;
    while ((waiter = TAILQ_FIRST(&feed->waiting)) != NULL) {
        struct to_hub item = end_wait(feed, waiter);
        feed_answer(feed, &item, RECOVERED_NOT_ASKED, NULL, 0);
    }
    for (size_t i = 0; i < feed->held.count; i++)
        feed_deliver(feed, feed->held.items[i]);
    held_clear(&feed->held);
}

static void on_open(void *ctx, ff_err err)
{
    struct feed *feed = ctx;

    if (feed->state == FEED_OPENING) {
        if (err != FF_OK)
            feed_fail(feed, err);
        else
            go_live(feed);
    }
    feed_unref(&feed);
}

static void on_live(void *ctx, struct ff_bus_msg *msg)
{
    struct feed *feed = ctx;
    struct message *message;

    if (message_new(msg, &message) != FF_OK) {
        ff_warn("message_not_understood", ff_fs("app", feed->app_id),
                ff_fs("channel", feed->name));
        return;
    }
    if (feed->state == FEED_LIVE)
        feed_deliver(feed, message);
    else
        held_add(&feed->held, message);
    message_unref(&message);
}

static struct feed *feed_new(struct hub *hub, const char *app_id,
                             const char *name)
{
    const struct key key = key_of(app_id, name);
    struct feed *feed = ff_new(struct feed);

    feed->hub = hub_ref(hub);
    feed->refs = 1;
    feed->app_id = ff_strdup(app_id);
    feed->name = ff_strdup(name);
    TAILQ_INIT(&feed->waiting);
    ff_metric_add(FF_M_CHANNELS, 1);
    ff_map_puts(hub->feeds->by_name, key.text, feed);
    return feed;
}

static ff_err feed_open(struct hub *hub, const struct to_hub *item,
                        struct feed **out_feed)
{
    struct ff_subject_text subject;

    if (!ff_bus_connected(hub->bus))
        return FF_E_UNAVAILABLE;
    FF_TRY(
        ff_subject_build(&subject, FF_SUBJ_LIVE, item->app->id, item->channel));
    struct feed *feed = feed_new(hub, item->app->id, item->channel);
    feed->sub = ff_bus_subscribe(hub->bus, subject.text, NULL, on_live, feed);
    ff_bus_barrier(hub->bus, OPEN_TIMEOUT_MS, on_open, feed_ref(feed));
    *out_feed = feed;
    return FF_OK;
}

/* --- from the workers ---------------------------------------------------- */

void feed_subscribe(struct hub *hub, struct to_hub *item)
{
    struct feed *feed = feeds_find(hub->feeds, item->app->id, item->channel);

    if (feed == NULL) {
        ff_err err = feed_open(hub, item, &feed);
        if (err != FF_OK) {
            refuse(hub, item, err);
            return;
        }
    }
    feed->workers |= (uint64_t)1 << item->worker;
    set_idle(feed, false);
    if (feed->state == FEED_LIVE) {
        struct to_hub now = hub_take_item(item);
        feed_answer(feed, &now, RECOVERED_NOT_ASKED, NULL, 0);
    } else {
        feed_wait(feed, item);
    }
}

/* Who still waits there was given up by the worker. */
static void refuse_waiting_of(struct feed *feed, unsigned worker)
{
    struct waiter *waiter, *next;

    for (waiter = TAILQ_FIRST(&feed->waiting); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        if (waiter->item.worker == worker)
            refuse_waiter(feed, waiter, FF_E_CLOSED);
    }
}

void feed_drop(struct hub *hub, struct to_hub *item)
{
    struct feed *feed = feeds_find(hub->feeds, item->app->id, item->channel);

    if (feed == NULL)
        return;
    refuse_waiting_of(feed, item->worker);
    feed->workers &= ~((uint64_t)1 << item->worker);
    if (feed->workers != 0)
        return;
    if (hub->conf->channel_linger_s == 0)
        feed_close(feed);
    else
        set_idle(feed, true);
}

void feeds_tick(struct hub *hub, int64_t now_ms)
{
    int64_t oldest = now_ms - hub->conf->channel_linger_s * 1000;
    struct feed *feed;

    while ((feed = TAILQ_FIRST(&hub->feeds->idle)) != NULL &&
           feed->idle_since_ms <= oldest)
        feed_close(feed);
}
