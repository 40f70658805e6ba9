#include "messages.h"
#include "peers.h"
#include "routes.h"

#define LIST_DEFAULT 100
#define LIST_MAX     1000

static void on_list(void *ctx, ff_err err, json_t *result, size_t got,
                    bool complete)
{
    struct call *call = ctx;

    (void)got;
    if (err != FF_OK) {
        call_fail(call, err, NULL);
        return;
    }
    if (json_object_get(result, "connections") == NULL) {
        json_object_set_new(result, "count", json_integer(0));
        json_object_set_new(result, "connections", json_array());
    }
    json_object_set_new(result, "complete", json_boolean(complete));
    call_reply_value(call, json_incref(result));
}

static void list(struct call *call, json_t *ask)
{
    struct ff_why why = {0};
    int64_t limit;

    ff_err err =
        call_query_int(call, "limit", LIST_DEFAULT, 0, LIST_MAX, &limit, &why);
    if (err != FF_OK) {
        json_decref(ask);
        call_fail(call, err, &why);
        return;
    }
    json_object_set_new(ask, "app", json_string(call->app->id));
    json_object_set_new(ask, "limit", json_integer(limit));
    peers_ask(call->ingress->gateways, "connections", ask, on_list, call);
}

void connections_list(struct call *call)
{
    list(call, json_object());
}

void users_connections(struct call *call)
{
    list(call, json_pack("{s:s}", "user_id", call->params[0]));
}

static void on_disconnected(void *ctx, ff_err err, json_t *result, size_t got,
                            bool complete)
{
    struct call *call = ctx;

    (void)got;
    if (err != FF_OK) {
        call_fail(call, err, NULL);
        return;
    }
    const json_t *count = json_object_get(result, "count");
    call_reply_value(call, json_pack("{s:I, s:b}", "disconnected",
                                     json_integer_value(count), "complete",
                                     (int)complete));
}

static void disconnect(struct call *call, const char *member)
{
    const struct http_disconnect *in = call->body;
    json_t *ask =
        json_pack("{s:s, s:s}", "app", call->app->id, member, call->params[0]);

    if (in->reason != NULL)
        json_object_set_new(ask, "reason", json_string(in->reason));
    peers_ask(call->ingress->gateways, "disconnect", ask, on_disconnected,
              call);
}

void connections_delete(struct call *call)
{
    disconnect(call, "connection_id");
}

void users_disconnect(struct call *call)
{
    disconnect(call, "user_id");
}
