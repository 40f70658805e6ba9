#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "epoch.h"
#include "feed.h"
#include "ff_clock.h"
#include "ff_metric.h"
#include "gate.h"
#include "page.h"
#include "resume.h"

#define LIMIT_MAX       1000
#define LIMIT_FALLBACK  100
#define MARKS           8 /* further places, for marks in the page */
#define READ_TIMEOUT_MS 10000
#define READ_BYTES_MAX  (4u << 20)

size_t history_visible_max(const struct ff_namespace *ns,
                           struct ff_slice channel)
{
    if (ns->documents)
        return SIZE_MAX;
    if (ns->history_size == 0 && ff_namespace_cached(ns, channel))
        return 1;
    return (size_t)ns->history_size;
}

bool history_visible(const struct ff_namespace *ns,
                     const struct message *message, int64_t now_ms)
{
    return ns->documents ||
           message->m.time_ms >= now_ms - ns->history_ttl_s * 1000;
}

/* A client's question that is out. */
struct ask {
    struct hub *hub;
    struct to_hub item;
    struct ff_namespace ns;
    size_t limit;   /* messages to give */
    size_t visible; /* messages that the channel shows at all */
    struct position end;
};

static void ask_free(struct ask *ask)
{
    to_hub_fini(&ask->item);
    hub_unref(&ask->hub);
    free(ask);
}

static void ask_fail(struct ask *ask, ff_err err, const struct ff_why *why)
{
    hub_refuse(ask->hub, &ask->item, TO_WORKER_HISTORY, err, why);
    ask_free(ask);
}

/* --- the answer ---------------------------------------------------------- */

/* Without a starting point people want what is newest. */
static bool wants_newest(const struct ask *ask)
{
    return !ask->item.recover_asked || ask->item.reverse;
}

static void reverse(struct message **messages, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct message *other = messages[count - 1 - i];
        messages[count - 1 - i] = messages[i];
        messages[i] = other;
    }
}

/* References to what may be shown of the page, in rising order. */
static size_t choose(const struct ask *ask, const struct page *page,
                     struct message **out, bool *out_cut)
{
    int64_t now_ms = ff_clock_ms();
    size_t count = 0, first = 0;

    for (size_t i = 0; i < page->count; i++) {
        struct message *message = page->items[i];
        if (!message_is_mark(message) &&
            history_visible(&ask->ns, message, now_ms))
            out[count++] = message;
    }
    if (count > ask->visible)
        first = count - ask->visible;
    *out_cut = count - first > ask->limit;
    if (*out_cut && wants_newest(ask))
        first = count - ask->limit;
    if (*out_cut)
        count = first + ask->limit;
    for (size_t i = first; i < count; i++)
        out[i - first] = message_ref(out[i]);
    return count - first;
}

static void give(struct ask *ask, const struct page *page)
{
    struct to_worker out;
    bool cut = false;

    hub_answer(&ask->item, TO_WORKER_HISTORY, &out);
    out.messages = ff_alloc((page->count + 1) * sizeof(*out.messages));
    out.message_count = choose(ask, page, out.messages, &cut);
    out.cut = cut || (page->cut && ask->limit < ask->visible);
    out.position = ask->end;
    if (ask->item.reverse)
        reverse(out.messages, out.message_count);
    hub_send(ask->hub, ask->item.worker, &out);
    ask_free(ask);
}

/* --- the read ------------------------------------------------------------ */

/*
 * After a position the oldest come first. Few visible ones are read whole, to
 * know which of them still are; of many, the stream's own limit decides.
 */
static void choose_query(const struct ask *ask, struct ff_history_query *query)
{
    query->app = ask->item.app->id;
    query->channel = ask->item.channel;
    query->from = ask->item.recover_asked ? ask->item.recover.offset + 1 : 0;
    query->to = ask->end.offset;
    query->max_bytes = READ_BYTES_MAX;
    query->timeout_ms = READ_TIMEOUT_MS;
    query->newest = wants_newest(ask) || ask->visible <= LIMIT_MAX;
    query->limit = ask->limit;
    if (!wants_newest(ask) && query->newest)
        query->limit = ask->visible;
    query->limit += MARKS;
}

static void on_page(void *ctx, ff_err err, const struct ff_history_page *read)
{
    struct ask *ask = ctx;
    struct ff_history_query query = {0};
    struct page page;

    gate_done(ask->hub->reads);
    if (ask->hub->closed) {
        ask_free(ask);
    } else if (err != FF_OK) {
        ask_fail(ask, err, NULL);
    } else {
        choose_query(ask, &query);
        page_init(&page, &query, read);
        give(ask, &page);
        page_fini(&page);
    }
}

static void read_try(void *ctx)
{
    struct ask *ask = ctx;
    struct ff_history_query query = {0};

    if (ask->hub->closed) {
        ask_free(ask);
        return;
    }
    choose_query(ask, &query);
    ff_metric_add(FF_M_STREAM_READS, 1);
    ff_history_read(ask->hub->bus, &query, on_page, ask);
}

static bool is_other_epoch(const struct ask *ask)
{
    return ask->item.recover_asked &&
           strcmp(ask->item.recover.epoch, ask->end.epoch) != 0;
}

static void read_until(struct ask *ask, const struct position *end)
{
    const struct page nothing = {0};
    struct ff_why why = {0};

    ask->end = *end;
    if (is_other_epoch(ask)) {
        ff_err err = ff_why_set(&why, FF_E_CONFLICT, "since.epoch",
                                "the history began anew since then");
        ask_fail(ask, err, &why);
    } else if (end->offset == 0 || ask->item.recover.offset >= end->offset) {
        give(ask, &nothing);
    } else {
        gate_run(ask->hub->reads, read_try, ask);
    }
}

/* --- where it ends now ---------------------------------------------------- */

static void on_end(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct ask *ask = ctx;
    struct message *last = NULL;

    gate_done(ask->hub->checks);
    if (ask->hub->closed) {
        ask_free(ask);
        return;
    }
    if (err == FF_OK)
        err = message_new(msg, &last);
    if (err != FF_OK && err != FF_E_NOT_FOUND) {
        ask_fail(ask, err, NULL);
        return;
    }
    const struct position end = epoch_position(
        ask->hub, last == NULL ? epoch_state(ask->hub)->last : last->m.offset);
    message_unref(&last);
    read_until(ask, &end);
}

static void end_try(void *ctx)
{
    struct ask *ask = ctx;

    if (ask->hub->closed)
        ask_free(ask);
    else
        ff_history_last(ask->hub->bus, ask->item.app->id, ask->item.channel,
                        on_end, ask);
}

static void on_epoch(void *ctx, ff_err err)
{
    struct ask *ask = ctx;

    if (ask->hub->closed)
        ask_free(ask);
    else if (err != FF_OK)
        ask_fail(ask, err, NULL);
    else
        gate_run(ask->hub->checks, end_try, ask);
}

/* --- the way in ---------------------------------------------------------- */

static struct ask *ask_new(struct hub *hub, struct to_hub *item,
                           const struct ff_namespace *ns)
{
    struct ask *ask = ff_new(struct ask);
    int64_t limit = item->limit > 0 ? item->limit : LIMIT_FALLBACK;

    ask->hub = hub_ref(hub);
    ask->ns = *ns;
    ask->visible = history_visible_max(ns, ff_slice_str(item->channel));
    ask->limit = (size_t)(limit < LIMIT_MAX ? limit : LIMIT_MAX);
    if (ask->limit > ask->visible)
        ask->limit = ask->visible;
    ask->item = hub_take_item(item);
    return ask;
}

void history_ask(struct hub *hub, struct to_hub *item)
{
    const struct ff_slice name = ff_slice_str(item->channel);
    const struct ff_namespace *ns =
        ff_app_namespace(hub_app(hub, item->app), name);
    const struct feed *feed =
        feeds_find(hub->feeds, item->app->id, item->channel);

    if (!ff_namespace_stored(ns, name)) {
        hub_refuse(hub, item, TO_WORKER_HISTORY, FF_E_NO_HISTORY, NULL);
        return;
    }
    struct ask *ask = ask_new(hub, item, ns);
    struct position end = {0};
    if (feed != NULL)
        end = feed_position(feed);
    if (end.known)
        read_until(ask, &end);
    else
        epoch_get(hub, on_epoch, ask);
}
