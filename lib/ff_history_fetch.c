#include <stdio.h>
#include <string.h>

#include "ff_history_read.h"

/*
 * Ephemeral pull consumers in memory, without acknowledgements: making one tells how many messages of the channel are
 * behind a sequence (1-20 ms in a million), and what it delivers costs as far as it is spread. So for the newest ones
 * the place to start from is searched by counting before anything is read.
 */

enum {
    SLICE = 256, /* messages asked for at once */
    PROBES_MAX = 12,
    ENOUGH = 3, /* times what is needed: search no further */
    ENOUGH_MORE = 32,
    KEEP_MS = 5000,
};

static uint64_t need(const struct ff_history_read *read)
{
    return read->pile.limit + 1; /* one more tells that it is cut */
}

/* --- cursors --------------------------------------------------------------- */

static void ignore(void *ctx, ff_err err, const char *text,
                   const json_t *result)
{
    (void)ctx;
    (void)err;
    (void)text;
    (void)result;
}

static void drop_cursor(struct ff_history_read *read,
                        struct ff_history_cursor *cursor)
{
    if (cursor->name[0] != '\0')
        ff_js_call(read->bus, NULL, ignore, NULL,
                   "$JS.API.CONSUMER.DELETE." FF_HISTORY_STREAM ".%s",
                   cursor->name);
    cursor->name[0] = '\0';
}

static void on_cursor(void *ctx, ff_err err, const char *text,
                      const json_t *result)
{
    struct ff_history_read *read = ctx;
    struct ff_history_cursor cursor = {.start = read->probe};
    const char *name = json_string_value(json_object_get(result, "name"));
    (void)text;
    read->call = NULL;
    if (err == FF_OK && (name == NULL || strlen(name) >= sizeof(cursor.name)))
        err = FF_E_INTERNAL;
    if (err != FF_OK) {
        ff_history_read_fail(read, err);
        return;
    }
    snprintf(cursor.name, sizeof(cursor.name), "%s", name);
    cursor.count = ff_js_get_number(result, "num_pending");
    read->on_count(read, &cursor);
}

/* Make a cursor that starts at a sequence; then takes it. */
static void count_from(struct ff_history_read *read, uint64_t start,
                       void (*then)(struct ff_history_read *,
                                    const struct ff_history_cursor *))
{
    json_t *config = json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:b, s:i, s:I}", "deliver_policy",
        "by_start_sequence", "opt_start_seq", (json_int_t)start, "ack_policy",
        "none", "replay_policy", "instant", "filter_subject",
        read->subject.text, "mem_storage", 1, "num_replicas", 1,
        "inactive_threshold", (json_int_t)KEEP_MS * 1000000);
    read->probe = start;
    read->on_count = then;
    read->call = ff_js_call(read->bus,
                            json_pack("{s:s, s:o}", "stream_name",
                                      FF_HISTORY_STREAM, "config", config),
                            on_cursor, read,
                            "$JS.API.CONSUMER.CREATE." FF_HISTORY_STREAM);
}

/* --- taking messages from one ---------------------------------------------- */

static void ask_slice(struct ff_history_read *read)
{
    char subject[FF_SUBJECT_MAX], body[64];
    struct ff_bus_out out = {.subject = subject};
    read->asked = read->left < SLICE ? read->left : SLICE;
    read->received = 0;
    snprintf(subject, sizeof(subject),
             "$JS.API.CONSUMER.MSG.NEXT." FF_HISTORY_STREAM ".%s",
             read->low.name);
    int len = snprintf(body, sizeof(body), "{\"batch\":%llu,\"no_wait\":true}",
                       (unsigned long long)read->asked);
    out.body = (struct ff_slice){body, (size_t)len};
    ff_err err = ff_bus_publish_for(read->bus, &out, read->inbox.text);
    if (err != FF_OK)
        ff_history_read_fail(read, err);
}

static void on_status(struct ff_history_read *read, int status)
{
    /* 404, 408: fewer than were counted, some went meanwhile. */
    if (status == 404 || status == 408)
        ff_history_read_done(read);
    else
        ff_history_read_fail(read, FF_E_UNAVAILABLE);
}

static void on_delivery(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_history_read *read = ctx;
    int status = ff_js_status(msg);
    if (status != 0) {
        on_status(read, status);
        return;
    }
    read->received++;
    read->left--;
    read->at = ff_js_place(msg).sequence + 1;
    if ((read->to != 0 && read->at > read->to + 1) ||
        !ff_history_pile_add(&read->pile, msg) || read->left == 0)
        ff_history_read_done(read);
    else if (read->received == read->asked)
        ask_slice(read);
}

static void deliver(struct ff_history_read *read)
{
    uint64_t in_range = read->low.count;
    drop_cursor(read, &read->high);
    read->left = in_range;
    if (!read->pile.newest && in_range > need(read))
        read->left = need(read);
    if (read->left == 0) {
        ff_history_read_done(read);
        return;
    }
    ff_bus_new_inbox(read->bus, &read->inbox);
    read->sub =
        ff_bus_subscribe(read->bus, read->inbox.text, NULL, on_delivery, read);
    ask_slice(read);
}

/* --- searching where the newest ones begin --------------------------------- */

static void search(struct ff_history_read *read);

static void on_probe(struct ff_history_read *read,
                     const struct ff_history_cursor *cursor)
{
    struct ff_history_cursor found = *cursor;
    struct ff_history_cursor *place;
    found.count -= found.count < read->beyond ? found.count : read->beyond;
    place = found.count >= need(read) ? &read->low : &read->high;
    drop_cursor(read, place);
    *place = found;
    search(read);
}

/* Between low and high, as if messages were spread evenly; a half more than that. */
static uint64_t guess(const struct ff_history_read *read)
{
    double span = (double)(read->high.start - read->low.start);
    double missing = (double)(need(read) - read->high.count) * 1.5;
    double counted = (double)(read->low.count - read->high.count);
    uint64_t back = (uint64_t)(span * missing / counted) + 1;
    if (back >= read->high.start - read->low.start)
        return read->low.start + 1;
    return read->high.start - back;
}

static void search(struct ff_history_read *read)
{
    bool enough = read->low.count <= need(read) * ENOUGH + ENOUGH_MORE;
    if (enough || ++read->probes > PROBES_MAX ||
        read->high.start - read->low.start < 2)
        deliver(read);
    else
        count_from(read, guess(read), on_probe);
}

static void on_end_known(void *ctx, ff_err err, const char *text,
                         const json_t *result)
{
    struct ff_history_read *read = ctx;
    uint64_t last =
        ff_js_get_number(json_object_get(result, "state"), "last_seq");
    (void)text;
    read->call = NULL;
    if (err != FF_OK) {
        ff_history_read_fail(read, err);
        return;
    }
    if (read->to != 0 && read->to < last)
        last = read->to;
    read->high = (struct ff_history_cursor){.start = last + 1};
    if (read->high.start <= read->low.start)
        deliver(read);
    else
        search(read);
}

static void on_first_count(struct ff_history_read *read,
                           const struct ff_history_cursor *cursor)
{
    uint64_t all = cursor->count;
    read->low = *cursor;
    read->low.count = all > read->beyond ? all - read->beyond : 0;
    if (!read->pile.newest ||
        read->low.count <= need(read) * ENOUGH + ENOUGH_MORE)
        deliver(read);
    else
        read->call = ff_js_call(read->bus, NULL, on_end_known, read,
                                "$JS.API.STREAM.INFO." FF_HISTORY_STREAM);
}

static void on_beyond(struct ff_history_read *read,
                      const struct ff_history_cursor *cursor)
{
    struct ff_history_cursor done = *cursor;
    read->beyond = cursor->count;
    drop_cursor(read, &done);
    count_from(read, read->at, on_first_count);
}

void ff_history_fetch(struct ff_history_read *read)
{
    if (read->pile.newest && read->to != 0)
        count_from(read, read->to + 1, on_beyond);
    else
        count_from(read, read->at, on_first_count);
}

void ff_history_fetch_end(struct ff_history_read *read)
{
    ff_bus_unsubscribe(&read->sub);
    drop_cursor(read, &read->low);
    drop_cursor(read, &read->high);
}
