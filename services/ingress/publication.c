#include "publication.h"

#include <string.h>

#include "ff_clock.h"
#include "ff_hash.h"
#include "ff_metric.h"

#define RESERVED_EVENTS "document."

static ff_err check_names(const struct http_publish *in, const char *channel,
                          struct ff_why *why)
{
    FF_TRY(ff_channel_check(ff_slice_str(channel), why));
    if (channel[0] == '$')
        return ff_why_set(why, FF_E_FORBIDDEN, "channel",
                          "channels that begin with $ are the system's");
    if (in->event != NULL &&
        strncmp(in->event, RESERVED_EVENTS, strlen(RESERVED_EVENTS)) == 0)
        return ff_why_set(why, FF_E_INVALID, "event",
                          "events that begin with %s are Fanfare's own",
                          RESERVED_EVENTS);
    return FF_OK;
}

static ff_err check_rights(const struct call *call, const char *channel,
                           const struct ff_namespace *ns, struct ff_why *why)
{
    FF_TRY(call_may(call, FF_VERB_PUBLISH, ff_slice_str(channel), why));
    if (ns->documents)
        return ff_why_set(why, FF_E_FORBIDDEN, "channel",
                          "a document is changed by POST /v1/documents");
    return FF_OK;
}

static ff_err take_bytes(struct publication *pub, const struct http_publish *in,
                         const struct ff_namespace *ns, struct ff_why *why)
{
    const char *text = json_string_value(in->message);

    if (strcmp(in->encoding, "base64") != 0)
        return ff_why_set(why, FF_E_INVALID, "encoding", "must be base64");
    if (!ns->binary)
        return ff_why_set(why, FF_E_BINARY, "encoding",
                          "this channel carries no binary messages");
    if (text == NULL ||
        ff_base64_decode(&pub->body, ff_slice_str(text)) != FF_OK)
        return ff_why_set(why, FF_E_INVALID, "message",
                          "must be a text in base64");
    pub->message.binary = true;
    return FF_OK;
}

static ff_err take_body(struct publication *pub, const struct http_publish *in,
                        const struct ff_namespace *ns, struct ff_slice raw,
                        struct ff_why *why)
{
    if (in->encoding != NULL)
        FF_TRY(take_bytes(pub, in, ns, why));
    else if (raw.len > 0)
        ff_buf_addslice(&pub->body, raw);
    else
        ff_json_write(&pub->body, in->message);
    if (pub->body.len > (size_t)ns->max_message_bytes)
        return ff_why_set(why, FF_E_TOO_BIG, "message",
                          "has %zu bytes; this channel takes %lld",
                          pub->body.len, (long long)ns->max_message_bytes);
    return FF_OK;
}

static struct ff_slice keep(struct ff_buf *into, const char *text)
{
    if (text == NULL)
        return (struct ff_slice){0};
    ff_buf_adds(into, text);
    return ff_buf_slice(into);
}

/* A user speaks for itself; a back end says whom it speaks for. */
static const char *sender_of(const struct call *call,
                             const struct http_publish *in)
{
    return call->has_key ? in->sender.text : call->user.user_id;
}

static void take_id(struct publication *pub, const struct http_publish *in)
{
    if (in->idempotency_key != NULL)
        ff_message_id_for_key(pub->message.app, pub->message.channel,
                              ff_slice_str(in->idempotency_key), pub->id);
    else
        ff_message_new_id(pub->id);
    pub->message.id = ff_slice_str(pub->id);
}

static void take_texts(struct publication *pub, const struct call *call,
                       const struct http_publish *in, const char *channel)
{
    struct ff_message *m = &pub->message;

    m->app = ff_slice_str(call->app->id);
    m->channel = keep(&pub->channel, channel);
    m->event = keep(&pub->event, in->event);
    m->sender = keep(&pub->sender, sender_of(call, in));
    m->except = keep(&pub->except, in->except);
    m->trace = keep(&pub->trace, ff_http_header(call->http, "traceparent"));
    if (in->recipients != NULL)
        ff_recipients_from_json(&pub->recipients, in->recipients);
    m->recipients = ff_buf_slice(&pub->recipients);
    m->body = ff_buf_slice(&pub->body);
    m->time_ms = ff_clock_ms();
    take_id(pub, in);
}

ff_err publication_init(struct publication *pub, const struct call *call,
                        const struct http_publish *in, const char *channel,
                        struct ff_slice raw, struct ff_why *why)
{
    struct ff_slice name = ff_slice_str(channel);

    memset(pub, 0, sizeof(*pub));
    FF_TRY(check_names(in, channel, why));
    const struct ff_namespace *ns = ff_app_namespace(call->app, name);
    FF_TRY(check_rights(call, channel, ns, why));
    ff_err err = take_body(pub, in, ns, raw, why);
    if (err != FF_OK) {
        publication_fini(pub);
        return err;
    }
    pub->stored = ff_namespace_stored(ns, name);
    take_texts(pub, call, in, channel);
    return FF_OK;
}

void publication_fini(struct publication *pub)
{
    ff_buf_fini(&pub->channel);
    ff_buf_fini(&pub->body);
    ff_buf_fini(&pub->recipients);
    ff_buf_fini(&pub->sender);
    ff_buf_fini(&pub->event);
    ff_buf_fini(&pub->except);
    ff_buf_fini(&pub->trace);
}

void publication_send(struct publication *pub, struct ingress *ingress,
                      publication_on_done *fn, void *ctx)
{
    const struct ingress_conf *conf = ingress->conf;

    ff_metric_add(FF_M_PUBLISHED, 1);
    if (!pub->stored) {
        fn(ctx, ff_message_publish(ingress->bus, &pub->message), 0, false);
        return;
    }
    ff_history_store(ingress->bus, &pub->message, NULL, UINT64_MAX,
                     (int)conf->store_timeout_ms, (int)conf->store_tries, fn,
                     ctx);
}
