/* Actions that send: message and whisper. */

#include <assert.h>
#include <string.h>

#include "actions.h"

static_assert(offsetof(struct action_message, channel) == 0 &&
                  offsetof(struct action_whisper, channel) == 0,
              "ACTION_CHANNEL reads the first member");

/* Event names that only Fanfare itself uses. */
static const char *const reserved[] = {"document.", "fanfare."};

static ff_err check_event(const char *event, struct ff_why *why)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strncmp(event, reserved[i], strlen(reserved[i])) == 0)
            return ff_why_set(why, FF_E_INVALID, "event",
                              "names that begin with %s are reserved",
                              reserved[i]);
    }
    if (event[0] == ' ' || event[strlen(event) - 1] == ' ')
        return ff_why_set(why, FF_E_INVALID, "event", "no spaces at an end");
    for (const char *c = event; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return ff_why_set(why, FF_E_INVALID, "event",
                              "no control characters");
    }
    return FF_OK;
}

static ff_err check_body(const struct session *session, const char *channel,
                         const struct request *request, struct ff_slice body,
                         struct ff_why *why)
{
    const struct ff_namespace *ns =
        ff_app_namespace(session->app, ff_slice_str(channel));

    if (request->binary && !ns->binary)
        return ff_why_set(why, FF_E_BINARY, "message", "%s",
                          ff_err_text(FF_E_BINARY));
    if ((int64_t)body.len > ns->max_message_bytes)
        return ff_why_set(why, FF_E_TOO_BIG, "message", "at most %lld bytes",
                          (long long)ns->max_message_bytes);
    return FF_OK;
}

/* What both say to the hub. */
static struct to_hub publication(struct session *session, const char *channel,
                                 const struct request *request,
                                 const char *event, struct ff_slice body)
{
    bool want_ack = request->ref.len > 0;
    struct to_hub item = session_question(session, TO_HUB_PUBLISH,
                                          want_ack ? TAG_ACK : TAG_SILENT,
                                          channel, request->ref);
    const struct ff_identity *who = session_identity(session);

    item.want_ack = want_ack;
    item.event = ff_strdup(event);
    item.sender = who != NULL ? ff_strdup(who->user_id) : NULL;
    item.body = ff_slice_dup(body);
    item.body_len = body.len;
    item.binary = request->binary;
    return item;
}

/* The message as the bytes that came. */
static ff_err body_of(const struct request *request, struct ff_slice *out_body,
                      struct ff_why *why)
{
    if (request->binary) {
        *out_body = request->bytes;
        return FF_OK;
    }
    if (request->data.len == 0 ||
        ff_json_raw_member(request->data, "message", out_body) != FF_OK)
        return ff_why_set(why, FF_E_MISSING, "message", "%s",
                          ff_err_text(FF_E_MISSING));
    return FF_OK;
}

/* A document's channel is its log: only the documents service writes it. */
static ff_err check_publish(const struct session *session, const char *name,
                            struct ff_why *why)
{
    struct ff_slice channel = ff_slice_str(name);

    FF_TRY(ff_policy_check(session->app, session_identity(session),
                           FF_VERB_PUBLISH, channel));
    if (ff_app_namespace(session->app, channel)->documents)
        return ff_why_set(why, FF_E_FORBIDDEN, "channel",
                          "a document is changed by update");
    return FF_OK;
}

ff_err action_message(struct session *session, const struct request *request,
                      struct ff_why *why)
{
    const struct action_message *in = request->in;
    struct ff_slice body;

    FF_TRY(check_publish(session, in->channel, why));
    if (in->event != NULL)
        FF_TRY(check_event(in->event, why));
    FF_TRY(body_of(request, &body, why));
    FF_TRY(check_body(session, in->channel, request, body, why));
    FF_TRY(session_rate(session, why));
    struct to_hub item =
        publication(session, in->channel, request, in->event, body);
    item.key = ff_strdup(in->idempotency_key);
    if (in->recipients != NULL && json_array_size(in->recipients) > 0) {
        struct ff_buf users = {0};
        ff_recipients_from_json(&users, in->recipients);
        item.recipients = ff_buf_take(&users);
    }
    return session_ask(session, &item);
}

ff_err action_whisper(struct session *session, const struct request *request,
                      struct ff_why *why)
{
    const struct action_whisper *in = request->in;
    struct ff_slice body = FF_SLICE_LIT("null");

    if (session_subscription(session, in->channel) == NULL)
        return ff_why_set(why, FF_E_NOT_SUBSCRIBED, "channel", "%s",
                          ff_err_text(FF_E_NOT_SUBSCRIBED));
    FF_TRY(ff_policy_check(session->app, session_identity(session),
                           FF_VERB_WHISPER, ff_slice_str(in->channel)));
    FF_TRY(check_event(in->event, why));
    if (in->message != NULL)
        FF_TRY(body_of(request, &body, why));
    FF_TRY(check_body(session, in->channel, request, body, why));
    FF_TRY(session_rate(session, why));
    struct to_hub item =
        publication(session, in->channel, request, in->event, body);
    item.whisper = true;
    item.except = ff_strdup(conn_info(session->conn)->name);
    return session_ask(session, &item);
}
