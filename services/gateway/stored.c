#include "stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epoch.h"
#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "page.h"
#include "resume.h"

#define RECHECK_MS     1000
#define DOUBT_PAUSE_MS 1000
#define PATIENCE_MS    15000
#define AUDIT_MS       30000
#define AUDITS_MAX     250 /* in a second */

struct stored *stored_new(struct feed *feed)
{
    struct stored *stored = ff_new(struct stored);

    stored->feed = feed;
    ring_init(&stored->ring, &feed->hub->rings, 0);
    stored->check_later = true;
    stored->checked_ms = ff_clock_steady_ms();
    TAILQ_INSERT_TAIL(&feed->hub->audits, stored, audit_link);
    return stored;
}

void stored_free(struct stored **stored)
{
    struct stored *gone = *stored;

    *stored = NULL;
    if (gone == NULL)
        return;
    TAILQ_REMOVE(&gone->feed->hub->audits, gone, audit_link);
    ff_timer_free(&gone->retry);
    ff_timer_free(&gone->recheck);
    ff_timer_free(&gone->reading_retry);
    ring_fini(&gone->ring);
    message_unref(&gone->newest);
    free(gone);
}

/* --- moving on ----------------------------------------------------------- */

void stored_set_newest(struct feed *feed, struct message *message)
{
    struct stored *stored = feed->stored;
    const struct ff_namespace *ns = feed_namespace(feed);

    message_unref(&stored->newest);
    if (message == NULL || ns == NULL || message_is_mark(message) ||
        !ff_namespace_cached(ns, ff_slice_str(feed->name)))
        return;
    stored->newest = message_ref(message);
}

/* What was removed is not shown again; the position moves without a word. */
static void apply_mark(struct feed *feed, const struct message *mark)
{
    struct stored *stored = feed->stored;
    uint64_t offset = message_mark_offset(mark);

    if (offset == 0 || offset > stored->last)
        offset = stored->last;
    ring_forget(&stored->ring, offset);
    if (stored->newest != NULL && stored->newest->m.offset <= offset)
        stored_set_newest(feed, NULL);
}

void stored_advance(struct feed *feed, struct message *message)
{
    struct stored *stored = feed->stored;

    if (message_is_mark(message))
        apply_mark(feed, message);
    stored->last = message->m.offset;
    if (stored->whole < stored->last)
        stored->whole = stored->last;
    if (message_is_mark(message))
        return;
    ring_add(&stored->ring, message);
    stored_set_newest(feed, message);
    feed_deliver(feed, message);
}

void stored_move_to(struct feed *feed, uint64_t offset, struct message *last)
{
    struct stored *stored = feed->stored;

    stored->last = stored->whole = offset;
    memcpy(stored->epoch, epoch_state(feed->hub)->epoch, sizeof(stored->epoch));
    ring_reset(&stored->ring, offset);
    stored_set_newest(feed, last);
}

/* What came until offset cannot be given any more. */
void stored_lose(struct feed *feed, uint64_t offset, struct message *last,
                 const char *why)
{
    ff_metric_add(FF_M_GAPS_LOST, 1);
    ff_warn("history_gap_lost", ff_fs("app", feed->app_id),
            ff_fs("channel", feed->name),
            ff_fi("from", (int64_t)feed->stored->last),
            ff_fi("to", (int64_t)offset), ff_fs("why", why));
    stored_move_to(feed, offset, last);
    feed_tell_lost(feed);
    if (last == NULL)
        feed->stored->again = true; /* to know the last one */
    stored_settle(feed);
}

void stored_be_patient(struct feed *feed)
{
    feed->stored->patient_until_ms = ff_clock_steady_ms() + PATIENCE_MS;
}

bool stored_is_patient(const struct feed *feed)
{
    return ff_clock_steady_ms() < feed->stored->patient_until_ms;
}

/* --- gaps ----------------------------------------------------------------- */

/*
 * Without one before it, it is the first after all others went: were they all
 * given? A mark says itself that they went.
 */
static bool is_first_again(const struct stored *stored,
                           const struct message *message)
{
    if (message->m.previous > 0 || stored->last == 0 ||
        message->m.offset <= stored->whole + 1)
        return false;
    return !message_is_mark(message) ||
           message_mark_offset(message) > stored->whole;
}

static bool is_gap(const struct feed *feed, const struct message *message)
{
    const struct ff_namespace *ns = feed_namespace(feed);

    if (ns != NULL && !ns->positioned)
        return false;
    return message->m.previous > feed->stored->last ||
           is_first_again(feed->stored, message);
}

/* --- settling ------------------------------------------------------------- */

void stored_sync(struct feed *feed)
{
    if (feed->stored->busy)
        feed->stored->again = true;
    else
        stored_begin_sync(feed);
}

void stored_renew(struct feed *feed)
{
    held_clear(&feed->held); /* perhaps of another stream; it is read again */
    feed->stored->check_later = true;
    stored_sync(feed);
}

void stored_sync_changed(struct hub *hub)
{
    struct feed *feed;

    for (size_t i = 0; (feed = feeds_next(hub->feeds, &i)) != NULL;) {
        if (feed->stored != NULL && feed->stored->known &&
            strcmp(feed->stored->epoch, epoch_state(hub)->epoch) != 0)
            stored_sync(feed);
    }
}

void stored_tick(struct hub *hub, int64_t now_ms)
{
    struct stored *stored;

    for (unsigned i = 0; i < AUDITS_MAX; i++) {
        stored = TAILQ_FIRST(&hub->audits);
        if (stored == NULL || now_ms - stored->checked_ms < AUDIT_MS)
            return;
        stored->checked_ms = now_ms;
        TAILQ_REMOVE(&hub->audits, stored, audit_link);
        TAILQ_INSERT_TAIL(&hub->audits, stored, audit_link);
        if (stored->feed->state == FEED_LIVE && stored->feed->workers != 0 &&
            ff_bus_connected(hub->bus))
            stored_begin_sync(stored->feed);
    }
}

static void on_recheck(void *ctx)
{
    struct feed *feed = ctx;

    ff_timer_free(&feed->stored->recheck);
    stored_sync(feed);
}

static void check_later(struct feed *feed)
{
    struct stored *stored = feed->stored;

    stored->check_later = false;
    if (stored->recheck == NULL)
        stored->recheck =
            ff_timer_new(feed->hub->loop, RECHECK_MS, 0, on_recheck, feed);
}

void stored_take_next_held(struct feed *feed)
{
    const struct held *held = &feed->held;

    for (size_t i = 0; i < held->count; i++) {
        struct message *message = held->items[i];
        if (message->m.offset <= feed->stored->last)
            continue;
        if (is_gap(feed, message))
            return;
        stored_advance(feed, message);
    }
}

static void take_held(struct feed *feed)
{
    struct held held = feed->held;

    feed->held = (struct held){0};
    for (size_t i = 0; i < held.count; i++) {
        if (held.items[i]->m.offset > feed->stored->last)
            stored_take(feed, held.items[i]);
    }
    held_clear(&held);
}

/* A sync or a fill is done: go on with what came meanwhile. */
void stored_settle(struct feed *feed)
{
    struct stored *stored = feed->stored;

    stored->busy = false;
    if (stored->again) {
        stored_begin_sync(feed);
        return;
    }
    feed->state = FEED_LIVE;
    take_held(feed);
    if (stored->check_later)
        check_later(feed);
    if (feed->waiting_count > 0)
        resume_wake(feed);
}

/* --- live ---------------------------------------------------------------- */

/*
 * The stream never says a thing twice, but for what was read while it was on
 * its way. Is it still the same one, and was it rolled back?
 */
static void doubt(struct feed *feed)
{
    struct stored *stored = feed->stored;
    int64_t now_ms = ff_clock_steady_ms();

    if (now_ms - stored->doubted_ms < DOUBT_PAUSE_MS)
        return;
    stored->doubted_ms = now_ms;
    stored->doubtful = true;
    stored_sync(feed);
}

static void hold(struct feed *feed, struct message *message)
{
    if (!held_add(&feed->held, message))
        feed->stored->again = true;
}

static void take_next(struct feed *feed, struct message *message)
{
    struct stored *stored = feed->stored;

    if (is_gap(feed, message)) {
        hold(feed, message);
        stored_fill(feed, message->m.previous > 0 ? message->m.previous
                                                  : message->m.offset - 1);
        return;
    }
    if (message->m.previous > stored->last)
        ring_reset(&stored->ring, message->m.previous);
    stored_advance(feed, message);
    if (stored->ahead)
        resume_wake(feed);
}

void stored_take(struct feed *feed, struct message *message)
{
    if (message->m.offset == 0)
        feed_deliver(feed, message); /* a whisper */
    else if (feed->state != FEED_LIVE)
        hold(feed, message);
    else if (message->m.offset <= feed->stored->last)
        doubt(feed);
    else
        take_next(feed, message);
}

void stored_set_ended(struct feed *feed, bool ended)
{
    struct stored *stored = feed->stored;

    if (stored->ended && !ended) {
        stored->known = false;
        stored->tell = true;
        stored_sync(feed);
    }
    stored->ended = ended;
}

void stored_subscribe(struct feed *feed, struct to_hub *item)
{
    if (feed->state == FEED_LIVE || feed->state == FEED_FILLING)
        resume_ask(feed, item);
    else if (ff_bus_connected(feed->hub->bus))
        feed_wait(feed, item);
    else
        hub_refuse(feed->hub, item, TO_WORKER_SUBSCRIBED, FF_E_UNAVAILABLE,
                   NULL);
}
