#include "ff_history_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "ff_bus_slots.h"

enum {
    WALK_MAX = 6,
    ACTIVE_MAX = 32, /* reads at once: each may scan the stream */
    QUEUE_MAX = 1024,
    LAG_PAUSE_MS = 50,
};

/* The reads of one bus. */
struct readers {
    struct ff_bus_slots active;
    struct ff_history_read *first, **last;
    size_t queued;
    bool closing;
};

static void *readers_new(struct ff_bus *bus)
{
    struct readers *all = ff_new(struct readers);
    (void)bus;
    all->last = &all->first;
    return all;
}

static void readers_free(void *part)
{
    struct readers *all = part;
    struct ff_history_read *read;
    all->closing = true;
    while ((read = ff_bus_slots_any(&all->active)) != NULL)
        ff_history_read_fail(read, FF_E_CLOSED);
    while ((read = all->first) != NULL) {
        all->first = read->next;
        ff_history_read_fail(read, FF_E_CLOSED);
    }
    ff_bus_slots_fini(&all->active);
    free(all);
}

static struct readers *readers_of(struct ff_bus *bus)
{
    static const char key;
    return ff_bus_part(bus, &key, readers_new, readers_free);
}

/* --- the end --------------------------------------------------------------- */

static void begin(struct ff_history_read *read);

static void start_next(struct readers *all)
{
    struct ff_history_read *read = all->first;
    if (read == NULL || all->closing || all->active.count >= ACTIVE_MAX)
        return;
    all->first = read->next;
    if (all->first == NULL)
        all->last = &all->first;
    all->queued--;
    begin(read);
}

static void end(struct ff_history_read *read)
{
    struct readers *all = readers_of(read->bus);
    ff_bus_request_cancel(&read->request);
    ff_js_cancel(&read->call);
    ff_js_cancel(&read->look);
    ff_js_cancel(&read->tail_call);
    ff_history_fetch_end(read);
    ff_timer_free(&read->timer);
    ff_timer_free(&read->pause);
    ff_history_pile_fini(&read->pile);
    ff_bus_slots_remove(&all->active, read->id);
    free(read);
    start_next(all);
}

void ff_history_read_fail(struct ff_history_read *read, ff_err err)
{
    /* No stream: whoever made the query can do nothing about it. */
    read->fn(read->ctx, err == FF_E_NOT_FOUND ? FF_E_UNAVAILABLE : err, NULL);
    end(read);
}

static void succeed(struct ff_history_read *read)
{
    const struct ff_history_pile *pile = &read->pile;
    struct ff_history_page page = {
        .msgs = pile->msgs == NULL ? NULL : pile->msgs + pile->first,
        .count = pile->count,
        .cut = pile->cut,
        .from_seen = read->from_seen,
        .first = read->state.first,
        .last = read->state.last,
        .per_channel = read->state.per_channel,
    };
    snprintf(page.epoch, sizeof(page.epoch), "%s", read->state.epoch);
    read->fn(read->ctx, FF_OK, &page);
    end(read);
}

/* --- what the page is worth: asked of the leader, after the reading -------- */

static void walk(struct ff_history_read *read);

static void on_pause_over(void *ctx)
{
    struct ff_history_read *read = ctx;
    ff_timer_free(&read->pause);
    read->walked = 0;
    walk(read);
}

/* The replicas that were read from have not got all that the leader has. */
static bool lags(const struct ff_history_read *read)
{
    if (read->pile.cut && !read->pile.newest)
        return false;
    return read->tail >= read->at && (read->to == 0 || read->tail <= read->to);
}

static void on_answered(struct ff_history_read *read, ff_err err)
{
    read->open--;
    if (err != FF_OK)
        ff_history_read_fail(read, err);
    else if (read->open == 0 && !lags(read))
        succeed(read);
    else if (read->open == 0)
        read->pause = ff_timer_new(ff_bus_loop(read->bus), LAG_PAUSE_MS, 0,
                                   on_pause_over, read);
}

static void on_info(void *ctx, ff_err err, const char *text,
                    const json_t *result)
{
    struct ff_history_read *read = ctx;
    (void)text;
    read->call = NULL;
    if (err == FF_OK)
        err = ff_history_read_state(result, &read->state);
    on_answered(read, err);
}

/* Of this channel; 0: it is another's, or there is none. */
static uint64_t sequence_of(const struct ff_history_read *read,
                            const json_t *result)
{
    const json_t *message = json_object_get(result, "message");
    const char *subject =
        json_string_value(json_object_get(message, "subject"));
    if (subject == NULL ||
        !ff_slice_is(ff_slice_str(subject), read->subject.text))
        return 0;
    return ff_js_get_number(message, "seq");
}

static void on_look(void *ctx, ff_err err, const char *text,
                    const json_t *result)
{
    struct ff_history_read *read = ctx;
    (void)text;
    read->look = NULL;
    read->from_seen = sequence_of(read, result) != 0;
    on_answered(read, err == FF_E_NOT_FOUND ? FF_OK : err);
}

static void on_tail(void *ctx, ff_err err, const char *text,
                    const json_t *result)
{
    struct ff_history_read *read = ctx;
    (void)text;
    read->tail_call = NULL;
    read->tail = sequence_of(read, result);
    on_answered(read, err == FF_E_NOT_FOUND ? FF_OK : err);
}

void ff_history_read_done(struct ff_history_read *read)
{
    ff_history_fetch_end(read);
    read->open = read->from > 0 ? 3 : 2;
    if (read->from > 0)
        read->look = ff_js_call(
            read->bus, json_pack("{s:I}", "seq", (json_int_t)read->from),
            on_look, read, "$JS.API.STREAM.MSG.GET." FF_HISTORY_STREAM);
    read->tail_call =
        ff_history_ask_last(read->bus, read->subject.text, on_tail, read);
    read->call = ff_js_call(read->bus, NULL, on_info, read,
                            "$JS.API.STREAM.INFO." FF_HISTORY_STREAM);
}

/* --- the walk -------------------------------------------------------------- */

static void take_step(struct ff_history_read *read, struct ff_bus_msg *msg)
{
    uint64_t sequence = ff_js_place(msg).sequence;
    if (sequence < read->at) {
        ff_history_read_fail(read, FF_E_INTERNAL);
        return;
    }
    read->at = sequence + 1;
    if ((read->to != 0 && sequence > read->to) ||
        !ff_history_pile_add(&read->pile, msg) || sequence == read->to)
        ff_history_read_done(read);
    else if (++read->walked < WALK_MAX)
        walk(read);
    else
        ff_history_fetch(read);
}

static void on_step(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct ff_history_read *read = ctx;
    int status = err == FF_OK ? ff_js_status(msg) : 0;
    read->request = NULL;
    if (err != FF_OK)
        ff_history_read_fail(read, err);
    else if (status == 404)
        ff_history_read_done(read);
    else if (status != 0)
        ff_history_read_fail(read, FF_E_UNAVAILABLE);
    else
        take_step(read, msg);
}

/* The first message of the channel from read->at on. */
static void walk(struct ff_history_read *read)
{
    char body[FF_SUBJECT_MAX + 64];
    struct ff_bus_out out = {.subject =
                                 "$JS.API.DIRECT.GET." FF_HISTORY_STREAM};
    int len =
        snprintf(body, sizeof(body), "{\"seq\":%llu,\"next_by_subj\":\"%s\"}",
                 (unsigned long long)read->at, read->subject.text);
    out.body = (struct ff_slice){body, (size_t)len};
    read->request =
        ff_bus_request(read->bus, &out, FF_JS_TIMEOUT_MS, on_step, read);
}

/* --- the beginning --------------------------------------------------------- */

static void begin(struct ff_history_read *read)
{
    struct readers *all = readers_of(read->bus);
    read->id = ff_bus_slots_add(&all->active, read);
    if (read->from == 0 && read->pile.newest)
        ff_history_fetch(read); /* a walk would begin at the wrong end */
    else
        walk(read);
}

static void on_timeout(void *ctx)
{
    struct ff_history_read *read = ctx;
    struct readers *all = readers_of(read->bus);
    struct ff_history_read **at = &all->first;
    if (read->id == 0) {
        while (*at != read)
            at = &(*at)->next;
        *at = read->next;
        if (*at == NULL)
            all->last = at;
        all->queued--;
    }
    ff_history_read_fail(read, FF_E_TIMEOUT);
}

static struct ff_history_read *read_new(struct ff_bus *bus,
                                        const struct ff_history_query *query,
                                        ff_history_on_page *fn, void *ctx)
{
    struct ff_history_read *read = ff_new(struct ff_history_read);
    read->bus = bus;
    read->from = query->from;
    read->to = query->to;
    read->at = query->from > 0 ? query->from : 1;
    read->fn = fn;
    read->ctx = ctx;
    read->pile.limit = query->limit;
    read->pile.max_bytes = query->max_bytes;
    read->pile.newest = query->newest;
    read->timer =
        ff_timer_new(ff_bus_loop(bus), query->timeout_ms, 0, on_timeout, read);
    return read;
}

static void on_refusal(void *ctx)
{
    struct ff_history_read *read = ctx;
    ff_history_read_fail(read, read->refusal);
}

/* Told at the next turn of the loop. */
static void refuse(struct ff_history_read *read, ff_err err)
{
    read->refusal = err;
    read->id = ff_bus_slots_add(&readers_of(read->bus)->active, read);
    ff_timer_free(&read->timer);
    read->timer = ff_timer_new(ff_bus_loop(read->bus), 0, 0, on_refusal, read);
}

static void enqueue(struct readers *all, struct ff_history_read *read)
{
    *all->last = read;
    all->last = &read->next;
    all->queued++;
}

void ff_history_read(struct ff_bus *bus, const struct ff_history_query *query,
                     ff_history_on_page *fn, void *ctx)
{
    struct readers *all = readers_of(bus);
    struct ff_history_read *read = read_new(bus, query, fn, ctx);
    ff_err err = ff_subject_build(&read->subject, FF_SUBJ_STORE, query->app,
                                  query->channel);
    if (err != FF_OK)
        refuse(read, err);
    else if (all->active.count < ACTIVE_MAX)
        begin(read);
    else if (all->queued < QUEUE_MAX)
        enqueue(all, read);
    else
        refuse(read, FF_E_BUSY);
}
