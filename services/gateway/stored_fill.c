/* Reading what the live stream left out. */

#include <string.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "gate.h"
#include "page.h"
#include "stored.h"

#define RETRY_MS        250
#define READ_TIMEOUT_MS 5000
#define READ_BYTES_MAX  (16u << 20)
static void fill_try(void *ctx);

static void fill_again(void *ctx)
{
    struct feed *feed = ctx;

    ff_timer_free(&feed->stored->retry);
    gate_run(feed->hub->reads, fill_try, feed_ref(feed));
}

/* It could not be read; that does not say that it is gone. */
static void fill_retry(struct feed *feed)
{
    struct stored *stored = feed->stored;

    if (!ff_bus_connected(feed->hub->bus))
        stored_wait_for_bus(feed);
    else
        stored->retry =
            ff_timer_new(feed->hub->loop, RETRY_MS, 0, fill_again, feed);
}

static void fill_with(struct feed *feed, const struct page *page)
{
    size_t first = page_after(page, feed->stored->last);

    for (size_t i = first; i < page->count; i++)
        stored_advance(feed, page->items[i]);
}

/* From where this page, or the mark at its beginning, ends. */
static void fill_on(struct feed *feed)
{
    fill_again(feed);
}

/* A cluster that just changed its leader may answer from before it. */
static bool is_from_before(const struct feed *feed, const struct page *page)
{
    return page->last < feed->stored->target && stored_is_patient(feed);
}

static void lose_page(struct feed *feed, const struct page *page)
{
    ff_warn("history_page_lacks", ff_fs("channel", feed->name),
            ff_fi("from", (int64_t)page->from),
            ff_fi("from_seen", page->from_seen),
            ff_fi("end", (int64_t)page_end(page)),
            ff_fi("stream_first", (int64_t)page->first),
            ff_fi("stream_last", (int64_t)page->last));
    stored_lose(feed, feed->stored->target, NULL, "the stream has it not");
}

static void fill_take(struct feed *feed, const struct page *page)
{
    struct stored *stored = feed->stored;
    bool reached = page_end(page) >= stored->target;

    if (is_from_before(feed, page)) {
        fill_retry(feed);
    } else if (page_past_mark(page, stored->last) > stored->last) {
        stored_advance(feed, page->items[0]);
        fill_on(feed);
    } else if (page_proof(page, stored->whole) != PAGE_WHOLE ||
               (!reached && !page->cut)) {
        lose_page(feed, page);
    } else {
        fill_with(feed, page);
        if (reached) {
            stored_whole_to(stored, stored->settled);
            stored_settle(feed);
        } else {
            fill_on(feed);
        }
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
    feed->stored->target = target;
    stored_be_patient(feed);
    gate_run(feed->hub->reads, fill_try, feed_ref(feed));
}
