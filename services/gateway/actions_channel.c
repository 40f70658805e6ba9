/* Actions on channels as such: subscribe, unsubscribe, history, join, update. */

#include <stdio.h>
#include <assert.h>
#include <string.h>

#include "actions.h"

#define HISTORY_DEFAULT 100

static_assert(offsetof(struct action_subscribe, channel) == 0 &&
                  offsetof(struct action_unsubscribe, channel) == 0 &&
                  offsetof(struct action_history, channel) == 0 &&
                  offsetof(struct action_join, channel) == 0 &&
                  offsetof(struct action_update, channel) == 0,
              "ACTION_CHANNEL reads the first member");

static ff_err check(const struct session *session, enum ff_verb verb,
                    const char *channel)
{
    return ff_policy_check(session->app, session_identity(session), verb,
                           ff_slice_str(channel));
}

static const struct ff_namespace *options(const struct session *session,
                                          const char *channel)
{
    return ff_app_namespace(session->app, ff_slice_str(channel));
}

/* {offset, epoch} under the member field. */
static ff_err read_position(const json_t *object, const char *field,
                            struct position *out, struct ff_why *why)
{
    struct recover recover;
    ff_err err = ff_schema_decode(&recover_schema, object, &recover, why);

    if (err != FF_OK) {
        struct ff_why inner = *why;
        snprintf(why->field, sizeof(why->field), "%s.%.*s", field,
                 (int)sizeof(why->field) - 16, inner.field);
        return err;
    }
    *out = (struct position){.known = true, .offset = (uint64_t)recover.offset};
    snprintf(out->epoch, sizeof(out->epoch), "%s", recover.epoch);
    return FF_OK;
}

/* --- subscribe, unsubscribe ------------------------------------------------ */

/* Where to go on: as the client says, or as the id of its event stream does. false: from now on. */
static bool stream_recover(const struct session *session, const char *channel,
                           struct position *out)
{
    struct ff_slice name = ff_slice_str(channel);

    if (session->stream == NULL ||
        !ff_namespace_stored(options(session, channel), name))
        return false;
    size_t index = stream_find(session->stream, channel);
    return stream_position(session->stream, index, out);
}

static const struct ff_slice no_presence = {"", 0};

ff_err action_subscribe(struct session *session, const struct request *request,
                        struct ff_why *why)
{
    const struct action_subscribe *in = request->in;
    struct position recover;
    bool asked = in->recover != NULL;

    FF_TRY(check(session, FF_VERB_SUBSCRIBE, in->channel));
    if (session_subscription(session, in->channel) != NULL) {
        text_subscribed(session_text_buf(session), in->channel, NULL,
                        RECOVERED_NOT_ASKED, no_presence, request->ref);
        session_say(session);
        return FF_OK;
    }
    if (asked)
        FF_TRY(read_position(in->recover, "recover", &recover, why));
    else
        asked = stream_recover(session, in->channel, &recover);
    return session_subscribe(session, TAG_SUBSCRIBE, in->channel,
                             asked ? &recover : NULL, request->ref, why);
}

ff_err action_unsubscribe(struct session *session,
                          const struct request *request, struct ff_why *why)
{
    const struct action_unsubscribe *in = request->in;
    struct subscription *there = session_subscription(session, in->channel);

    if (there == NULL)
        return ff_why_set(why, FF_E_NOT_SUBSCRIBED, "channel", "%s",
                          ff_err_text(FF_E_NOT_SUBSCRIBED));
    session_unsubscribe(session, there);
    text_unsubscribed(session_text_buf(session), in->channel, request->ref);
    session_say(session);
    return FF_OK;
}

/* --- history --------------------------------------------------------------- */

ff_err action_history(struct session *session, const struct request *request,
                      struct ff_why *why)
{
    const struct action_history *in = request->in;
    struct ff_slice channel = ff_slice_str(in->channel);
    struct position since = {0};

    FF_TRY(check(session, FF_VERB_HISTORY, in->channel));
    if (!ff_namespace_stored(options(session, in->channel), channel))
        return FF_E_NO_HISTORY;
    if (in->since != NULL)
        FF_TRY(read_position(in->since, "since", &since, why));
    struct to_hub item = session_question(session, TO_HUB_HISTORY, TAG_HISTORY,
                                          in->channel, request->ref);
    item.recover_asked = in->since != NULL;
    item.recover = since;
    item.limit = in->limit > 0 ? in->limit : HISTORY_DEFAULT;
    item.reverse = in->reverse;
    return session_ask(session, &item);
}

/* --- documents ------------------------------------------------------------- */

static ff_err check_document(const struct session *session, const char *channel,
                             struct ff_why *why)
{
    if (options(session, channel)->documents)
        return FF_OK;
    return ff_why_set(why, FF_E_NOT_FOUND, "channel",
                      "channels of this namespace are no documents");
}

ff_err action_join(struct session *session, const struct request *request,
                   struct ff_why *why)
{
    const struct action_join *in = request->in;

    FF_TRY(check(session, FF_VERB_SUBSCRIBE, in->channel));
    FF_TRY(check_document(session, in->channel, why));
    if (session_subscription(session, in->channel) != NULL)
        return session_call_join(session, TAG_JOINED_AGAIN, in->channel,
                                 request->ref);
    FF_TRY(session_rate(session, why));
    return session_subscribe(session, TAG_JOIN, in->channel, NULL, request->ref,
                             why);
}

ff_err action_update(struct session *session, const struct request *request,
                     struct ff_why *why)
{
    const struct action_update *in = request->in;

    FF_TRY(check(session, FF_VERB_PUBLISH, in->channel));
    FF_TRY(check_document(session, in->channel, why));
    if ((in->changes == NULL) == (in->merge == NULL))
        return ff_why_set(why, FF_E_MISSING, "changes",
                          "either changes or merge");
    if ((int64_t)request->data.len >
        options(session, in->channel)->max_message_bytes)
        return ff_why_set(why, FF_E_TOO_BIG, "data", "%s",
                          ff_err_text(FF_E_TOO_BIG));
    FF_TRY(session_rate(session, why));
    return session_call_update(session, in->channel, request->data,
                               request->ref);
}
