/* Actions of presence: one's own status, lists of members and of online users. */

#include <assert.h>

#include "actions.h"
#include "ff_status.h"

#define LIST_DEFAULT 100

static_assert(offsetof(struct action_presence_list, channel) == 0,
              "ACTION_CHANNEL reads the first member");

static ff_err check_user(const struct session *session)
{
    return session_user(session).len > 0 ? FF_OK : FF_E_UNAUTHENTICATED;
}

/* --- one's own status ------------------------------------------------------ */

static ff_err check_status(const struct action_presence *in, struct ff_why *why)
{
    if (in->status == NULL && in->activity == NULL && in->invisible == NULL)
        return ff_why_set(why, FF_E_MISSING, "status",
                          "status, activity or invisible");
    if (in->status == NULL || ff_status_word(in->status) != NULL)
        return FF_OK;
    return ff_why_set(why, FF_E_INVALID, "status",
                      "online, away, busy or offline");
}

/* What was given, and whose it is. */
static char *set_text(const struct session *session,
                      const struct action_presence *in)
{
    struct ff_buf text = {0};

    ff_buf_adds(&text, "{\"app\":");
    ff_json_add_strings(&text, session->app->id);
    ff_buf_adds(&text, ",\"user_id\":");
    ff_json_add_strings(&text, session_identity(session)->user_id);
    if (in->status != NULL)
        ff_buf_addf(&text, ",\"status\":\"%s\"", in->status);
    if (in->activity != NULL) {
        ff_buf_adds(&text, ",\"activity\":");
        ff_json_add_strings(&text, in->activity);
    }
    if (in->invisible != NULL)
        ff_buf_addf(&text, ",\"invisible\":%s",
                    json_is_true(in->invisible) ? "true" : "false");
    ff_buf_addc(&text, '}');
    return ff_buf_take(&text);
}

ff_err action_presence(struct session *session, const struct request *request,
                       struct ff_why *why)
{
    const struct action_presence *in = request->in;

    FF_TRY(check_user(session));
    FF_TRY(check_status(in, why));
    FF_TRY(session_rate(session, why));
    struct to_hub item = session_question(session, TO_HUB_STATUS, TAG_STATUS,
                                          NULL, request->ref);
    item.text = set_text(session, in);
    return session_ask(session, &item);
}

/* --- lists ----------------------------------------------------------------- */

static ff_err check_list(const struct session *session,
                         const struct action_presence_list *in,
                         struct ff_why *why)
{
    if (in->channel == NULL && in->after != NULL)
        return ff_why_set(why, FF_E_INVALID, "after", "only with a channel");
    if (in->channel == NULL)
        return check_user(session);
    struct ff_slice channel = ff_slice_str(in->channel);
    const struct subscription *there =
        session_subscription(session, in->channel);
    if (there == NULL || !there->active)
        return ff_why_set(why, FF_E_NOT_SUBSCRIBED, "channel", "%s",
                          ff_err_text(FF_E_NOT_SUBSCRIBED));
    if (!ff_namespace_has_presence(ff_app_namespace(session->app, channel),
                                   channel))
        return FF_E_NO_PRESENCE;
    return FF_OK;
}

ff_err action_presence_list(struct session *session,
                            const struct request *request, struct ff_why *why)
{
    const struct action_presence_list *in = request->in;

    FF_TRY(check_list(session, in, why));
    struct to_hub item = session_question(session, TO_HUB_MEMBERS, TAG_MEMBERS,
                                          in->channel, request->ref);
    item.limit = in->limit > 0 ? in->limit : LIST_DEFAULT;
    item.after = ff_strdup(in->after);
    if (in->channel != NULL)
        session_add_asker(session, &item);
    return session_ask(session, &item);
}
