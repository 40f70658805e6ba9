/* What the hub says, taken by the row of its type and, for an answer, of its tag. */

#include <string.h>

#include "ff_delivery.h"
#include "ff_map.h"
#include "session_state.h"

/* --- answers --------------------------------------------------------------- */

static void on_ack(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);
    uint64_t offset = item->position.offset;

    if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, NULL, ref);
        return;
    }
    text_ack(session_text_buf(session), item->id, offset, item->duplicate, ref);
    session_say(session);
}

/* A long history is cut, so that it never fills a queue by itself. */
#define HISTORY_TEXT_MAX 262144

/* How many of them were looked at. */
static size_t add_messages(struct session *session, struct ff_buf *text,
                           const struct to_worker *item)
{
    const char *name = conn_info(session->conn)->name;
    size_t from = text->len, i;

    for (i = 0; i < item->message_count; i++) {
        const struct message *message = item->messages[i];
        if (text->len - from > HISTORY_TEXT_MAX)
            break;
        if (!message_is_for(message, session_user(session), name))
            continue;
        if (text->len > from)
            ff_buf_addc(text, ',');
        ff_delivery_write(&message->m, text);
    }
    return i;
}

static void on_history(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);

    if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, NULL, ref);
        return;
    }
    struct ff_buf *text = session_text_buf(session);
    text_history_begin(text, item->channel);
    bool cut = add_messages(session, text, item) < item->message_count;
    text_history_end(text, &item->position, item->cut || cut, ref);
    session_say(session);
}

static void (*const answers[TAG_COUNT])(struct session *session,
                                        struct to_worker *item) = {
    [TAG_OPEN] = session_on_opened,
    [TAG_AUTH] = session_on_authenticated,
    [TAG_SUBSCRIBE] = session_on_subscribed,
    [TAG_JOIN] = session_on_joining,
    [TAG_ACK] = on_ack,
    [TAG_SILENT] = on_ack,
    [TAG_HISTORY] = on_history,
    [TAG_JOINED] = session_on_joined,
    [TAG_JOINED_AGAIN] = session_on_joined_again,
    [TAG_UPDATE] = session_on_updated,
    [TAG_MEMBERS] = session_on_members,
    [TAG_STATUS] = session_on_status,
};

static void take_answer(struct sessions *all, struct to_worker *item)
{
    unsigned tag = item->reply.tag;
    struct conn *conn = all->options.find(all->options.ctx, item->reply.conn);
    struct session *session = conn != NULL ? conn_session(conn) : NULL;

    if (session == NULL || tag >= TAG_COUNT || answers[tag] == NULL)
        return;
    if (tag != TAG_SILENT && session->asked > 0)
        session->asked--;
    answers[tag](session, item);
    session_run(session);
}

/* --- state ----------------------------------------------------------------- */

static void tell_status(void *arg, struct conn *conn)
{
    const struct sessions *all = arg;
    struct session *session = conn_session(conn);

    if (session == NULL || session->opening)
        return;
    text_status(session_text_buf(session), !all->bus_away);
    session_say(session);
}

static void take_bus(struct sessions *all, struct to_worker *item)
{
    if (all->bus_away == !item->connected)
        return;
    all->bus_away = !item->connected;
    all->options.each(all->options.ctx, tell_status, all);
}

struct drain {
    const struct to_worker *item;
};

static void tell_drain(void *arg, struct conn *conn)
{
    const struct drain *drain = arg;
    struct session *session = conn_session(conn);

    if (session == NULL)
        return;
    text_going_away(session_text_buf(session), drain->item->text,
                    drain->item->limit);
    session_say(session);
}

static void take_drain(struct sessions *all, struct to_worker *item)
{
    struct drain drain = {item};

    all->options.each(all->options.ctx, tell_drain, &drain);
}

static void take_revoked(struct sessions *all, struct to_worker *item)
{
    sessions_revoke(all, item);
}

static void use_app(void *arg, struct conn *conn)
{
    struct ff_app *app = arg;
    struct session *session = conn_session(conn);
    struct ff_why why = {.text = "this app is disabled"};

    if (session == NULL || session->app == NULL ||
        strcmp(session->app->id, app->id) != 0)
        return;
    ff_app_unref(&session->app);
    session->app = ff_app_ref(app);
    if (!app->enabled)
        session_fail(session, FF_E_DISCONNECTED, &why, FF_E_DISCONNECTED);
    session_update_presence(session);
}

static void take_app(struct sessions *all, struct to_worker *item)
{
    struct ff_app *old =
        ff_map_puts(all->apps, item->app->id, ff_app_ref(item->app));

    all->options.each(all->options.ctx, use_app, item->app);
    if (old != NULL)
        ff_app_unref(&old);
}

static void (*const takers[])(struct sessions *all, struct to_worker *item) = {
    [TO_WORKER_SUBSCRIBED] = take_answer,
    [TO_WORKER_DELIVER] = sessions_deliver,
    [TO_WORKER_LOST] = sessions_lost,
    [TO_WORKER_PUBLISHED] = take_answer,
    [TO_WORKER_HISTORY] = take_answer,
    [TO_WORKER_VERIFIED] = take_answer,
    [TO_WORKER_CALLED] = take_answer,
    [TO_WORKER_BROADCAST] = sessions_broadcast,
    [TO_WORKER_BUS] = take_bus,
    [TO_WORKER_REVOKED] = take_revoked,
    [TO_WORKER_QUERY] = sessions_answer,
    [TO_WORKER_APP] = take_app,
    [TO_WORKER_PRESENCE] = sessions_presence,
    [TO_WORKER_DRAIN] = take_drain,
};

void sessions_take(struct sessions *all, struct to_worker *item)
{
    takers[item->type](all, item);
    to_worker_fini(item);
}
