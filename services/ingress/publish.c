/*
 * Publishing: one message, one to several channels, a batch, a broadcast. All of a call is checked before any of
 * it is sent, but for a batch, whose messages stand for themselves.
 */

#include <inttypes.h>
#include <string.h>

#include "ff_clock.h"
#include "publication.h"
#include "routes.h"

/* How a job is answered. */
enum shape { SHAPE_ONE, SHAPE_CHANNELS, SHAPE_BATCH };

struct item {
    struct job *job;
    struct publication pub;
    bool sent; /* pub is there */
    ff_err err;
    struct ff_why why;
    uint64_t offset;
    bool duplicate;
};

struct job {
    struct call *call;
    enum shape shape;
    size_t count, pending;
    struct item items[];
};

static struct job *job_new(struct call *call, enum shape shape, size_t count)
{
    struct job *job =
        ff_zalloc(sizeof(struct job) + count * sizeof(struct item));

    job->call = call;
    job->shape = shape;
    job->count = count;
    for (size_t i = 0; i < count; i++)
        job->items[i].job = job;
    return job;
}

static void job_free(struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        if (job->items[i].sent)
            publication_fini(&job->items[i].pub);
    }
    free(job);
}

static void write_refusal(struct ff_buf *out, const struct item *item)
{
    ff_buf_addf(out, "{\"error\":{\"code\":\"%s\",\"message\":",
                ff_err_code(item->err));
    ff_json_add_strings(out, item->why.text[0] ? item->why.text
                                               : ff_err_text(item->err));
    if (item->why.field[0] != '\0') {
        ff_buf_adds(out, ",\"field\":");
        ff_json_add_strings(out, item->why.field);
    }
    ff_buf_adds(out, "}}");
}

static void write_item(struct ff_buf *out, const struct item *item,
                       bool name_channel)
{
    const char *epoch = item->job->call->ingress->epoch;

    if (item->err != FF_OK) {
        write_refusal(out, item);
        return;
    }
    ff_buf_addf(out, "{\"id\":\"%s\"", item->pub.id);
    if (name_channel) {
        ff_buf_adds(out, ",\"channel\":");
        ff_json_add_string(out, item->pub.message.channel);
    }
    if (item->pub.stored) {
        ff_buf_addf(out, ",\"offset\":%" PRIu64, item->offset);
        if (epoch[0] != '\0')
            ff_buf_addf(out, ",\"epoch\":\"%s\"", epoch);
    }
    if (item->duplicate)
        ff_buf_adds(out, ",\"duplicate\":true");
    ff_buf_addc(out, '}');
}

static void write_items(struct ff_buf *out, const struct job *job)
{
    ff_buf_adds(out, "{\"results\":[");
    for (size_t i = 0; i < job->count; i++) {
        if (i > 0)
            ff_buf_addc(out, ',');
        write_item(out, &job->items[i], job->shape == SHAPE_CHANNELS);
    }
    ff_buf_adds(out, "]}");
}

/* Several channels: the first failure decides the status, the body tells all. */
static int job_status(const struct job *job)
{
    if (job->shape == SHAPE_BATCH)
        return 200;
    for (size_t i = 0; i < job->count; i++) {
        if (job->items[i].err != FF_OK)
            return ff_err_http(job->items[i].err);
    }
    return 200;
}

static void job_end(struct job *job)
{
    struct ff_buf out = {0};
    struct call *call = job->call;
    const struct item *first = &job->items[0];

    if (job->shape == SHAPE_ONE && first->err != FF_OK) {
        call_fail(call, first->err, &first->why);
    } else {
        int status = job_status(job);
        if (job->shape == SHAPE_ONE)
            write_item(&out, first, false);
        else
            write_items(&out, job);
        call_reply_status(call, status, &out);
    }
    job_free(job);
}

static void on_done(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    struct item *item = ctx;
    struct job *job = item->job;

    item->err = err;
    item->offset = offset;
    item->duplicate = duplicate;
    if (--job->pending == 0)
        job_end(job);
}

static void job_send(struct job *job)
{
    /* One more than there are, so that the end comes after the last was sent. */
    job->pending = job->count + 1;
    for (size_t i = 0; i < job->count; i++) {
        struct item *item = &job->items[i];
        if (item->sent)
            publication_send(&item->pub, job->call->ingress, on_done, item);
        else
            job->pending--;
    }
    if (--job->pending == 0)
        job_end(job);
}

static ff_err prepare(struct job *job, size_t i, const struct http_publish *in,
                      const char *channel, struct ff_slice raw)
{
    struct item *item = &job->items[i];

    item->err =
        publication_init(&item->pub, job->call, in, channel, raw, &item->why);
    item->sent = item->err == FF_OK;
    return item->err;
}

static ff_err check_channels(const struct http_publish *in, struct ff_why *why)
{
    size_t i, k;

    if ((in->channel == NULL) == (in->channels == NULL))
        return ff_why_set(why, FF_E_MISSING, "channel",
                          "give either channel or channels");
    for (i = 0; i < json_array_size(in->channels); i++) {
        const json_t *one = json_array_get(in->channels, i);
        for (k = 0; k < i; k++) {
            if (json_equal(one, json_array_get(in->channels, k)))
                return ff_why_set(why, FF_E_INVALID, "channels",
                                  "names a channel twice");
        }
    }
    return FF_OK;
}

static void send_or_fail(struct job *job, ff_err err, size_t bad)
{
    struct ff_why why = job->items[bad].why;

    if (err == FF_OK) {
        job_send(job);
        return;
    }
    call_fail(job->call, err, &why);
    job_free(job);
}

static void publish_to_many(struct call *call, const struct http_publish *in,
                            struct ff_slice raw)
{
    size_t count = json_array_size(in->channels), i;
    struct job *job = job_new(call, SHAPE_CHANNELS, count);
    ff_err err = FF_OK;

    for (i = 0; i < count && err == FF_OK; i++)
        err = prepare(job, i, in,
                      json_string_value(json_array_get(in->channels, i)), raw);
    send_or_fail(job, err, i - 1);
}

void publish_post(struct call *call)
{
    const struct http_publish *in = call->body;
    struct ff_slice raw = {0};
    struct ff_why why = {0};
    ff_err err = check_channels(in, &why);

    if (err == FF_OK)
        err = ff_json_raw_member(ff_http_body(call->http), "message", &raw);
    if (err != FF_OK) {
        call_fail(call, err, &why);
    } else if (in->channels != NULL) {
        publish_to_many(call, in, raw);
    } else {
        struct job *job = job_new(call, SHAPE_ONE, 1);
        send_or_fail(job, prepare(job, 0, in, in->channel, raw), 0);
    }
}

static ff_err prepare_batched(struct job *job, size_t i, const json_t *object)
{
    struct item *item = &job->items[i];
    struct http_publish in;

    if (!json_is_object(object))
        return ff_why_set(&item->why, FF_E_INVALID, "messages",
                          "each must be an object");
    FF_TRY(ff_schema_decode(&http_publish_schema, object, &in, &item->why));
    if (in.channel == NULL)
        return ff_why_set(&item->why, FF_E_MISSING, "channel",
                          "is missing (a batch takes one channel each)");
    return prepare(job, i, &in, in.channel, (struct ff_slice){0});
}

void publish_batch(struct call *call)
{
    const struct http_batch *in = call->body;
    size_t count = json_array_size(in->messages), i;
    struct ff_why why = {0};

    if (count > (size_t)call->ingress->conf->batch_max) {
        call_fail(call,
                  ff_why_set(&why, FF_E_TOO_BIG, "messages",
                             "at most %lld are taken",
                             (long long)call->ingress->conf->batch_max),
                  &why);
        return;
    }
    struct job *job = job_new(call, SHAPE_BATCH, count);
    for (i = 0; i < count; i++)
        job->items[i].err =
            prepare_batched(job, i, json_array_get(in->messages, i));
    job_send(job);
}

/* To everybody: the message with no channel. */
void publish_broadcast(struct call *call)
{
    const struct http_broadcast *in = call->body;
    struct ff_slice raw = {0};
    struct ff_message message = {0};
    char id[FF_MESSAGE_ID_MAX];
    struct ff_buf out = {0};

    ff_err err = ff_json_raw_member(ff_http_body(call->http), "message", &raw);
    ff_message_new_id(id);
    message.app = ff_slice_str(call->app->id);
    message.id = ff_slice_str(id);
    message.event = ff_slice_str(in->event);
    message.sender =
        ff_slice_str(call->has_key ? in->sender.text : call->user.user_id);
    message.time_ms = ff_clock_ms();
    message.body = raw;
    if (err == FF_OK)
        err = ff_message_publish(call->ingress->bus, &message);
    if (err != FF_OK) {
        call_fail(call, err, NULL);
        return;
    }
    ff_buf_addf(&out, "{\"id\":\"%s\"}", id);
    call_reply(call, &out);
}
