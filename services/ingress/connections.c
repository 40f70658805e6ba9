#include "ask.h"
#include "messages.h"
#include "routes.h"

#define LIST_DEFAULT 100
#define LIST_MAX     1000

static json_t *answer_list(const struct call *call, json_t *result)
{
    (void)call;
    if (json_object_get(result, "connections") == NULL) {
        json_object_set_new(result, "count", json_integer(0));
        json_object_set_new(result, "connections", json_array());
    }
    return json_incref(result);
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
    json_object_set_new(ask, "limit", json_integer(limit));
    ask_peers(call, call->ingress->gateways, "connections", ask, answer_list);
}

void connections_list(struct call *call)
{
    list(call, json_object());
}

void users_connections(struct call *call)
{
    list(call, json_pack("{s:s}", "user_id", call->params[0]));
}

static json_t *answer_disconnected(const struct call *call, json_t *result)
{
    (void)call;
    return json_pack("{s:I}", "disconnected",
                     json_integer_value(json_object_get(result, "count")));
}

static void disconnect(struct call *call, const char *member)
{
    const struct http_disconnect *in = call->body;
    json_t *ask = json_pack("{s:s}", member, call->params[0]);

    if (in->reason != NULL)
        json_object_set_new(ask, "reason", json_string(in->reason));
    ask_peers(call, call->ingress->gateways, "disconnect", ask,
              answer_disconnected);
}

void connections_delete(struct call *call)
{
    disconnect(call, "connection_id");
}

void users_disconnect(struct call *call)
{
    disconnect(call, "user_id");
}
