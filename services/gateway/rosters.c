#include "rosters.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_json.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "ff_subject.h"
#include "gate.h"
#include "messages.h"

#define FETCHES_MAX 64

/* --- signs of life -------------------------------------------------------- */

static void on_moved(void *ctx, unsigned partition)
{
    struct rosters *rosters = ctx;
    struct room *room = TAILQ_FIRST(&rosters->rooms[partition]);

    for (; room != NULL; room = TAILQ_NEXT(room, link))
        room_on_moved(room);
}

static void on_beat(void *ctx, struct ff_bus_msg *msg)
{
    struct rosters *rosters = ctx;
    struct presence_beat beat;
    json_t *json;

    if (ff_json_parse_object(ff_bus_msg_body(msg), &json, NULL) != FF_OK)
        return;
    if (ff_schema_decode(&presence_beat_schema, json, &beat, NULL) == FF_OK)
        replicas_hear(rosters->replicas, beat.replica, beat.started_at,
                      beat.leaving, ff_clock_steady_ms());
    else
        ff_warn("presence_beat_not_understood");
    json_decref(json);
}

/* Who is there says so at once, not within the next second. */
static void ask_for_beats(struct rosters *rosters)
{
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCES, "beat");
    const struct ff_bus_out out = {.subject = subject.text,
                                   .body = FF_SLICE_LIT("{}")};
    ff_err err = ff_bus_publish(rosters->hub->bus, &out);
    if (err != FF_OK)
        ff_debug("beats_not_asked_for", ff_fe(err));
}

bool rosters_are_alone(const struct rosters *rosters)
{
    int64_t heard_ms = ff_clock_steady_ms() - rosters->connected_ms;

    return replicas_count(rosters->replicas) == 0 &&
           rosters->connected_ms != 0 && heard_ms > REPLICAS_ALIVE_MS;
}

/* --- all rooms ------------------------------------------------------------ */

static void each_room(struct rosters *rosters,
                      void (*fn)(struct room *room, bool arg), bool arg)
{
    struct room *room, *next;

    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++) {
        for (room = TAILQ_FIRST(&rosters->rooms[pp]); room != NULL;
             room = next) {
            next = TAILQ_NEXT(room, link);
            fn(room, arg);
        }
    }
}

void rosters_on_bus(struct rosters *rosters, bool connected)
{
    rosters->connected_ms = connected ? ff_clock_steady_ms() : 0;
    if (connected)
        ask_for_beats(rosters);
    each_room(rosters, room_on_bus, connected);
}

/* Among what the bus had no room for may be a change of any of them. */
static void check_dropped(struct rosters *rosters)
{
    int64_t dropped = ff_metric_get(FF_M_BUS_DROPPED);

    if (dropped == rosters->dropped)
        return;
    rosters->dropped = dropped;
    each_room(rosters, room_on_bus, true);
}

void rosters_tick(struct rosters *rosters, int64_t now_ms)
{
    replicas_expire(rosters->replicas, now_ms);
    check_dropped(rosters);
}

/* --- life ----------------------------------------------------------------- */

struct rosters *rosters_new(struct hub *hub)
{
    struct rosters *rosters = ff_new(struct rosters);
    struct ff_subject_text subject;

    rosters->hub = hub;
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        TAILQ_INIT(&rosters->rooms[pp]);
    rosters->replicas = replicas_new(on_moved, rosters);
    rosters->statuses = statuses_new(hub, room_on_person);
    rosters->window = gate_new(FETCHES_MAX);
    ff_subject_wildcard(FF_SUBJ_PRESENCE_BEAT, &subject);
    rosters->beats =
        ff_bus_subscribe(hub->bus, subject.text, NULL, on_beat, rosters);
    return rosters;
}

void rosters_free(struct rosters **rosters)
{
    struct rosters *gone = *rosters;

    *rosters = NULL;
    if (gone == NULL)
        return;
    ff_bus_unsubscribe(&gone->beats);
    gate_free(&gone->window);
    statuses_free(&gone->statuses);
    replicas_free(&gone->replicas);
    free(gone);
}
