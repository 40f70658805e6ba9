/* Fetching a room's list, page by page, as the owner has frozen it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "ff_metric.h"
#include "ff_rpc.h"
#include "ff_subject.h"
#include "gate.h"
#include "presence.h"
#include "rosters.h"

#define PAGE_MS      2000
#define RETRY_MS     100
#define RETRY_SHIFTS 5 /* up to 3.2 s */
#define DOUBT_MS     1000
#define DOUBT_SHIFTS 5 /* up to 32 s */
#define RESTARTS_MAX 4
#define HELD_MAX     1000

static void ask_page(struct room *room);

static void on_later(void *ctx)
{
    struct room *room = ctx;

    ff_timer_free(&room->fetch.later);
    room_doubt(room);
}

/* The pause doubles each time. */
static void fetch_later(struct room *room, int64_t pause_ms, unsigned *times,
                        unsigned most)
{
    struct fetch *fetch = &room->fetch;
    unsigned shifts = *times < most ? *times : most;

    ++*times;
    if (fetch->later == NULL)
        fetch->later = ff_timer_new(room->hub->loop, pause_ms << shifts, 0,
                                    on_later, room);
}

/* --- the end of one ------------------------------------------------------- */

static void drop_pages(struct fetch *fetch)
{
    roster_list_fini(&fetch->list);
    json_decref(fetch->held);
    fetch->held = NULL;
}

void room_fetch_end(struct room *room)
{
    ff_timer_free(&room->fetch.later);
    drop_pages(&room->fetch);
}

static bool bus_has_owner(const struct room *room)
{
    return ff_bus_connected(room->hub->bus) &&
           replicas_count(hub_rosters(room->hub)->replicas) > 0;
}

/* Without bus or replicas their coming begins it anew. */
static void fail(struct room *room)
{
    struct fetch *fetch = &room->fetch;

    drop_pages(fetch);
    fetch->running = false;
    room_set_stale(room);
    if (bus_has_owner(room))
        fetch_later(room, RETRY_MS, &fetch->failures, RETRY_SHIFTS);
}

/* Who has answered may be about to hand the partition over. */
static bool is_from_owner(const struct room *room)
{
    const struct replica *owner =
        replicas_owner(hub_rosters(room->hub)->replicas, room->partition);

    return owner == NULL || strcmp(owner->name, room->roster.owner) == 0;
}

static void settle(struct room *room)
{
    struct fetch *fetch = &room->fetch;

    fetch->failures = 0;
    if (fetch->repeat)
        room_doubt(room);
    else if (is_from_owner(room))
        fetch->doubts = 0;
    else if (!fetch->running)
        fetch_later(room, DOUBT_MS, &fetch->doubts, DOUBT_SHIFTS);
}

static void succeed(struct room *room)
{
    struct fetch *fetch = &room->fetch;
    json_t *held = fetch->held, *change;
    size_t i;

    fetch->held = NULL;
    fetch->running = false;
    room_take_list(room, &fetch->list, fetch->owner, fetch->version);
    json_array_foreach(held, i, change)
    {
        if (room->feed != NULL && !room_fetch_hold(room, change))
            room_take_change(room, change);
    }
    json_decref(held);
    if (room->feed != NULL)
        settle(room);
}

/* --- pages ---------------------------------------------------------------- */

static int64_t int_of(const json_t *result, const char *name)
{
    return json_integer_value(json_object_get(result, name));
}

/* False: of another list than the pages before it. */
static bool take_page(struct fetch *fetch, const json_t *result)
{
    const char *owner = json_string_value(json_object_get(result, "owner"));
    int64_t version = int_of(result, "version");

    if (owner == NULL)
        return false;
    if (fetch->page == 0) {
        snprintf(fetch->owner, sizeof(fetch->owner), "%s", owner);
        fetch->version = version;
    } else if (strcmp(owner, fetch->owner) != 0 || version != fetch->version) {
        return false;
    }
    roster_list_join(&fetch->list, json_object_get(result, "members"));
    return true;
}

/* The frozen list is gone. */
static void start_over(struct room *room)
{
    struct fetch *fetch = &room->fetch;

    roster_list_fini(&fetch->list);
    fetch->page = 0;
    ask_page(room);
}

/* Whether another page is asked for. */
static bool go_on(struct room *room, ff_err err, const json_t *result)
{
    struct fetch *fetch = &room->fetch;
    bool good = err == FF_OK && take_page(fetch, result);

    if (good && json_is_true(json_object_get(result, "more"))) {
        fetch->page++;
        ask_page(room);
        return true;
    }
    if (good) {
        succeed(room);
    } else if ((err == FF_OK || err == FF_E_CONFLICT) && fetch->page > 0 &&
               ++fetch->failures % RESTARTS_MAX != 0) {
        start_over(room);
        return true;
    } else {
        fail(room);
    }
    return false;
}

static void on_page(void *ctx, ff_err err, const struct ff_why *why,
                    const json_t *result)
{
    struct room *room = ctx;

    (void)why;
    if (room->feed != NULL && go_on(room, err, result))
        return;
    if (!room->hub->closed)
        gate_done(hub_rosters(room->hub)->window);
    room_unref(&room);
}

static void ask_page(struct room *room)
{
    const struct fetch *fetch = &room->fetch;
    struct ff_buf text = {0};
    char partition[12];

    snprintf(partition, sizeof(partition), "%02u", room->partition);
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE_PART, partition, "members");
    ff_buf_adds(&text, "{\"app\":");
    ff_json_add_strings(&text, room->feed->app_id);
    ff_buf_adds(&text, ",\"channel\":");
    ff_json_add_strings(&text, room->feed->name);
    if (fetch->page > 0)
        ff_buf_addf(&text, ",\"version\":%lld", (long long)fetch->version);
    ff_buf_addf(&text, ",\"page\":%lld}", (long long)fetch->page);
    ff_rpc_call(room->hub->bus, subject.text, ff_buf_slice(&text), PAGE_MS,
                on_page, room);
    ff_buf_fini(&text);
}

/* --- the begin ------------------------------------------------------------ */

static void begin(void *ctx)
{
    struct room *room = ctx;

    if (room->feed == NULL) {
        on_page(room, FF_E_CLOSED, NULL, NULL);
        return;
    }
    ff_metric_add(FF_M_ROSTER_FETCHES, 1);
    room->fetch.page = 0;
    ask_page(room);
}

void room_doubt(struct room *room)
{
    struct fetch *fetch = &room->fetch;

    if (fetch->running) {
        fetch->repeat = true;
        return;
    }
    if (!ff_bus_connected(room->hub->bus))
        return;
    ff_timer_free(&fetch->later);
    fetch->running = true;
    fetch->repeat = false;
    fetch->held = json_array();
    gate_run(hub_rosters(room->hub)->window, begin, room_ref(room));
}

bool room_fetch_hold(struct room *room, json_t *change)
{
    struct fetch *fetch = &room->fetch;

    if (!fetch->running)
        return false;
    if (json_array_size(fetch->held) < HELD_MAX)
        json_array_append(fetch->held, change);
    else
        fetch->repeat = true;
    return true;
}

/* --- what happens around it ----------------------------------------------- */

void room_on_moved(struct room *room)
{
    const struct replicas *replicas = hub_rosters(room->hub)->replicas;

    room->fetch.failures = room->fetch.doubts = 0;
    if (!replicas_is_alive(replicas, room->roster.owner))
        room_set_stale(room);
    if (replicas_count(replicas) > 0)
        room_doubt(room);
}

void room_on_bus(struct room *room, bool connected)
{
    if (connected)
        room_doubt(room);
    else
        room_set_stale(room);
}
