#include "gateways.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_map.h"
#include "ff_subject.h"
#include "gather.h"
#include "messages.h"

#define BEAT_MISSED_MS 6500 /* three beats */

struct gateways {
    struct ff_bus *bus;
    struct ff_bus_sub *beats;
    struct ff_map *seen; /* instance -> int64_t *: steady ms of the last beat */
};

struct ask {
    gateways_on_result *fn;
    void *ctx;
    size_t want; /* gateways alive when it was asked */
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

static void on_gathered(void *ctx, ff_err err, json_t *result, size_t got)
{
    struct ask *ask = ctx;

    ask->fn(ask->ctx, err, result, got >= ask->want);
    free(ask);
}

void gateways_ask(struct gateways *gateways, const char *verb, json_t *stolen,
                  gateways_on_result *fn, void *ctx)
{
    struct ask *ask = ff_new(struct ask);
    struct ff_subject_text subject;

    ask->fn = fn;
    ask->ctx = ctx;
    ask->want = gateways_alive(gateways);
    if (ff_subject_build(&subject, FF_SUBJ_GATEWAYS, verb) != FF_OK)
        ff_bug("no such question: %s", verb);
    gather(gateways->bus, subject.text, stolen, ask->want, on_gathered, ask);
}
