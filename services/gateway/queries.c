#include "queries.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "ff_json.h"
#include "ff_log.h"
#include "ff_rpc.h"
#include "messages.h"
#include "presence.h"

#define OPEN_MAX    256
#define DEADLINE_MS 1500 /* of the workers; who asked waits for 2 s */

/* A question whose workers have not all answered. */
struct question {
    TAILQ_ENTRY(question) link;
    struct hub *hub;
    struct ff_rpc_req *req;
    struct query *query;
    struct ff_timer *deadline;
    unsigned left;
    int64_t count;
    json_t *list;    /* connections */
    json_t *by_name; /* channels */
};

TAILQ_HEAD(question_list, question);

struct queries {
    struct ff_rpc_server *all, *one;
    struct question_list open;
    size_t open_count;
};

/* --- the answer ----------------------------------------------------------- */

static json_t *channel_list(const struct question *question)
{
    json_t *list = json_array(), *item;
    const char *name;

    json_object_foreach(question->by_name, name, item)
    {
        if ((int64_t)json_array_size(list) < question->query->limit)
            json_array_append(list, item);
    }
    return list;
}

static json_t *result_of(struct question *question)
{
    json_t *result = json_object();

    if (question->query->kind == QUERY_CHANNELS) {
        json_object_set_new(
            result, "count",
            json_integer((json_int_t)json_object_size(question->by_name)));
        json_object_set_new(result, "channels", channel_list(question));
        return result;
    }
    json_object_set_new(result, "count", json_integer(question->count));
    if (question->query->kind == QUERY_CONNECTIONS)
        json_object_set(result, "connections", question->list);
    return result;
}

static void question_free(struct question *question)
{
    struct queries *queries = question->hub->queries;

    TAILQ_REMOVE(&queries->open, question, link);
    queries->open_count--;
    question->query->owner = NULL;
    query_unref(&question->query);
    ff_timer_free(&question->deadline);
    json_decref(question->list);
    json_decref(question->by_name);
    free(question);
}

static void finish(struct question *question)
{
    ff_rpc_reply_value(question->req, result_of(question));
    question_free(question);
}

/* A worker is too busy to answer: the others' sum is better than nothing. */
static void on_deadline(void *ctx)
{
    ff_warn("query_worker_late");
    finish(ctx);
}

/* --- the workers' parts --------------------------------------------------- */

static void add_connections(struct question *question, const json_t *part)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(part, "connections"), i, item)
    {
        if ((int64_t)json_array_size(question->list) < question->query->limit)
            json_array_append(question->list, item);
    }
}

static void add_channels(struct question *question, const json_t *part)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(part, "channels"), i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        json_t *have = json_object_get(question->by_name, name);
        if (have == NULL) {
            json_object_set(question->by_name, name, item);
            continue;
        }
        json_t *sum = json_object_get(have, "subscriptions");
        const json_t *more = json_object_get(item, "subscriptions");
        json_integer_set(sum,
                         json_integer_value(sum) + json_integer_value(more));
    }
}

void queries_answer(struct hub *hub, struct to_hub *item)
{
    struct question *question = item->query->owner;
    json_t *part;

    (void)hub;
    if (question == NULL)
        return;
    if (ff_json_parse_object(ff_slice_str(item->text), &part, NULL) == FF_OK) {
        question->count += json_integer_value(json_object_get(part, "count"));
        add_connections(question, part);
        add_channels(question, part);
        json_decref(part);
    }
    if (--question->left == 0)
        finish(question);
}

/* --- the question --------------------------------------------------------- */

static void fill(const void *arg, struct to_worker *out)
{
    const struct question *question = arg;

    out->type = TO_WORKER_QUERY;
    out->query = query_ref(question->query);
}

/* from: its texts are taken over. */
static void ask(struct hub *hub, struct ff_rpc_req *req,
                const struct query *from)
{
    struct query *query = ff_new(struct query);

    *query = *from;
    atomic_init(&query->refs, 1);
    if (hub->queries->open_count == OPEN_MAX) {
        query_unref(&query);
        ff_rpc_fail(req, FF_E_BUSY, NULL);
        return;
    }
    struct question *question = ff_new(struct question);
    query->owner = question;
    question->hub = hub;
    question->req = req;
    question->query = query;
    question->list = json_array();
    question->by_name = json_object();
    question->left = handoff_workers(hub->handoff);
    question->deadline =
        ff_timer_new(hub->loop, DEADLINE_MS, 0, on_deadline, question);
    TAILQ_INSERT_TAIL(&hub->queries->open, question, link);
    hub->queries->open_count++;
    hub_send_all(hub, fill, question);
}

static void on_connections(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct gateways_connections *asked = in;
    const struct query query = {
        .kind = QUERY_CONNECTIONS,
        .app = ff_strdup(asked->app),
        .user = ff_strdup(asked->user_id),
        .connection = ff_strdup(asked->connection_id),
        .limit = asked->limit,
    };

    ask(ctx, req, &query);
}

static void on_channels(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct gateways_channels *asked = in;
    const struct query query = {
        .kind = QUERY_CHANNELS,
        .app = ff_strdup(asked->app),
        .channel = ff_strdup(asked->channel),
        .prefix = ff_strdup(asked->prefix),
        .limit = asked->channel != NULL ? 1 : asked->limit,
    };

    ask(ctx, req, &query);
}

static void on_disconnect(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct gateways_disconnect *asked = in;
    struct ff_why why = {0};

    if (asked->user_id == NULL && asked->connection_id == NULL) {
        ff_err err = ff_why_set(&why, FF_E_MISSING, "user_id",
                                "name a user or a connection");
        ff_rpc_fail(req, err, &why);
        return;
    }
    const struct query query = {
        .kind = QUERY_DISCONNECT,
        .app = ff_strdup(asked->app),
        .user = ff_strdup(asked->user_id),
        .connection = ff_strdup(asked->connection_id),
        .reason = ff_strdup(asked->reason),
    };
    ask(ctx, req, &query);
}

static void on_beat(void *ctx, struct ff_rpc_req *req, const void *in)
{
    (void)in;
    hub_beat(ctx, false);
    ff_rpc_reply_value(req, json_object());
}

static const struct ff_rpc_verb verbs[] = {
    {"connections", &gateways_connections_schema, on_connections},
    {"channels", &gateways_channels_schema, on_channels},
    {"disconnect", &gateways_disconnect_schema, on_disconnect},
    {"beat", &gateways_beat_schema, on_beat},
    {"presence_report", &gateways_presence_report_schema, presence_on_report},
};
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

struct queries *queries_new(struct hub *hub)
{
    struct queries *queries = ff_new(struct queries);

    TAILQ_INIT(&queries->open);
    queries->all = ff_rpc_serve(hub->bus, FF_SUBJ_GATEWAYS, NULL, NULL, verbs,
                                VERB_COUNT, hub);
    queries->one = ff_rpc_serve(hub->bus, FF_SUBJ_GATEWAY, hub->instance, NULL,
                                verbs, VERB_COUNT, hub);
    return queries;
}

void queries_free(struct queries **queries)
{
    struct question *question, *next;

    for (question = TAILQ_FIRST(&(*queries)->open); question != NULL;
         question = next) {
        next = TAILQ_NEXT(question, link);
        ff_rpc_fail(question->req, FF_E_SHUTDOWN, NULL);
        question_free(question);
    }
    ff_rpc_server_free(&(*queries)->all);
    ff_rpc_server_free(&(*queries)->one);
    free(*queries);
    *queries = NULL;
}
