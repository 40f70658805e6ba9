#include <string.h>

#include "ask.h"
#include "messages.h"
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

static json_t *answer_list(const struct call *call, json_t *result)
{
    (void)call;
    json_t *list = as_list(join_equal(json_object_get(result, "channels")));
    return json_pack("{s:I, s:o}", "count", (json_int_t)json_array_size(list),
                     "channels", list);
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
    json_t *ask = json_pack("{s:I}", "limit", (json_int_t)limit);
    if (prefix != NULL && *prefix != '\0')
        json_object_set_new(ask, "prefix", json_string(prefix));
    ask_peers(call, call->ingress->gateways, "channels", ask, answer_list);
}

/* One channel: nobody on it is an answer too. */
static json_t *answer_channel(const struct call *call, json_t *result)
{
    json_t *by_name = join_equal(json_object_get(result, "channels"));
    json_t *channel = json_object_get(by_name, call->params[0]);
    json_int_t count =
        json_integer_value(json_object_get(channel, "subscriptions"));

    json_decref(by_name);
    return json_pack("{s:s, s:I, s:b}", "name", call->params[0],
                     "subscriptions", count, "occupied", (int)(count > 0));
}

void channels_get(struct call *call)
{
    struct ff_why why = {0};
    ff_err err = ff_channel_check(ff_slice_str(call->params[0]), &why);

    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    ask_peers(call, call->ingress->gateways, "channels",
              json_pack("{s:s}", "channel", call->params[0]), answer_channel);
}
