#include <string.h>

#include "messages.h"
#include "peers.h"
#include "routes.h"

#define LIST_DEFAULT 1000
#define LIST_MAX     10000

/* Each gateway names its channels; the same one on two gateways becomes one with both counts. */
static json_t *join_equal(const json_t *channels)
{
    json_t *by_name = json_object(), *item;
    size_t i;

    json_array_foreach(channels, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        json_t *have = json_object_get(by_name, name);
        if (have == NULL) {
            json_object_set(by_name, name, item);
            continue;
        }
        json_t *count = json_object_get(have, "subscriptions");
        json_integer_set(count, json_integer_value(count) +
                                    json_integer_value(json_object_get(
                                        item, "subscriptions")));
    }
    return by_name;
}

static json_t *as_list(json_t *by_name)
{
    json_t *list = json_array(), *item;
    const char *name;

    json_object_foreach(by_name, name, item) json_array_append(list, item);
    json_decref(by_name);
    return list;
}

static void on_list(void *ctx, ff_err err, json_t *result, size_t got,
                    bool complete)
{
    struct call *call = ctx;

    (void)got;
    if (err != FF_OK) {
        call_fail(call, err, NULL);
        return;
    }
    json_t *list = as_list(join_equal(json_object_get(result, "channels")));
    call_reply_value(call,
                     json_pack("{s:I, s:o, s:b}", "count",
                               (json_int_t)json_array_size(list), "channels",
                               list, "complete", (int)complete));
}

void channels_list(struct call *call)
{
    const char *prefix = ff_http_query(call->http, "prefix");
    struct ff_why why = {0};
    int64_t limit;

    ff_err err =
        call_query_int(call, "limit", LIST_DEFAULT, 1, LIST_MAX, &limit, &why);
    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    json_t *ask = json_pack("{s:s, s:I}", "app", call->app->id, "limit",
                            (json_int_t)limit);
    if (prefix != NULL && *prefix != '\0')
        json_object_set_new(ask, "prefix", json_string(prefix));
    peers_ask(call->ingress->gateways, "channels", ask, on_list, call);
}

/* One channel: nobody on it is an answer too. */
static void on_channel(void *ctx, ff_err err, json_t *result, size_t got,
                       bool complete)
{
    struct call *call = ctx;

    (void)got;
    if (err != FF_OK) {
        call_fail(call, err, NULL);
        return;
    }
    json_t *by_name = join_equal(json_object_get(result, "channels"));
    json_t *channel = json_object_get(by_name, call->params[0]);
    const json_t *count = json_object_get(channel, "subscriptions");
    json_t *answer = json_pack("{s:s, s:I, s:b, s:b}", "name", call->params[0],
                               "subscriptions", json_integer_value(count),
                               "occupied", (int)(json_integer_value(count) > 0),
                               "complete", (int)complete);
    json_decref(by_name);
    call_reply_value(call, answer);
}

void channels_get(struct call *call)
{
    struct ff_why why = {0};
    ff_err err = ff_channel_check(ff_slice_str(call->params[0]), &why);

    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    peers_ask(call->ingress->gateways, "channels",
              json_pack("{s:s, s:s}", "app", call->app->id, "channel",
                        call->params[0]),
              on_channel, call);
}
