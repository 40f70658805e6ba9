/* Reading and removing what a channel keeps. */

#include "ff_history.h"

#include <inttypes.h>
#include <string.h>

#include "ff_clock.h"
#include "ff_delivery.h"
#include "messages.h"
#include "routes.h"

#define LIMIT_DEFAULT   100
#define LIMIT_MAX       1000
#define PAGE_BYTES_MAX  (4 << 20)
#define READ_TIMEOUT_MS 10000

struct reading {
    struct call *call;
    const struct ff_namespace *ns;
    bool reverse;
};

static ff_err check(const struct call *call, struct ff_why *why)
{
    struct ff_slice channel = ff_slice_str(call->params[0]);

    FF_TRY(call_may_here(call, FF_VERB_HISTORY, why));
    if (!ff_namespace_stored(ff_app_namespace(call->app, channel), channel))
        return ff_why_set(why, FF_E_NO_HISTORY, "channel",
                          "this channel keeps no history");
    return FF_OK;
}

/* A message that is too old for its namespace, or meant for others, is not shown. */
static bool shown(const struct reading *reading, const struct ff_message *m)
{
    int64_t oldest = ff_clock_ms() - reading->ns->history_ttl_s * 1000;

    if (ff_slice_is(m->kind, "removed") || m->time_ms < oldest)
        return false;
    if (reading->call->has_key)
        return true;
    return ff_recipients_has(m->recipients,
                             ff_slice_str(reading->call->user.user_id));
}

static bool write_message(struct ff_buf *out, const struct reading *reading,
                          struct ff_bus_msg *msg, bool first)
{
    struct ff_message_names names;
    struct ff_message m;

    if (ff_message_read(msg, &names, &m) != FF_OK || !shown(reading, &m))
        return false;
    if (!first)
        ff_buf_addc(out, ',');
    ff_delivery_write(&m, out);
    return true;
}

static void write_page(struct ff_buf *out, const struct reading *reading,
                       const struct ff_history_page *page)
{
    bool first = true;

    ff_buf_adds(out, "{\"channel\":");
    ff_json_add_strings(out, reading->call->params[0]);
    ff_buf_adds(out, ",\"messages\":[");
    for (size_t i = 0; i < page->count; i++) {
        size_t at = reading->reverse ? page->count - 1 - i : i;
        if (write_message(out, reading, page->msgs[at], first))
            first = false;
    }
    ff_buf_addf(out, "],\"epoch\":\"%s\",\"has_more\":%s}", page->epoch,
                page->cut ? "true" : "false");
}

static void on_page(void *ctx, ff_err err, const struct ff_history_page *page)
{
    struct reading *reading = ctx;
    struct ff_buf out = {0};

    if (err != FF_OK) {
        call_fail(reading->call, err, NULL);
    } else {
        write_page(&out, reading, page);
        call_reply(reading->call, &out);
    }
    free(reading);
}

/* Positions of another epoch are nobody's: the reader must begin anew. */
static ff_err check_epoch(const struct call *call, struct ff_why *why)
{
    const char *epoch = ff_http_query(call->http, "epoch");

    if (epoch != NULL && strcmp(epoch, call->ingress->epoch) != 0)
        return ff_why_set(why, FF_E_CONFLICT, "epoch",
                          "the history began anew since then");
    return FF_OK;
}

static ff_err read_query(const struct call *call, int64_t most,
                         struct ff_history_query *query, bool *out_reverse,
                         struct ff_why *why)
{
    const char *reverse = ff_http_query(call->http, "reverse");
    int64_t limit, since;

    FF_TRY(call_query_int(call, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX, &limit,
                          why));
    FF_TRY(call_query_int(call, "since", -1, 0, INT64_MAX - 1, &since, why));
    FF_TRY(check_epoch(call, why));
    *out_reverse = reverse != NULL && strcmp(reverse, "true") == 0;
    query->app = call->app->id;
    query->channel = call->params[0];
    query->from = since < 0 ? 0 : (uint64_t)since + 1;
    query->limit = (size_t)(limit < most ? limit : most);
    query->max_bytes = PAGE_BYTES_MAX;
    /* Without a starting point people want what is newest. */
    query->newest = since < 0 || *out_reverse;
    query->timeout_ms = READ_TIMEOUT_MS;
    return FF_OK;
}

void history_get(struct call *call)
{
    struct ff_history_query query = {0};
    struct ff_why why = {0};
    bool reverse = false;
    const struct ff_namespace *ns =
        ff_app_namespace(call->app, ff_slice_str(call->params[0]));
    int64_t most = ns->history_size > 0 ? ns->history_size : 1;

    ff_err err = check(call, &why);
    if (err == FF_OK)
        err = read_query(call, most, &query, &reverse, &why);
    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    struct reading *reading = ff_new(struct reading);
    reading->call = call;
    reading->ns = ns;
    reading->reverse = reverse;
    ff_history_read(call->ingress->bus, &query, on_page, reading);
}

struct removal {
    struct call *call;
    uint64_t offset, removed;
    char id[FF_MESSAGE_ID_MAX], body[40];
};

static void on_marked(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    struct removal *removal = ctx;
    struct ff_buf out = {0};

    (void)offset, (void)duplicate;
    if (err != FF_OK) {
        call_fail(removal->call, err, NULL);
    } else {
        ff_buf_addf(&out, "{\"removed\":%" PRIu64 "}", removal->removed);
        call_reply(removal->call, &out);
    }
    free(removal);
}

/*
 * A mark on the channel tells the gateways to forget what they keep of it; and
 * how far, so that who had read that far has missed nothing.
 */
static void mark(struct removal *removal)
{
    const struct ingress_conf *conf = removal->call->ingress->conf;
    struct ff_message m = {
        .app = ff_slice_str(removal->call->app->id),
        .channel = ff_slice_str(removal->call->params[0]),
        .kind = FF_SLICE_LIT("removed"),
        .time_ms = ff_clock_ms(),
    };

    ff_message_new_id(removal->id);
    snprintf(removal->body, sizeof(removal->body), "{\"offset\":%" PRIu64 "}",
             removal->offset);
    m.id = ff_slice_str(removal->id);
    m.body = ff_slice_str(removal->body);
    ff_history_store(removal->call->ingress->bus, &m, NULL, UINT64_MAX,
                     (int)conf->store_timeout_ms, (int)conf->store_tries,
                     on_marked, removal);
}

static void on_removed(void *ctx, ff_err err, uint64_t removed)
{
    struct removal *removal = ctx;

    if (err != FF_OK) {
        call_fail(removal->call, err, NULL);
        free(removal);
        return;
    }
    removal->removed = removed;
    mark(removal);
}

/* All that is there now, or up to the offset asked for. */
static void on_last(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct removal *removal = ctx;
    struct call *call = removal->call;
    struct ff_message_names names;
    struct ff_message last = {0};

    if (err == FF_OK)
        err = ff_message_read(msg, &names, &last);
    if (err != FF_OK && err != FF_E_NOT_FOUND) {
        call_fail(call, err, NULL);
        free(removal);
        return;
    }
    if (err == FF_E_NOT_FOUND) {
        on_marked(removal, FF_OK, 0, false); /* there is nothing */
        return;
    }
    if (removal->offset == 0 || removal->offset > last.offset)
        removal->offset = last.offset;
    ff_history_remove(call->ingress->bus, call->app->id, call->params[0],
                      removal->offset, on_removed, removal);
}

void history_delete(struct call *call)
{
    const struct http_history_remove *in = call->body;
    struct ff_why why = {0};
    struct ff_slice channel = ff_slice_str(call->params[0]);
    ff_err err = check(call, &why);

    if (err == FF_OK && ff_app_namespace(call->app, channel)->documents)
        err = ff_why_set(&why, FF_E_FORBIDDEN, "channel",
                         "the history of a document is the document");
    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    struct removal *removal = ff_new(struct removal);
    removal->call = call;
    removal->offset = (uint64_t)in->offset;
    ff_history_last(call->ingress->bus, call->app->id, call->params[0], on_last,
                    removal);
}
