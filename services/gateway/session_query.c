/* Questions about this worker's connections: who is there, and close them. */

#include <string.h>

#include "ff_json.h"
#include "session_state.h"

#define CHANNELS_SHOWN 100

struct asking {
    struct sessions *all;
    const struct query *query;
    int64_t count, shown;
    struct ff_buf list;
};

static bool is_meant(const struct session *session, const struct query *query)
{
    if (session == NULL || session->app == NULL ||
        strcmp(session->app->id, query->app) != 0)
        return false;
    if (query->user != NULL && !ff_slice_is(session_user(session), query->user))
        return false;
    return query->connection == NULL ||
           strcmp(conn_info(session->conn)->name, query->connection) == 0;
}

static void add(struct ff_buf *out, const char *key, const char *value)
{
    ff_buf_addf(out, "\"%s\":", key);
    if (value != NULL)
        ff_json_add_strings(out, value);
    else
        ff_buf_adds(out, "null");
    ff_buf_addc(out, ',');
}

static void add_channels(struct ff_buf *out, const struct subscriptions *subs)
{
    ff_buf_adds(out, "\"channels\":[");
    for (uint32_t i = 0; i < subs->count && i < CHANNELS_SHOWN; i++) {
        if (i > 0)
            ff_buf_addc(out, ',');
        ff_json_add_strings(out, subs->items[i].channel->name);
    }
    ff_buf_addc(out, ']');
}

static void add_connection(struct ff_buf *out, const struct session *session)
{
    const struct conn_info *info = conn_info(session->conn);
    const struct ff_identity *who = session_identity(session);

    ff_buf_adds(out, out->len > 0 ? ",{" : "{");
    add(out, "id", info->name);
    add(out, "user_id", who != NULL ? who->user_id : NULL);
    add(out, "role", who != NULL ? who->role : NULL);
    add(out, "kind", info->kind == CONN_SSE ? "sse" : "websocket");
    add(out, "peer", info->peer);
    add(out, "path", info->path);
    add(out, "user_agent", info->user_agent);
    ff_buf_addf(out, "\"connected_at\":%lld,", (long long)info->opened_ms);
    add_channels(out, &session->subs);
    ff_buf_addc(out, '}');
}

static void list_one(void *arg, struct conn *conn)
{
    struct asking *asking = arg;
    const struct session *session = conn_session(conn);

    if (conn_is_closing(conn) || !is_meant(session, asking->query))
        return;
    asking->count++;
    if (asking->shown < asking->query->limit) {
        asking->shown++;
        add_connection(&asking->list, session);
    }
}

static void disconnect_one(void *arg, struct conn *conn)
{
    struct asking *asking = arg;
    struct session *session = conn_session(conn);
    struct ff_why why = {0};

    if (conn_is_closing(conn) || !is_meant(session, asking->query))
        return;
    asking->count++;
    if (asking->query->reason != NULL)
        (void)ff_why_set(&why, FF_E_DISCONNECTED, "", "%s",
                         asking->query->reason);
    session_fail(session, FF_E_DISCONNECTED, &why, FF_E_DISCONNECTED);
}

static bool is_asked_for(const struct channel *channel,
                         const struct query *query)
{
    if (channel->count == 0 || strcmp(channel->app_id, query->app) != 0)
        return false;
    if (query->channel != NULL && strcmp(channel->name, query->channel) != 0)
        return false;
    return query->prefix == NULL ||
           strncmp(channel->name, query->prefix, strlen(query->prefix)) == 0;
}

static void list_channels(struct asking *asking)
{
    const struct channel *channel;

    for (size_t i = 0;
         (channel = channels_next(asking->all->channels, &i)) != NULL;) {
        if (!is_asked_for(channel, asking->query))
            continue;
        if (asking->count++ >= asking->query->limit)
            continue;
        ff_buf_adds(&asking->list, asking->list.len > 0 ? ",{" : "{");
        add(&asking->list, "name", channel->name);
        ff_buf_addf(&asking->list, "\"subscriptions\":%u}", channel->count);
    }
}

/* The hub waits for so many answers and no longer than some time: a lost one is a smaller answer. */
static void say_answer(struct sessions *all, struct to_worker *asked,
                       struct ff_buf *text)
{
    struct to_hub item = {
        .type = TO_HUB_ANSWER,
        .worker = all->options.worker,
        .query = query_ref(asked->query),
        .text = ff_buf_take(text),
    };

    if (handoff_to_hub(all->options.handoff, &item) != FF_OK)
        to_hub_fini(&item);
}

static void ask_each(struct asking *asking)
{
    const struct sessions_options *options = &asking->all->options;

    if (asking->query->kind == QUERY_CHANNELS)
        list_channels(asking);
    else if (asking->query->kind == QUERY_CONNECTIONS)
        options->each(options->ctx, list_one, asking);
    else
        options->each(options->ctx, disconnect_one, asking);
}

static const char *const list_names[] = {
    [QUERY_CONNECTIONS] = "connections",
    [QUERY_CHANNELS] = "channels",
    [QUERY_DISCONNECT] = NULL,
};

void sessions_answer(struct sessions *all, struct to_worker *item)
{
    const char *name = list_names[item->query->kind];
    struct asking asking = {.all = all, .query = item->query};
    struct ff_buf text = {0};

    ask_each(&asking);
    ff_buf_addf(&text, "{\"count\":%lld", (long long)asking.count);
    if (name != NULL) {
        ff_buf_addf(&text, ",\"%s\":[", name);
        ff_buf_addslice(&text, ff_buf_slice(&asking.list));
        ff_buf_addc(&text, ']');
    }
    ff_buf_addc(&text, '}');
    say_answer(all, item, &text);
    ff_buf_fini(&asking.list);
}
