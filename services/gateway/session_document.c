/* Shared documents: join and update, by the documents service. */

#include "ff_delivery.h"
#include "ff_json.h"
#include "ff_metric.h"
#include "session_state.h"

static struct to_hub call(struct session *session, enum tag tag,
                          const char *verb, const char *channel,
                          struct ff_slice ref)
{
    struct to_hub item =
        session_question(session, TO_HUB_CALL, tag, channel, ref);

    item.verb = verb;
    return item;
}

static void add_head(struct ff_buf *out, const struct session *session,
                     const char *channel)
{
    ff_buf_adds(out, "{\"app\":");
    ff_json_add_strings(out, session->app->id);
    ff_buf_adds(out, ",\"channel\":");
    ff_json_add_strings(out, channel);
}

ff_err session_call_join(struct session *session, enum tag tag,
                         const char *channel, struct ff_slice ref)
{
    struct to_hub item = call(session, tag, "join", channel, ref);
    struct ff_buf text = {0};

    add_head(&text, session, channel);
    ff_buf_addc(&text, '}');
    item.text = ff_buf_take(&text);
    return session_ask(session, &item);
}

static void add_raw(struct ff_buf *out, const char *key, struct ff_slice data)
{
    struct ff_slice json;

    if (ff_json_raw_member(data, key, &json) != FF_OK)
        return;
    ff_buf_addf(out, ",\"%s\":", key);
    ff_buf_addslice(out, json);
}

ff_err session_call_update(struct session *session, const char *channel,
                           struct ff_slice data, struct ff_slice ref)
{
    struct to_hub item = call(session, TAG_UPDATE, "update", channel, ref);
    const struct ff_identity *who = session_identity(session);
    struct ff_buf text = {0};

    add_head(&text, session, channel);
    add_raw(&text, "base_version", data);
    add_raw(&text, "changes", data);
    add_raw(&text, "merge", data);
    if (who != NULL && who->user_id != NULL) {
        ff_buf_adds(&text, ",\"user_id\":");
        ff_json_add_strings(&text, who->user_id);
    }
    ff_buf_addc(&text, '}');
    item.text = ff_buf_take(&text);
    return session_ask(session, &item);
}

/* --- answers --------------------------------------------------------------- */

/* Passing news: if the hub is too busy for it, it is not told. */
static void tell_others(struct session *session, const char *channel)
{
    static const struct ff_slice no_ref = {"", 0};
    struct to_hub item =
        session_question(session, TO_HUB_PUBLISH, TAG_NONE, channel, no_ref);

    item.whisper = true;
    item.event = ff_strdup(FF_EVENT_JOINED);
    item.sender = session->login != NULL
                      ? ff_strdup(session->login->identity.user_id)
                      : NULL;
    item.except = ff_strdup(conn_info(session->conn)->name);
    item.body = ff_strdup("null");
    item.body_len = sizeof("null") - 1;
    ff_err err = session_ask(session, &item);
    (void)err;
}

static bool say_document(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);

    if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, item->channel, ref);
        return false;
    }
    text_document(session_text_buf(session), item->channel,
                  ff_slice_str(item->text), ref);
    session_say(session);
    return true;
}

void session_on_joined(struct session *session, struct to_worker *item)
{
    struct subscription *subscription =
        session_subscription(session, item->channel);

    if (subscription != NULL)
        subscription->busy = false;
    if (say_document(session, item))
        tell_others(session, item->channel);
    else if (subscription != NULL)
        session_unsubscribe(session, subscription);
}

void session_on_joined_again(struct session *session, struct to_worker *item)
{
    say_document(session, item);
}

void session_on_updated(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);
    struct ff_slice answer = ff_slice_str(item->text);

    if (item->err == FF_E_CONFLICT) {
        ff_metric_add(FF_M_ACTIONS_REFUSED, 1);
        text_conflict(session_text_buf(session), &item->why, answer, ref);
        session_say(session);
    } else if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, item->channel, ref);
    } else {
        text_updated(session_text_buf(session), item->channel, answer, ref);
        session_say(session);
    }
}
