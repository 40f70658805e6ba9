/* The two ways in which a stored feed reads what it lacks. */

#include <string.h>

#include "epoch.h"
#include "ff_metric.h"
#include "gate.h"
#include "page.h"
#include "stored.h"

#define TRIES           4
#define RETRY_MS        250
#define RETRY_LATER_MS  1000
#define READ_TIMEOUT_MS 5000
#define READ_BYTES_MAX  (16u << 20)

/* Nobody but those who wait knows it: it may be refused as a whole. */
static bool is_new(const struct feed *feed)
{
    return !feed->stored->known && !feed->stored->tell;
}

/* --- filling: from last, at least to target ---------------------------------------- */

static void fill_try(void *ctx);

static void fill_again(void *ctx)
{
    struct feed *feed = ctx;

    ff_timer_free(&feed->stored->retry);
    gate_run(feed->hub->reads, fill_try, feed_ref(feed));
}

/* The bus went away: the next connection begins with a sync. */
static void wait_for_bus(struct feed *feed)
{
    feed->state = FEED_SYNCING;
    feed->stored->busy = false;
    if (is_new(feed))
        feed_fail(feed, FF_E_UNAVAILABLE);
    else
        feed_refuse_waiting(feed, FF_E_UNAVAILABLE);
}

static void fill_retry(struct feed *feed)
{
    struct stored *stored = feed->stored;

    if (!ff_bus_connected(feed->hub->bus))
        wait_for_bus(feed);
    else if (++stored->tries >= TRIES)
        stored_lose(feed, stored->target, NULL);
    else
        stored->retry =
            ff_timer_new(feed->hub->loop, RETRY_MS, 0, fill_again, feed);
}

static void whole_to(struct stored *stored, uint64_t offset)
{
    if (stored->whole < offset)
        stored->whole = offset;
}

static void fill_with(struct feed *feed, const struct page *page)
{
    size_t first = page_after(page, feed->stored->last);

    for (size_t i = first; i < page->count; i++)
        stored_advance(feed, page->items[i]);
}

static void fill_take(struct feed *feed, const struct page *page)
{
    struct stored *stored = feed->stored;
    uint64_t past_mark = page_past_mark(page, stored->last);

    if (past_mark > stored->last) {
        stored_advance(feed, page->items[0]);
        fill_again(feed); /* from the mark on */
    } else if (page_end(page) < stored->target && !page->cut) {
        fill_retry(feed); /* a replica that lags */
    } else if (page_end(page) < stored->target ||
               page_proof(page, stored->whole) != PAGE_WHOLE) {
        stored_lose(feed, stored->target, NULL);
    } else {
        fill_with(feed, page);
        whole_to(stored, stored->settled);
        stored_settle(feed);
    }
}

static struct ff_history_query fill_query(const struct feed *feed)
{
    return (struct ff_history_query){
        .app = feed->app_id,
        .channel = feed->name,
        .from = feed->stored->last,
        .limit = (size_t)feed->hub->conf->recover_max + 1,
        .max_bytes = READ_BYTES_MAX,
        .timeout_ms = READ_TIMEOUT_MS,
    };
}

/* The stream may be another one by now. */
static void fill_check(struct feed *feed, const struct ff_history_page *read)
{
    const struct ff_history_query query = fill_query(feed);
    struct page page;

    if (strcmp(read->epoch, feed->stored->epoch) != 0) {
        feed->stored->doubtful = true;
        stored_begin_sync(feed);
        return;
    }
    page_init(&page, &query, read);
    fill_take(feed, &page);
    page_fini(&page);
}

static void on_fill(void *ctx, ff_err err, const struct ff_history_page *page)
{
    struct feed *feed = ctx;

    gate_done(feed->hub->reads);
    if (feed->state != FEED_CLOSED) {
        if (err != FF_OK)
            fill_retry(feed);
        else
            fill_check(feed, page);
    }
    feed_unref(&feed);
}

static void fill_try(void *ctx)
{
    struct feed *feed = ctx;

    if (feed->state == FEED_CLOSED) {
        gate_done(feed->hub->reads);
        feed_unref(&feed);
        return;
    }
    const struct ff_history_query query = fill_query(feed);
    ff_metric_add(FF_M_STREAM_READS, 1);
    ff_history_read(feed->hub->bus, &query, on_fill, feed);
}

void stored_fill(struct feed *feed, uint64_t target)
{
    ff_metric_add(FF_M_GAPS, 1);
    feed->state = FEED_FILLING;
    feed->stored->busy = true;
    feed->stored->tries = 0;
    feed->stored->target = target;
    gate_run(feed->hub->reads, fill_try, feed_ref(feed));
}

/* --- syncing: where does the stream end? --------------------------------- */

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
        wait_for_bus(feed);
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
    stored_lose(feed, end, message);
}

static void first_sync(struct feed *feed, uint64_t end, struct message *message)
{
    struct stored *stored = feed->stored;

    stored->known = true;
    stored_move_to(feed, end, message);
    whole_to(stored, stored->settled);
    if (stored->tell)
        feed_tell_lost(feed);
    stored->tell = false;
    stored_settle(feed);
}

/* A replica that lags; or the stream was rolled back, or all has expired. */
static void sync_behind(struct feed *feed, uint64_t end,
                        struct message *message)
{
    if (++feed->stored->lags < TRIES)
        sync_retry(feed, FF_E_UNAVAILABLE);
    else
        stored_lose(feed, end, message);
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
        stored_lose(feed, stored->before, NULL);
    } else {
        whole_to(stored, stored->before);
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
        sync_behind(feed, end, message);
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
    whole_to(stored, stored->settled);
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
    feed->stored->lags = 0;
    gate_run(feed->hub->checks, sync_try, feed_ref(feed));
}
