/* A session's subscriptions: asked of the hub, answered, ended. */

#include "ff_metric.h"
#include "session_state.h"

struct subscription *session_subscription(const struct session *session,
                                          const char *channel)
{
    const struct channel *found =
        channels_find(session->all->channels, session->app->id, channel);

    return found != NULL ? subscription_find(&session->subs, found) : NULL;
}

/* --- the hub's view: this worker serves a channel, or no longer ------------ */

/* Whether the hub heard it. */
static bool say_drop(struct sessions *all, struct ff_app *app,
                     const struct channel *channel)
{
    struct to_hub item = {
        .type = TO_HUB_DROP,
        .worker = all->options.worker,
        .app = ff_app_ref(app),
        .channel = ff_strdup(channel->name),
    };

    if (handoff_to_hub(all->options.handoff, &item) == FF_OK)
        return true;
    to_hub_fini(&item);
    return false;
}

static void drop(struct sessions *all, struct ff_app *app,
                 struct channel *channel)
{
    if (say_drop(all, app, channel)) {
        channels_remove(all->channels, channel);
        return;
    }
    channel->drop_owed = true;
    all->drops_owed = true;
}

void sessions_drop_owed(struct sessions *all)
{
    struct channel *channel;

    if (!all->drops_owed)
        return;
    all->drops_owed = false;
    for (size_t i = 0; (channel = channels_next(all->channels, &i)) != NULL;) {
        if (!channel->drop_owed)
            continue;
        struct ff_app *app = sessions_app(all, channel->app_id);
        if (say_drop(all, app, channel))
            channels_remove(all->channels, channel);
        else
            all->drops_owed = true;
    }
}

/* --- in and out ------------------------------------------------------------ */

static struct channel *channel_for(struct session *session, const char *name)
{
    struct channel *channel =
        channels_get(session->all->channels, session->app->id, name);

    channel->drop_owed = false;
    return channel;
}

static ff_err ask_subscribe(struct session *session, enum tag tag,
                            const char *channel, const struct position *recover,
                            struct ff_slice ref)
{
    struct to_hub item =
        session_question(session, TO_HUB_SUBSCRIBE, tag, channel, ref);

    if (recover != NULL) {
        item.recover_asked = true;
        item.recover = *recover;
    }
    if (session_may_be_member(session, channel))
        session_add_asker(session, &item);
    return session_ask(session, &item);
}

ff_err session_subscribe(struct session *session, enum tag tag,
                         const char *channel, const struct position *recover,
                         struct ff_slice ref, struct ff_why *why)
{
    int64_t limit = session->all->options.max_subscriptions;

    if (session->subs.count >= limit)
        return ff_why_set(why, FF_E_LIMIT, "channel",
                          "more than %lld subscriptions", (long long)limit);
    FF_TRY(ask_subscribe(session, tag, channel, recover, ref));
    struct subscription *made = subscription_add(
        &session->subs, channel_for(session, channel), session, session->conn);
    made->busy = true;
    if (session->stream != NULL)
        made->mark =
            stream_find(session->stream, channel) & SUBSCRIPTION_MARK_MAX;
    ff_metric_add(FF_M_SUBSCRIPTIONS, 1);
    return FF_OK;
}

void session_unsubscribe(struct session *session,
                         struct subscription *subscription)
{
    struct channel *channel = subscription->channel;

    session_end_member(session, subscription);
    subscription_remove(&session->subs, subscription);
    ff_metric_add(FF_M_SUBSCRIPTIONS, -1);
    if (channel->count == 0)
        drop(session->all, session->app, channel);
}

void session_unsubscribe_all(struct session *session)
{
    while (session->subs.count > 0)
        session_unsubscribe(session,
                            &session->subs.items[session->subs.count - 1]);
    subscriptions_fini(&session->subs);
}

/* --- the hub's answer ------------------------------------------------------ */

/* NULL: refused, and the client told; or no longer wanted. */
static struct subscription *answered(struct session *session,
                                     struct to_worker *item)
{
    struct subscription *subscription =
        session_subscription(session, item->channel);

    if (subscription == NULL || subscription->active)
        return NULL;
    if (item->err == FF_OK) {
        subscription_activate(subscription);
        return subscription;
    }
    session_unsubscribe(session, subscription);
    session_refuse(session, item->err, &item->why, item->channel,
                   ff_slice_str(item->reply.ref));
    return NULL;
}

/* Never a part of what was missed as the whole. */
static void give_up_replay(struct to_worker *item)
{
    to_worker_drop_messages(item);
    if (item->recovered == RECOVERED_YES) {
        item->recovered = RECOVERED_NO;
        ff_metric_add(FF_M_RESUMES_LOST, 1);
    }
}

/* An id that is told before the missed messages must not have them yet. */
static void begin_stream(struct session *session, size_t index,
                         const struct to_worker *item)
{
    if (session->stream != NULL && item->message_count == 0)
        stream_set(session->stream, index, &item->position);
}

void session_on_subscribed(struct session *session, struct to_worker *item)
{
    struct subscription *subscription = answered(session, item);

    if (subscription == NULL)
        return;
    subscription->busy = false;
    if (!session_may_replay(session, item))
        give_up_replay(item);
    begin_stream(session, subscription->mark, item);
    text_subscribed(session_text_buf(session), item->channel, &item->position,
                    item->recovered, ff_slice_str(item->text),
                    ff_slice_str(item->reply.ref));
    session_say_with_id(session);
    session_replay(session, subscription, item);
    session_update_member(session, subscription);
}

/* Subscribed first, then read: no change falls between. */
void session_on_joining(struct session *session, struct to_worker *item)
{
    struct subscription *subscription = answered(session, item);
    struct ff_slice ref = ff_slice_str(item->reply.ref);

    if (subscription == NULL)
        return;
    session_update_member(session, subscription);
    ff_err err = session_call_join(session, TAG_JOINED, item->channel, ref);
    if (err == FF_OK)
        return;
    session_unsubscribe(session, subscription);
    session_refuse(session, err, NULL, item->channel, ref);
}
