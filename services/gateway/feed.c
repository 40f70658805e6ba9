#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "ff_subject.h"
#include "page.h"
#include "presence.h"
#include "room.h"
#include "stored.h"

#define OPEN_TIMEOUT_MS 5000
#define KEY_MAX         320

TAILQ_HEAD(idle_list, feed);

struct feeds {
    struct ff_map *by_name;
    struct idle_list idle; /* without a worker, the oldest first */
};

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

/* --- one feed's life ------------------------------------------------------ */

struct feed *feed_ref(struct feed *feed)
{
    feed->refs++;
    return feed;
}

void feed_unref(struct feed **feed)
{
    struct feed *gone = *feed;

    *feed = NULL;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it is counted
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
    room_close(&feed->room);
    presence_occupy(feed->hub, feed->app_id, feed->name, false);
    set_idle(feed, true);
    TAILQ_REMOVE(&feed->hub->feeds->idle, feed, idle_link);
    ff_map_removes(feed->hub->feeds->by_name, key.text);
    feed->state = FEED_CLOSED;
    held_clear(&feed->held);
    stored_free(&feed->stored);
    feed_unref(&feed);
}

void feed_fail(struct feed *feed, ff_err err)
{
    feed_refuse_waiting(feed, err);
    feed_close(feed);
}

void feeds_free(struct feeds **feeds)
{
    struct feed *feed;

    for (size_t i = 0; (feed = feeds_next(*feeds, &i)) != NULL;)
        feed_fail(feed, FF_E_SHUTDOWN);
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
    const struct stored *stored = feed->stored;
    struct position position = {0};

    if (stored == NULL || !stored->known || stored->ended)
        return position;
    position.known = true;
    position.offset = stored->last;
    memcpy(position.epoch, stored->epoch, sizeof(position.epoch));
    return position;
}

/* --- opening -------------------------------------------------------------- */

/* A plain channel is confirmed: answer, then what came meanwhile. */
static void go_live(struct feed *feed)
{
    struct waiter *waiter;

    feed->state = FEED_LIVE;
    while ((waiter = TAILQ_FIRST(&feed->waiting)) != NULL) {
        struct to_hub item = feed_end_wait(feed, waiter);
        feed_answer(feed, &item, RECOVERED_NOT_ASKED, NULL, 0);
    }
    for (size_t i = 0; i < feed->held.count; i++)
        feed_deliver(feed, feed->held.items[i]);
    held_clear(&feed->held);
}

void feed_go_on(struct feed *feed)
{
    bool wait = feed->room != NULL && !feed->room->answerable;

    if (feed->state != FEED_OPENING || !feed->confirmed || wait)
        return;
    if (feed->stored != NULL)
        stored_sync(feed);
    else
        go_live(feed);
}

static void on_open(void *ctx, ff_err err)
{
    struct feed *feed = ctx;

    feed->confirmed = err == FF_OK;
    if (feed->state == FEED_OPENING && err != FF_OK)
        feed_fail(feed, err);
    else
        feed_go_on(feed);
    feed_unref(&feed);
}

static void take(struct feed *feed, struct message *message)
{
    if (feed->stored != NULL)
        stored_take(feed, message);
    else if (message_is_mark(message))
        return; /* its history has ended since */
    else if (feed->state == FEED_LIVE)
        feed_deliver(feed, message);
    else
        held_add(&feed->held, message);
}

static void on_message(void *ctx, struct ff_bus_msg *msg)
{
    struct feed *feed = ctx;
    struct message *message;

    if (message_new(msg, &message) != FF_OK) {
        ff_warn("message_not_understood", ff_fs("app", feed->app_id),
                ff_fs("channel", feed->name));
        return;
    }
    take(feed, message);
    message_unref(&message);
}

static bool is_stored(const struct ff_app *app, const char *name)
{
    const struct ff_slice channel = ff_slice_str(name);

    return ff_namespace_stored(ff_app_namespace(app, channel), channel);
}

static bool has_presence(const struct ff_app *app, const char *name)
{
    const struct ff_slice channel = ff_slice_str(name);

    return ff_namespace_has_presence(ff_app_namespace(app, channel), channel);
}

static struct feed *feed_new(struct hub *hub, struct ff_app *app,
                             const char *name)
{
    const struct key key = key_of(app->id, name);
    struct feed *feed = ff_new(struct feed);

    feed->hub = hub_ref(hub);
    feed->refs = 1;
    feed->app_id = ff_strdup(app->id);
    feed->name = ff_strdup(name);
    TAILQ_INIT(&feed->waiting);
    if (is_stored(hub_app(hub, app), name))
        feed->stored = stored_new(feed);
    ff_metric_add(FF_M_CHANNELS, 1);
    ff_map_puts(hub->feeds->by_name, key.text, feed);
    presence_occupy(hub, app->id, name, true);
    if (has_presence(hub_app(hub, app), name))
        feed->room = room_open(feed);
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
    struct feed *feed = feed_new(hub, item->app, item->channel);
    feed->sub =
        ff_bus_subscribe(hub->bus, subject.text, NULL, on_message, feed);
    ff_bus_barrier(hub->bus, OPEN_TIMEOUT_MS, on_open, feed_ref(feed));
    *out_feed = feed;
    return FF_OK;
}

/* --- from the workers ----------------------------------------------------- */

void feed_subscribe(struct hub *hub, struct to_hub *item)
{
    struct feed *feed = feeds_find(hub->feeds, item->app->id, item->channel);

    if (feed == NULL) {
        ff_err err = feed_open(hub, item, &feed);
        if (err != FF_OK) {
            hub_refuse(hub, item, TO_WORKER_SUBSCRIBED, err, NULL);
            return;
        }
    }
    feed->workers |= (uint64_t)1 << item->worker;
    set_idle(feed, false);
    if (feed->state == FEED_OPENING) {
        feed_wait(feed, item);
    } else if (feed->stored != NULL) {
        stored_subscribe(feed, item);
    } else {
        struct to_hub now = hub_take_item(item);
        feed_answer(feed, &now, RECOVERED_NOT_ASKED, NULL, 0);
    }
}

void feed_drop(struct hub *hub, struct to_hub *item)
{
    struct feed *feed = feeds_find(hub->feeds, item->app->id, item->channel);

    if (feed == NULL)
        return;
    feed_refuse_waiting_of(feed, item->worker);
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
    struct feed *feed, *next;

    for (feed = TAILQ_FIRST(&hub->feeds->idle);
         feed != NULL && feed->idle_since_ms <= oldest; feed = next) {
        next = TAILQ_NEXT(feed, idle_link);
        feed_close(feed);
    }
}

/* --- changes around them -------------------------------------------------- */

void feeds_renew(struct hub *hub)
{
    struct feed *feed;

    for (size_t i = 0; (feed = feeds_next(hub->feeds, &i)) != NULL;) {
        if (feed->stored != NULL && feed->state != FEED_OPENING)
            stored_renew(feed);
    }
}

/* Its history begins, or ends, for those who are subscribed already. */
static void set_stored(struct feed *feed, bool stored)
{
    if (feed->stored != NULL) {
        stored_set_ended(feed, !stored);
    } else if (stored) {
        feed->stored = stored_new(feed);
        feed->stored->tell = true;
        if (feed->state == FEED_LIVE)
            stored_sync(feed);
    }
}

static void set_presence(struct feed *feed, bool presence)
{
    if (!presence)
        room_close(&feed->room);
    else if (feed->room == NULL)
        feed->room = room_open(feed);
    feed_go_on(feed);
}

void feeds_on_app(struct hub *hub, const char *app_id)
{
    const struct ff_app *app = ff_apps_find(hub->apps, app_id);
    struct feed *feed;

    if (app == NULL)
        return;
    for (size_t i = 0; (feed = feeds_next(hub->feeds, &i)) != NULL;) {
        if (strcmp(feed->app_id, app_id) != 0)
            continue;
        set_stored(feed, is_stored(app, feed->name));
        set_presence(feed, has_presence(app, feed->name));
    }
}
