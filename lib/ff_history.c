#include "ff_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ff_history_part.h"

/* --- the stream ------------------------------------------------------------ */

struct ensure {
    struct ff_bus *bus;
    json_t *config;
    bool updating;
    void (*fn)(void *ctx, ff_err err, const char *text);
    void *ctx;
};

static json_int_t or_unlimited(int64_t n)
{
    return n > 0 ? n : -1;
}

static json_t *stream_config(const struct ff_history_config *c)
{
    const json_int_t second = 1000000000;
    json_int_t dedup_s = c->dedup_window_s;
    if (c->max_age_s > 0 && dedup_s > c->max_age_s)
        dedup_s = c->max_age_s; /* more is refused */
    return json_pack(
        "{s:s, s:[s], s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i, "
        "s:b, s:{s:s, s:s}}",
        "name", FF_HISTORY_STREAM, "subjects", "ff.in.>", "retention", "limits",
        "storage", c->storage, "discard", "old", "num_replicas",
        (json_int_t)c->replicas, "max_age", c->max_age_s * second,
        "max_msgs_per_subject", or_unlimited(c->max_per_channel), "max_bytes",
        or_unlimited(c->max_bytes), "duplicate_window", dedup_s * second,
        "max_msgs", -1, "max_msg_size", -1, "max_consumers", -1, "allow_direct",
        1, "republish", "src", "ff.in.>", "dest", "ff.ch.>");
}

/* Not for now, but for good: nothing but another configuration helps. */
static bool is_refusal(ff_err err)
{
    enum ff_err_class class = ff_err_class(err);
    return err == FF_E_FULL ||
           (class != FF_CLASS_OK && class != FF_CLASS_TRANSIENT &&
            class != FF_CLASS_PEER);
}

static void on_ensured(void *ctx, ff_err err, const char *text,
                       const json_t *result)
{
    struct ensure *e = ctx;
    (void)result;
    if (err == FF_E_CONFLICT && !e->updating) {
        e->updating = true;
        ff_js_call(e->bus, json_incref(e->config), on_ensured, e,
                   "$JS.API.STREAM.UPDATE." FF_HISTORY_STREAM);
        return;
    }
    if (is_refusal(err))
        err = FF_E_CONFIG;
    e->fn(e->ctx, err, text);
    json_decref(e->config);
    free(e);
}

void ff_history_ensure(struct ff_bus *bus,
                       const struct ff_history_config *config,
                       void (*fn)(void *ctx, ff_err err, const char *text),
                       void *ctx)
{
    struct ensure *e = ff_new(struct ensure);
    *e = (struct ensure){
        .bus = bus, .config = stream_config(config), .fn = fn, .ctx = ctx};
    ff_js_call(bus, json_incref(e->config), on_ensured, e,
               "$JS.API.STREAM.CREATE." FF_HISTORY_STREAM);
}

/* --- its epoch ------------------------------------------------------------- */

/* Nanoseconds behind the point of "…:59.123456789Z". */
static int64_t read_fraction(const char *text)
{
    int64_t ns = 0, unit = 100000000;
    if (*text != '.')
        return 0;
    for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
        ns += (*text - '0') * unit;
    return ns;
}

static ff_err read_epoch(const json_t *info, char out[FF_EPOCH_MAX])
{
    struct tm tm = {0};
    const char *text = json_string_value(json_object_get(info, "created"));
    const char *rest =
        text == NULL ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL)
        return FF_E_INTERNAL;
    uint64_t ns =
        (uint64_t)timegm(&tm) * 1000000000 + (uint64_t)read_fraction(rest);
    char digits[FF_EPOCH_MAX];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    for (; ns > 0; ns /= 36)
        digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[ns % 36];
    memcpy(out, digits + at, sizeof(digits) - at);
    return FF_OK;
}

ff_err ff_history_read_state(const json_t *info, struct ff_history_state *out)
{
    struct ff_history_state state;
    const json_t *now = json_object_get(info, "state");
    const json_t *config = json_object_get(info, "config");
    FF_TRY(read_epoch(info, state.epoch));
    state.first = ff_js_get_number(now, "first_seq");
    state.last = ff_js_get_number(now, "last_seq");
    state.per_channel = ff_js_get_number(config, "max_msgs_per_subject");
    *out = state;
    return FF_OK;
}

struct asking {
    ff_history_on_state *fn;
    ff_history_on_epoch *on_epoch; /* one of them */
    void *ctx;
};

static void on_info(void *ctx, ff_err err, const char *text,
                    const json_t *result)
{
    struct asking *asking = ctx;
    struct ff_history_state state = {0};
    (void)text;
    if (err == FF_OK)
        err = ff_history_read_state(result, &state);
    if (asking->fn != NULL)
        asking->fn(asking->ctx, err, &state);
    else
        asking->on_epoch(asking->ctx, err, state.epoch);
    free(asking);
}

static void ask_info(struct ff_bus *bus, int timeout_ms,
                     const struct asking *from)
{
    struct asking *asking = ff_new(struct asking);
    *asking = *from;
    ff_js_call_within(bus, timeout_ms, NULL, on_info, asking,
                      "$JS.API.STREAM.INFO." FF_HISTORY_STREAM);
}

void ff_history_epoch(struct ff_bus *bus, int timeout_ms,
                      ff_history_on_epoch *fn, void *ctx)
{
    ask_info(bus, timeout_ms, &(struct asking){.on_epoch = fn, .ctx = ctx});
}

void ff_history_ask_state(struct ff_bus *bus, int timeout_ms,
                          ff_history_on_state *fn, void *ctx)
{
    ask_info(bus, timeout_ms, &(struct asking){.fn = fn, .ctx = ctx});
}

/* --- the last message ------------------------------------------------------ */

struct last {
    struct ff_bus *bus;
    struct ff_subject_text subject;
    ff_history_on_msg *fn;
    void *ctx;
};

struct ff_js_call *ff_history_ask_last(struct ff_bus *bus, const char *subject,
                                       ff_js_on_result *fn, void *ctx)
{
    const char *api =
        *subject == '\0' ? "" : "$JS.API.STREAM.MSG.GET." FF_HISTORY_STREAM;
    return ff_js_call(bus, json_pack("{s:s}", "last_by_subj", subject), fn, ctx,
                      "%s", api);
}

static void last_done(struct last *last, ff_err err, struct ff_bus_msg *msg)
{
    last->fn(last->ctx, err, msg);
    free(last);
}

static void on_leader_last(void *ctx, ff_err err, const char *text,
                           const json_t *result)
{
    (void)text;
    (void)result;
    last_done(ctx, err == FF_OK ? FF_E_UNAVAILABLE : err, NULL);
}

static void on_last(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct last *last = ctx;
    int status = err == FF_OK ? ff_js_status(msg) : 0;
    if (status == 404)
        ff_history_ask_last(last->bus, last->subject.text, on_leader_last,
                            last);
    else if (status != 0)
        last_done(last, FF_E_UNAVAILABLE, NULL);
    else
        last_done(last, err, err == FF_OK ? msg : NULL);
}

void ff_history_last(struct ff_bus *bus, const char *app, const char *channel,
                     ff_history_on_msg *fn, void *ctx)
{
    char subject[FF_SUBJECT_MAX + 64] = "";
    struct ff_bus_out out = {.subject = subject};
    struct last *last = ff_new(struct last);
    *last = (struct last){.bus = bus, .fn = fn, .ctx = ctx};
    if (ff_subject_build(&last->subject, FF_SUBJ_STORE, app, channel) == FF_OK)
        snprintf(subject, sizeof(subject),
                 "$JS.API.DIRECT.GET." FF_HISTORY_STREAM ".%s",
                 last->subject.text);
    /* Without a subject the request ends as FF_E_INVALID. */
    ff_bus_request(bus, &out, FF_JS_TIMEOUT_MS, on_last, last);
}

struct last_offset {
    ff_history_on_offset *fn;
    void *ctx;
};

static void on_last_offset(void *ctx, ff_err err, const char *text,
                           const json_t *result)
{
    struct last_offset *last = ctx;
    const json_t *message = json_object_get(result, "message");
    (void)text;
    last->fn(last->ctx, err == FF_E_NOT_FOUND ? FF_OK : err,
             ff_js_get_number(message, "seq"));
    free(last);
}

void ff_history_last_offset(struct ff_bus *bus, const char *app,
                            const char *channel, ff_history_on_offset *fn,
                            void *ctx)
{
    struct ff_subject_text subject;
    struct last_offset *last = ff_new(struct last_offset);
    *last = (struct last_offset){fn, ctx};
    if (ff_subject_build(&subject, FF_SUBJ_STORE, app, channel) != FF_OK)
        subject.text[0] = '\0';
    ff_history_ask_last(bus, subject.text, on_last_offset, last);
}

/* --- removing -------------------------------------------------------------- */

struct removal {
    void (*fn)(void *ctx, ff_err err, uint64_t removed);
    void *ctx;
};

static void on_removed(void *ctx, ff_err err, const char *text,
                       const json_t *result)
{
    struct removal *removal = ctx;
    (void)text;
    removal->fn(removal->ctx, err, ff_js_get_number(result, "purged"));
    free(removal);
}

void ff_history_remove(struct ff_bus *bus, const char *app, const char *channel,
                       uint64_t offset,
                       void (*fn)(void *ctx, ff_err err, uint64_t removed),
                       void *ctx)
{
    struct ff_subject_text subject;
    struct removal *removal = ff_new(struct removal);
    *removal = (struct removal){fn, ctx};
    const char *api = "$JS.API.STREAM.PURGE." FF_HISTORY_STREAM;
    if (ff_subject_build(&subject, FF_SUBJ_STORE, app, channel) != FF_OK) {
        subject.text[0] = '\0';
        api = ""; /* ends as FF_E_INVALID: never a purge without a filter */
    }
    json_t *body = json_pack("{s:s}", "filter", subject.text);
    if (offset > 0)
        json_object_set_new(body, "seq", json_integer((json_int_t)offset + 1));
    ff_js_call(bus, body, on_removed, removal, "%s", api);
}
