#include "resume.h"

#include <stdlib.h>
#include <string.h>

#include "epoch.h"
#include "ff_clock.h"
#include "ff_metric.h"
#include "gate.h"
#include "history.h"
#include "page.h"

#define TRIES           4
#define RETRY_MS        250
#define READ_TIMEOUT_MS 5000

/* --- what a channel shows ------------------------------------------------ */

/* Rising order: when the first one is young enough, all are. */
static bool may_replay(const struct feed *feed, struct message *const *messages,
                       size_t count)
{
    const struct ff_namespace *ns = feed_namespace(feed);

    if (ns == NULL)
        return false;
    return count <= (size_t)feed->hub->conf->recover_max &&
           count <= history_visible_max(ns, ff_slice_str(feed->name)) &&
           history_visible(ns, messages[0], ff_clock_ms());
}

/* --- answers ------------------------------------------------------------- */

/* With a cached channel's last message: all that its subscribers need. */
static void answer_anew(struct feed *feed, struct to_hub *item,
                        enum recovered recovered)
{
    const struct ff_namespace *ns = feed_namespace(feed);
    struct message *newest = feed->stored->newest;

    if (newest == NULL || ns == NULL ||
        !ff_namespace_cached(ns, ff_slice_str(feed->name)) ||
        !history_visible(ns, newest, ff_clock_ms())) {
        feed_answer(feed, item, recovered, NULL, 0);
        return;
    }
    struct message **messages = ff_alloc(sizeof(*messages));
    messages[0] = message_ref(newest);
    feed_answer(feed, item, recovered, messages, 1);
}

static void answer_no(struct feed *feed, struct to_hub *item)
{
    ff_metric_add(FF_M_RESUMES_LOST, 1);
    answer_anew(feed, item, RECOVERED_NO);
}

/* messages: references, taken over. */
static void answer_with(struct feed *feed, struct to_hub *item,
                        struct message **messages, size_t count,
                        enum ff_metric metric)
{
    if (count == 0 || may_replay(feed, messages, count)) {
        ff_metric_add(metric, 1);
        feed_answer(feed, item, RECOVERED_YES, messages, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        message_unref(&messages[i]);
    free(messages);
    answer_no(feed, item);
}

static void answer_from_ring(struct feed *feed, struct to_hub *item)
{
    struct ring *ring = &feed->stored->ring;
    size_t count = ring_count_after(ring, item->recover.offset);
    struct message **messages = ff_alloc((count + 1) * sizeof(*messages));

    ring_copy_after(ring, item->recover.offset, messages);
    answer_with(feed, item, messages, count, FF_M_RESUMES_RING);
}

/* The page up to the feed's last, and the ring where the page ends before. */
static void answer_from_page(struct feed *feed, struct to_hub *item,
                             const struct page *page)
{
    struct stored *stored = feed->stored;
    uint64_t offset = item->recover.offset, end = page_end(page);
    size_t first = page_after(page, offset), count = 0;
    if (end < offset)
        end = offset; /* a page that lags behind the client */
    size_t tail = ring_count_after(&stored->ring, end);
    struct message **messages =
        ff_alloc((page->count + tail + 1) * sizeof(*messages));

    for (size_t i = first; i < page->count; i++) {
        if (page->items[i]->m.offset <= stored->last &&
            !message_is_mark(page->items[i]))
            messages[count++] = message_ref(page->items[i]);
    }
    ring_copy_after(&stored->ring, end, messages + count);
    answer_with(feed, item, messages, count + tail, FF_M_RESUMES_STREAM);
}

/* --- who can be answered as things are ----------------------------------- */

enum verdict {
    ANSWERED, /* the item is ended */
    BEHIND,   /* older than what is in memory */
    AHEAD,    /* newer than what came here; or made up */
};

static enum verdict look_at(struct feed *feed, struct to_hub *item)
{
    const struct stored *stored = feed->stored;
    const struct position *asked = &item->recover;

    if (!item->recover_asked)
        answer_anew(feed, item, RECOVERED_NOT_ASKED);
    else if (stored->ended || !asked->known ||
             strcmp(asked->epoch, stored->epoch) != 0)
        answer_no(feed, item);
    else if (asked->offset > stored->whole)
        return AHEAD;
    else if (!ring_covers(&stored->ring, asked->offset))
        return BEHIND;
    else
        answer_from_ring(feed, item);
    return ANSWERED;
}

static bool is_of_other_epoch(const struct feed *feed,
                              const struct waiter *waiter)
{
    return strcmp(waiter->item.recover.epoch, feed->stored->epoch) != 0;
}

static bool position_is_known(const struct feed *feed)
{
    return feed->state == FEED_LIVE || feed->state == FEED_FILLING;
}

/* --- the shared read ----------------------------------------------------- */

static void read_try(void *ctx);

static void read_begin(struct feed *feed)
{
    if (feed->stored->reading)
        return;
    feed->stored->reading = true;
    gate_run(feed->hub->reads, read_try, feed_ref(feed));
}

static void on_retry(void *ctx)
{
    struct feed *feed = ctx;

    ff_timer_free(&feed->stored->reading_retry);
    resume_wake(feed);
}

static void read_later(struct feed *feed)
{
    if (feed->stored->reading_retry == NULL)
        feed->stored->reading_retry =
            ff_timer_new(feed->hub->loop, RETRY_MS, 0, on_retry, feed);
}

static void end_with_no(struct feed *feed, struct waiter *waiter)
{
    struct to_hub item = feed_end_wait(feed, waiter);

    answer_no(feed, &item);
}

/* What came live since the page was read tells more than the page: ask some times. */
static void ask_again(struct feed *feed, struct waiter *waiter)
{
    if (++waiter->tries >= TRIES)
        end_with_no(feed, waiter);
    else
        read_later(feed);
}

static void judge_ahead(struct feed *feed, struct waiter *waiter,
                        const struct page *page)
{
    uint64_t offset = waiter->item.recover.offset;

    if (offset > page->last || page_proof(page, offset) != PAGE_WHOLE) {
        ask_again(feed, waiter);
        return;
    }
    /* The stream knows it: so we do not know all of the stream. */
    waiter->proved = true;
    feed->stored->doubtful = true;
    stored_sync(feed);
}

static void judge_behind(struct feed *feed, struct waiter *waiter,
                         const struct page *page)
{
    const struct stored *stored = feed->stored;
    uint64_t *offset = &waiter->item.recover.offset;
    uint64_t end = page_end(page);

    *offset = page_past_mark(page, *offset);
    enum page_proof proof = page_proof(page, *offset);
    if (end < stored->last && !ring_covers(&stored->ring, end)) {
        ask_again(feed, waiter);
    } else if (proof == PAGE_LACKS) {
        end_with_no(feed, waiter);
    } else if (proof == PAGE_WHOLE) {
        struct to_hub item = feed_end_wait(feed, waiter);
        answer_from_page(feed, &item, page);
    } /* else it is read again from its own message */
}

static void judge(struct feed *feed, struct waiter *waiter,
                  const struct page *page)
{
    uint64_t offset = waiter->item.recover.offset;

    if (waiter->proved || offset < page->from ||
        is_of_other_epoch(feed, waiter))
        return;
    if (offset > feed->stored->whole)
        judge_ahead(feed, waiter, page);
    else if (offset < feed->stored->last)
        judge_behind(feed, waiter, page);
}

static struct ff_history_query read_query(const struct feed *feed)
{
    return (struct ff_history_query){
        .app = feed->app_id,
        .channel = feed->name,
        .from = feed->stored->reading_from,
        .limit = (size_t)feed->hub->conf->recover_max + 1,
        .max_bytes = (size_t)feed->hub->conf->max_replay_bytes,
        .newest = true,
        .timeout_ms = READ_TIMEOUT_MS,
    };
}

/* false: the page is of another stream; the sync wakes those who wait. */
static bool judge_all(struct feed *feed, const struct ff_history_page *read)
{
    const struct ff_history_query query = read_query(feed);
    struct waiter *waiter, *next;
    struct page page;

    if (strcmp(read->epoch, feed->stored->epoch) != 0) {
        feed->stored->doubtful = true;
        stored_sync(feed);
        return false;
    }
    page_init(&page, &query, read);
    for (waiter = TAILQ_FIRST(&feed->waiting); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        judge(feed, waiter, &page);
    }
    page_fini(&page);
    return true;
}

static void read_failed(struct feed *feed, ff_err err)
{
    if (++feed->stored->reading_tries < TRIES &&
        ff_bus_connected(feed->hub->bus)) {
        read_later(feed);
        return;
    }
    feed->stored->reading_tries = 0;
    feed_refuse_waiting(feed, err);
}

static void on_page(void *ctx, ff_err err, const struct ff_history_page *page)
{
    struct feed *feed = ctx;

    gate_done(feed->hub->reads);
    if (feed->state != FEED_CLOSED && feed->stored != NULL) {
        feed->stored->reading = false;
        if (err != FF_OK) {
            read_failed(feed, err);
        } else if (position_is_known(feed)) {
            feed->stored->reading_tries = 0;
            if (judge_all(feed, page))
                resume_wake(feed);
        }
    }
    feed_unref(&feed);
}

/* The smallest offset asked for; false: nobody asks any more. */
static bool read_from(const struct feed *feed, uint64_t *out_from)
{
    const struct waiter *waiter;
    uint64_t from = UINT64_MAX;

    TAILQ_FOREACH(waiter, &feed->waiting, link)
    {
        if (!waiter->proved && waiter->item.recover_asked &&
            waiter->item.recover.offset < from)
            from = waiter->item.recover.offset;
    }
    *out_from = from;
    return from != UINT64_MAX;
}

static void read_try(void *ctx)
{
    struct feed *feed = ctx;
    uint64_t from;

    if (feed->state == FEED_CLOSED || feed->stored == NULL ||
        !read_from(feed, &from)) {
        if (feed->stored != NULL)
            feed->stored->reading = false;
        gate_done(feed->hub->reads);
        feed_unref(&feed);
        return;
    }
    feed->stored->reading_from = from;
    const struct ff_history_query query = read_query(feed);
    ff_metric_add(FF_M_STREAM_READS, 1);
    ff_history_read(feed->hub->bus, &query, on_page, feed);
}

/* --- the way in ---------------------------------------------------------- */

void resume_ask(struct feed *feed, struct to_hub *item)
{
    struct to_hub now = hub_take_item(item);
    enum verdict verdict = look_at(feed, &now);

    if (verdict == ANSWERED)
        return;
    feed_wait(feed, &now);
    to_hub_fini(&now); /* still its owner only if it was refused */
    if (verdict == AHEAD)
        feed->stored->ahead = true;
    if (feed->stored->reading_retry == NULL)
        read_begin(feed);
}

/* Whether a read is wanted for it. */
static bool wake_one(struct feed *feed, struct waiter *waiter)
{
    enum verdict verdict = look_at(feed, &waiter->item);

    if (verdict == ANSWERED) {
        feed_end_wait(feed, waiter);
        return false;
    }
    if (verdict == AHEAD)
        feed->stored->ahead = true;
    if (!waiter->proved)
        return true;
    /* The stream was read to its end, and it is not there. */
    if (verdict == AHEAD && feed->state == FEED_LIVE)
        end_with_no(feed, waiter);
    else if (verdict == BEHIND)
        waiter->proved = false;
    return verdict == BEHIND;
}

void resume_wake(struct feed *feed)
{
    struct waiter *waiter, *next;
    bool read = false;

    if (!position_is_known(feed))
        return;
    feed->stored->ahead = false;
    for (waiter = TAILQ_FIRST(&feed->waiting); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        if (wake_one(feed, waiter))
            read = true;
    }
    if (read && feed->stored->reading_retry == NULL)
        read_begin(feed);
}
