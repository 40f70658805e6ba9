/* Learning where the stream ends. */

#include <string.h>

#include "epoch.h"
#include "gate.h"
#include "stored.h"

#define TRIES          4
#define RETRY_MS       250
#define RETRY_LATER_MS 1000

/* Nobody but those who wait knows it: it may be refused as a whole. */
static bool is_new(const struct feed *feed)
{
    return !feed->stored->known && !feed->stored->tell;
}

void stored_wait_for_bus(struct feed *feed)
{
    feed->state = FEED_SYNCING;
    feed->stored->busy = false;
    if (is_new(feed))
        feed_fail(feed, FF_E_UNAVAILABLE);
    else
        feed_refuse_waiting(feed, FF_E_UNAVAILABLE);
}

void stored_whole_to(struct stored *stored, uint64_t offset)
{
    if (stored->whole < offset)
        stored->whole = offset;
}

static void sync_try(void *ctx);

static void sync_again(void *ctx)
{
    struct feed *feed = ctx;

    ff_timer_free(&feed->stored->retry);
    gate_run(feed->hub->checks, sync_try, feed_ref(feed));
}

static void sync_retry(struct feed *feed, ff_err err)
{
    struct stored *stored = feed->stored;
    int64_t pause_ms = RETRY_MS;

    if (!ff_bus_connected(feed->hub->bus)) {
        stored_wait_for_bus(feed);
        return;
    }
    if (++stored->tries >= TRIES) {
        if (is_new(feed)) {
            feed_fail(feed, err);
            return;
        }
        feed_refuse_waiting(feed, err);
        pause_ms = RETRY_LATER_MS;
    }
    stored->retry =
        ff_timer_new(feed->hub->loop, pause_ms, 0, sync_again, feed);
}

/* What is held may be of either stream: it is read again. */
static void change_epoch(struct feed *feed, uint64_t end,
                         struct message *message)
{
    held_clear(&feed->held);
    feed->stored->again = true;
    stored_lose(feed, end, message, "the stream is another one");
}

static void first_sync(struct feed *feed, uint64_t end, struct message *message)
{
    struct stored *stored = feed->stored;

    stored->known = true;
    stored_move_to(feed, end, message);
    stored_whole_to(stored, stored->settled);
    if (stored->tell)
        feed_tell_lost(feed);
    stored->tell = false;
    stored_settle(feed);
}

/*
 * The leader's word on what a replica, that may lag, told. A server that was
 * cut off takes itself for the leader until it knows better.
 */
static void on_leader_end(void *ctx, ff_err err, uint64_t end)
{
    struct feed *feed = ctx;

    if (feed->state == FEED_CLOSED) {
        /* nothing to do any more */
    } else if (err != FF_OK || end >= feed->stored->last ||
               stored_is_patient(feed)) {
        sync_retry(feed, err == FF_OK ? FF_E_UNAVAILABLE : err);
    } else {
        stored_lose(feed, end, NULL, "the stream was rolled back");
    }
    feed_unref(&feed);
}

/* A replica that lags; or the stream was rolled back, or all has expired. */
static void sync_behind(struct feed *feed)
{
    ff_history_last_offset(feed->hub->bus, feed->app_id, feed->name,
                           on_leader_end, feed_ref(feed));
}

static bool is_other_stream(const struct feed *feed)
{
    return strcmp(feed->stored->epoch, epoch_state(feed->hub)->epoch) != 0;
}

/*
 * The channel is empty, and the state of the stream is one from after that
 * was seen: did anything leave it that we have not had?
 */
static void on_empty(void *ctx, ff_err err)
{
    struct feed *feed = ctx;
    struct stored *stored = feed->stored;

    if (feed->state == FEED_CLOSED) {
        /* nothing to do any more */
    } else if (err != FF_OK) {
        sync_retry(feed, err);
    } else if (is_other_stream(feed)) {
        change_epoch(feed, stored->before, NULL);
    } else if (epoch_state(feed->hub)->first > stored->whole + 1) {
        stored_whole_to(stored, stored->before);
        stored_lose(feed, stored->whole, NULL, "it has left the stream");
    } else {
        stored_whole_to(stored, stored->before);
        stored->last = stored->whole;
        stored_set_newest(feed, NULL);
        stored_settle(feed);
    }
    feed_unref(&feed);
}

static void sync_empty(struct feed *feed)
{
    struct stored *stored = feed->stored;

    if (!stored->known)
        first_sync(feed, stored->before, NULL);
    else if (is_other_stream(feed))
        change_epoch(feed, stored->before, NULL);
    else
        epoch_renew(feed->hub, on_empty, feed_ref(feed));
}

/* message: the channel's last one in the stream. */
static void sync_with(struct feed *feed, struct message *message)
{
    struct stored *stored = feed->stored;
    uint64_t end = message->m.offset;

    if (!stored->known) {
        first_sync(feed, end, message);
        return;
    }
    if (is_other_stream(feed)) {
        change_epoch(feed, end, message);
        return;
    }
    if (end < stored->last) {
        sync_behind(feed);
        return;
    }
    if (end == stored->last)
        stored_set_newest(feed, message);
    else
        stored_take_next_held(feed);
    if (end > stored->last) {
        stored_fill(feed, end);
        return;
    }
    stored_whole_to(stored, stored->settled);
    stored_settle(feed);
}

static void on_end(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct feed *feed = ctx;
    struct message *message = NULL;

    gate_done(feed->hub->checks);
    if (feed->state != FEED_CLOSED) {
        if (err == FF_OK)
            err = message_new(msg, &message);
        if (err == FF_OK)
            sync_with(feed, message);
        else if (err == FF_E_NOT_FOUND)
            sync_empty(feed);
        else
            sync_retry(feed, err);
        message_unref(&message);
    }
    feed_unref(&feed);
}

static void on_epoch(void *ctx, ff_err err)
{
    struct feed *feed = ctx;

    if (err == FF_OK && feed->state != FEED_CLOSED) {
        feed->stored->before = epoch_state(feed->hub)->last;
        feed->stored->settled = epoch_settled(feed->hub);
        ff_history_last(feed->hub->bus, feed->app_id, feed->name, on_end, feed);
        return;
    }
    gate_done(feed->hub->checks);
    if (feed->state != FEED_CLOSED)
        sync_retry(feed, err);
    feed_unref(&feed);
}

static void sync_try(void *ctx)
{
    struct feed *feed = ctx;

    if (feed->state == FEED_CLOSED) {
        on_epoch(feed, FF_E_CLOSED);
    } else if (feed->stored->doubtful) {
        feed->stored->doubtful = false;
        epoch_renew(feed->hub, on_epoch, feed);
    } else {
        epoch_get(feed->hub, on_epoch, feed);
    }
}

void stored_begin_sync(struct feed *feed)
{
    feed->state = FEED_SYNCING;
    feed->stored->busy = true;
    feed->stored->again = false;
    feed->stored->tries = 0;
    stored_be_patient(feed);
    gate_run(feed->hub->checks, sync_try, feed_ref(feed));
}
