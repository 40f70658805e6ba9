/* Messages on their way to many sessions: the path that counts. */

#include <string.h>

#include "ff_metric.h"
#include "session_state.h"

/* Whom the hub does not choose: recipients, and all but one. */
static bool is_for_all(const struct message *message)
{
    return message->m.recipients.len == 0 && message->m.except.len == 0;
}

static bool is_for(const struct message *message, const struct session *session)
{
    return is_for_all(message) ||
           message_is_for(message, session_user(session),
                          conn_info(session->conn)->name);
}

static void send_event(struct session *session, struct message *message)
{
    struct ff_buf *id = &session->all->id;

    ff_buf_clear(id);
    bool stored = message->m.offset > 0 && stream_id(session->stream, id);
    conn_send_event(session->conn, message_frame(message, FRAME_SSE),
                    stored ? id->data : NULL);
}

static void send_message(struct session *session, struct message *message)
{
    if (session->stream != NULL)
        send_event(session, message);
    else
        conn_send(session->conn, message_frame(message, FRAME_WS));
}

/* One that is not for this user moves its stream on all the same. */
static bool deliver_one(const struct member *member, struct message *message)
{
    struct session *session = member->session;

    if (session->stream != NULL)
        stream_move(session->stream, member->of->items[member->slot].mark,
                    message->m.offset);
    if (!is_for(message, session))
        return false;
    send_message(session, message);
    return true;
}

static int64_t deliver_all(const struct channel *channel,
                           struct message *message)
{
    bool plain = is_for_all(message);
    int64_t sent = 0;

    for (uint32_t i = 0; i < channel->count; i++) {
        const struct member *member = &channel->members[i];
        if (!member->active)
            continue;
        if (plain && !member->stream) {
            conn_send(member->conn, message_frame(message, FRAME_WS));
            sent++;
        } else {
            sent += deliver_one(member, message);
        }
    }
    return sent;
}

void sessions_deliver(struct sessions *all, struct to_worker *item)
{
    const struct channel *channel =
        channels_find(all->channels, item->app_id, item->channel);

    if (channel != NULL)
        ff_metric_add(FF_M_DELIVERIES, deliver_all(channel, item->message));
}

/* --- what was missed ------------------------------------------------------- */

/* Where this message is: its own offset, in the epoch of the answer. */
static void move_to(struct session *session, size_t index,
                    const struct message *message, const struct position *now)
{
    struct position at = *now;

    if (session->stream == NULL)
        return;
    at.offset = message->m.offset;
    stream_set(session->stream, index, &at);
}

static size_t replay_bytes(const struct session *session,
                           const struct to_worker *item)
{
    enum frame_format format = session->stream != NULL ? FRAME_SSE : FRAME_WS;
    size_t bytes = 0;

    for (size_t i = 0; i < item->message_count; i++) {
        if (is_for(item->messages[i], session))
            bytes += message_frame(item->messages[i], format)->len;
    }
    return bytes;
}

bool session_may_replay(const struct session *session,
                        const struct to_worker *item)
{
    return item->message_count == 0 ||
           conn_may_replay(session->conn, replay_bytes(session, item));
}

void session_replay(struct session *session,
                    const struct subscription *subscription,
                    const struct to_worker *item)
{
    size_t index = subscription->mark;
    int64_t sent = 0;

    uint32_t counted = conn_begin_replay(session->conn);
    for (size_t i = 0; i < item->message_count; i++) {
        struct message *message = item->messages[i];
        move_to(session, index, message, &item->position);
        if (is_for(message, session)) {
            send_message(session, message);
            sent++;
        }
    }
    conn_end_replay(session->conn, counted);
    if (session->stream != NULL)
        stream_set(session->stream, index, &item->position);
    ff_metric_add(FF_M_DELIVERIES, sent);
}

/* --- to everybody ---------------------------------------------------------- */

struct broadcast {
    const char *app_id;
    struct message *message;
    int64_t sent;
};

static void broadcast_one(void *arg, struct conn *conn)
{
    struct broadcast *broadcast = arg;
    struct session *session = conn_session(conn);

    if (session == NULL || session->opening || session->app == NULL ||
        strcmp(session->app->id, broadcast->app_id) != 0 ||
        !is_for(broadcast->message, session))
        return;
    send_message(session, broadcast->message);
    broadcast->sent++;
}

void sessions_broadcast(struct sessions *all, struct to_worker *item)
{
    struct broadcast broadcast = {item->app_id, item->message, 0};

    all->options.each(all->options.ctx, broadcast_one, &broadcast);
    ff_metric_add(FF_M_DELIVERIES, broadcast.sent);
}

/* --- lost continuity ------------------------------------------------------- */

static void tell_lost(const struct member *member, const struct to_worker *item)
{
    struct session *session = member->session;

    if (session->stream != NULL)
        stream_set(session->stream, member->of->items[member->slot].mark,
                   &item->position);
    text_gap(session_text_buf(session), item->channel, &item->position);
    session_say_with_id(session);
}

void sessions_lost(struct sessions *all, struct to_worker *item)
{
    const struct channel *channel =
        channels_find(all->channels, item->app_id, item->channel);

    for (uint32_t i = 0; channel != NULL && i < channel->count; i++) {
        if (channel->members[i].active)
            tell_lost(&channel->members[i], item);
    }
}
