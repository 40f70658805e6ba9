/*
 * Presence: the hub is told which connections of which users are here and on
 * which channels; subscribers are told of changes.
 */

#include <stdio.h>

#include "ff_metric.h"
#include "ff_subject.h"
#include "session_state.h"

/* --- what the hub is told -------------------------------------------------- */

char *session_about(const struct session *session)
{
    const struct ff_identity *who = session_identity(session);
    struct ff_buf about = {0};

    ff_buf_adds(&about, "");
    if (who != NULL && who->name != NULL) {
        ff_buf_adds(&about, ",\"name\":");
        ff_json_add_strings(&about, who->name);
    }
    if (who != NULL && json_is_object(who->info)) {
        ff_buf_adds(&about, ",\"info\":");
        ff_json_write(&about, who->info);
    }
    return ff_buf_take(&about);
}

bool session_may_be_member(const struct session *session, const char *channel)
{
    struct ff_slice name = ff_slice_str(channel);

    return session_user(session).len > 0 &&
           ff_namespace_has_presence(ff_app_namespace(session->app, name),
                                     name);
}

void session_add_asker(const struct session *session, struct to_hub *item)
{
    const struct ff_identity *who = session_identity(session);

    if (who == NULL)
        return;
    item->user = ff_strdup(who->user_id);
    item->text = session_about(session);
}

static void say_member(struct session *session, const char *channel,
                       bool joined)
{
    struct to_hub item = {
        .type = TO_HUB_PRESENCE,
        .worker = session->all->options.worker,
        .app = ff_app_ref(session->app),
        .channel = ff_strdup(channel),
        .user = ff_strdup(session_identity(session)->user_id),
        .text = joined ? session_about(session) : NULL,
        .joined = joined,
    };

    handoff_tell_hub(session->all->options.handoff, &item);
}

static void set_member(struct session *session,
                       struct subscription *subscription, bool member)
{
    if (subscription->member == member)
        return;
    subscription->member = member;
    say_member(session, subscription->channel->name, member);
}

void session_update_member(struct session *session,
                           struct subscription *subscription)
{
    const char *channel = subscription->channel->name;

    set_member(session, subscription,
               subscription->active && session_may_be_member(session, channel));
}

void session_end_member(struct session *session,
                        struct subscription *subscription)
{
    set_member(session, subscription, false);
}

/* A user's own channel: who has a connection is on it. Some ids are too long for one. */
static void set_online(struct session *session, bool online)
{
    char channel[FF_CHANNEL_MAX + 1];
    struct ff_slice user = session_user(session);
    int len = snprintf(channel, sizeof(channel), "#user-%s", user.data);

    if (session->online == online || len > FF_CHANNEL_MAX ||
        ff_channel_check(ff_slice_str(channel), NULL) != FF_OK)
        return;
    session->online = online;
    say_member(session, channel, online);
}

void session_update_presence(struct session *session)
{
    if (session_user(session).len > 0)
        set_online(session, true);
    for (uint32_t i = 0; i < session->subs.count; i++)
        session_update_member(session, &session->subs.items[i]);
}

void session_end_presence(struct session *session)
{
    if (session->online)
        set_online(session, false);
}

/* --- what subscribers are told --------------------------------------------- */

/*
 * Nobody is told of coming and going oneself; but of the count, as what was told before may not have had oneself in it.
 */
static void tell_named(struct session *session, const struct news *news)
{
    news_write_without(news, session_user(session), session_text_buf(session));
    session_say(session);
}

static void tell_member(const struct member *member, struct news *news)
{
    if (news_names(news, session_user(member->session)))
        tell_named(member->session, news);
    else if (member->stream)
        conn_send_event(member->conn, news_frame(news, FRAME_SSE), NULL);
    else
        conn_send(member->conn, news_frame(news, FRAME_WS));
}

void sessions_presence(struct sessions *all, struct to_worker *item)
{
    const struct channel *channel =
        channels_find(all->channels, item->app_id, item->channel);

    for (uint32_t i = 0; channel != NULL && i < channel->count; i++) {
        if (channel->members[i].active)
            tell_member(&channel->members[i], item->news);
    }
}

/* --- answers --------------------------------------------------------------- */

void session_on_members(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);

    if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, item->channel, ref);
        return;
    }
    text_presence_list(session_text_buf(session), item->channel,
                       ff_slice_str(item->text), ref);
    session_say(session);
}

void session_on_status(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);

    if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, NULL, ref);
        return;
    }
    text_presence_set(session_text_buf(session), ff_slice_str(item->text), ref);
    session_say(session);
}
