#include "peers.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_map.h"
#include "gather.h"

struct peers {
    struct ff_bus *bus;
    enum ff_subject beat, question;
    int missed_ms; /* three beats and a little */
    struct ff_bus_sub *sub;
    struct ff_map *seen; /* name -> int64_t *: steady ms of the last beat */
};

struct ask {
    peers_on_result *fn;
    void *ctx;
    size_t want; /* alive when it was asked */
};

static bool is_leaving(struct ff_slice text)
{
    json_t *json;

    if (ff_json_parse_object(text, &json, NULL) != FF_OK)
        return true;
    bool leaving = json_is_true(json_object_get(json, "leaving"));
    json_decref(json);
    return leaving;
}

static void on_beat(void *ctx, struct ff_bus_msg *msg)
{
    struct peers *peers = ctx;
    char name[FF_CHANNEL_MAX + 1];

    if (ff_subject_part(peers->beat, ff_bus_msg_subject(msg), 0, name) != FF_OK)
        return;
    if (is_leaving(ff_bus_msg_body(msg))) {
        free(ff_map_removes(peers->seen, name));
        return;
    }
    int64_t *at = ff_map_gets(peers->seen, name);
    if (at == NULL) {
        at = ff_new(int64_t);
        ff_map_puts(peers->seen, name, at);
    }
    *at = ff_clock_steady_ms();
}

struct peers *peers_new(struct ff_bus *bus, enum ff_subject beat,
                        enum ff_subject question, int beat_ms)
{
    struct peers *peers = ff_new(struct peers);
    struct ff_subject_text subject;

    peers->bus = bus;
    peers->beat = beat;
    peers->question = question;
    peers->missed_ms = beat_ms * 3 + beat_ms / 4;
    peers->seen = ff_map_new();
    ff_subject_wildcard(beat, &subject);
    peers->sub = ff_bus_subscribe(bus, subject.text, NULL, on_beat, peers);
    return peers;
}

void peers_free(struct peers **peers)
{
    if (*peers == NULL)
        return;
    ff_bus_unsubscribe(&(*peers)->sub);
    ff_map_free_values(&(*peers)->seen, free);
    free(*peers);
    *peers = NULL;
}

size_t peers_alive(const struct peers *peers)
{
    int64_t oldest = ff_clock_steady_ms() - peers->missed_ms;
    size_t pos = 0, alive = 0;
    void *at;

    while (ff_map_next(peers->seen, &pos, NULL, &at)) {
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

void peers_ask(struct peers *peers, const char *verb, json_t *stolen,
               peers_on_result *fn, void *ctx)
{
    struct ask *ask = ff_new(struct ask);

    ask->fn = fn;
    ask->ctx = ctx;
    ask->want = peers_alive(peers);
    const struct ff_subject_text subject = ff_subject_of(peers->question, verb);
    gather(peers->bus, subject.text, stolen, ask->want, on_gathered, ask);
}
