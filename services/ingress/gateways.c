#include "gateways.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "ff_map.h"
#include "ff_subject.h"
#include "messages.h"

#define BEAT_MISSED_MS 6500 /* three beats */
#define ASK_TIMEOUT_MS 2000

struct gateways {
    struct ff_bus *bus;
    struct ff_bus_sub *beats;
    struct ff_map *seen; /* instance -> int64_t *: steady ms of the last beat */
};

struct ask {
    gateways_on_result *fn;
    void *ctx;
    json_t *result;
    size_t want, got;
};

static void forget(struct gateways *gateways, struct ff_slice name)
{
    free(ff_map_remove(gateways->seen, name));
}

static void on_beat(void *ctx, struct ff_bus_msg *msg)
{
    struct gateways *gateways = ctx;
    struct gateway_beat beat;
    json_t *json;

    if (ff_json_parse_object(ff_bus_msg_body(msg), &json, NULL) != FF_OK)
        return;
    if (ff_schema_decode(&gateway_beat_schema, json, &beat, NULL) == FF_OK) {
        struct ff_slice name = ff_slice_str(beat.gateway);
        forget(gateways, name);
        if (!beat.leaving) {
            int64_t *at = ff_new(int64_t);
            *at = ff_clock_steady_ms();
            ff_map_put(gateways->seen, name, at);
        }
    }
    json_decref(json);
}

struct gateways *gateways_new(struct ff_bus *bus)
{
    struct gateways *gateways = ff_new(struct gateways);
    struct ff_subject_text subject;

    gateways->bus = bus;
    gateways->seen = ff_map_new();
    ff_subject_wildcard(FF_SUBJ_GATEWAY_BEAT, &subject);
    gateways->beats =
        ff_bus_subscribe(bus, subject.text, NULL, on_beat, gateways);
    return gateways;
}

void gateways_free(struct gateways **gateways)
{
    size_t pos = 0;
    void *at;

    if (*gateways == NULL)
        return;
    ff_bus_unsubscribe(&(*gateways)->beats);
    while (ff_map_next((*gateways)->seen, &pos, NULL, &at))
        free(at);
    ff_map_free(&(*gateways)->seen);
    free(*gateways);
    *gateways = NULL;
}

size_t gateways_alive(const struct gateways *gateways)
{
    int64_t oldest = ff_clock_steady_ms() - BEAT_MISSED_MS;
    size_t pos = 0, alive = 0;
    void *at;

    while (ff_map_next(gateways->seen, &pos, NULL, &at)) {
        if (*(int64_t *)at >= oldest)
            alive++;
    }
    return alive;
}

static void merge_member(json_t *into, const char *key, json_t *value)
{
    json_t *have = json_object_get(into, key);

    if (have == NULL)
        json_object_set(into, key, value);
    else if (json_is_integer(have))
        json_integer_set(have,
                         json_integer_value(have) + json_integer_value(value));
    else if (json_is_array(have) && json_is_array(value))
        json_array_extend(have, value);
}

static void merge(struct ask *ask, struct ff_slice text)
{
    json_t *answer, *value;
    const char *key;

    if (ff_json_parse_object(text, &answer, NULL) != FF_OK)
        return;
    json_object_foreach(answer, key, value)
        merge_member(ask->result, key, value);
    ask->got++;
    json_decref(answer);
}

static void on_answer(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct ask *ask = ctx;

    if (msg != NULL) {
        merge(ask, ff_bus_msg_body(msg));
        return;
    }
    /* Nobody serves it: no gateway is up, which is an answer. */
    if (err == FF_E_UNAVAILABLE && ask->want == 0)
        err = FF_OK;
    ask->fn(ask->ctx, err, ask->result, ask->got >= ask->want);
    json_decref(ask->result);
    free(ask);
}

void gateways_ask(struct gateways *gateways, const char *verb, json_t *stolen,
                  gateways_on_result *fn, void *ctx)
{
    struct ask *ask = ff_new(struct ask);
    struct ff_subject_text subject;
    struct ff_buf text = {0};

    ask->fn = fn;
    ask->ctx = ctx;
    ask->result = json_object();
    ask->want = gateways_alive(gateways);
    if (ff_subject_build(&subject, FF_SUBJ_GATEWAYS, verb) != FF_OK)
        ff_bug("no such question: %s", verb);
    ff_json_write(&text, stolen);
    json_decref(stolen);
    const struct ff_bus_out out = {.subject = subject.text,
                                   .body = ff_buf_slice(&text)};
    ff_bus_gather(gateways->bus, &out, ASK_TIMEOUT_MS, ask->want, on_answer,
                  ask);
    ff_buf_fini(&text);
}
