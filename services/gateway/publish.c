#include "publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "epoch.h"
#include "ff_clock.h"
#include "ff_metric.h"

#define STORE_TRY_MS 2000
#define STORE_TRIES  4
#define LANE_MAX     256   /* waiting messages of one connection and channel */
#define WAITING_MAX  65536 /* of all */

/* A message that is being stored, or waits for the one before it. */
struct parcel {
    STAILQ_ENTRY(parcel) link;
    struct to_hub item;
    char id[FF_MESSAGE_ID_MAX];
    int64_t time_ms;
};

STAILQ_HEAD(parcel_list, parcel);

/* What one connection sends to one stored channel. */
struct lane {
    struct hub *hub;
    char *key;
    struct parcel_list parcels; /* the first one is out */
    size_t count;
};

struct publisher {
    struct ff_map *lanes;
    size_t waiting;
};

struct publisher *publisher_new(void)
{
    struct publisher *publisher = ff_new(struct publisher);

    publisher->lanes = ff_map_new();
    return publisher;
}

static void parcel_free(struct parcel *parcel)
{
    to_hub_fini(&parcel->item);
    free(parcel);
}

static void lane_free(struct lane *lane)
{
    struct parcel *parcel;

    while ((parcel = STAILQ_FIRST(&lane->parcels)) != NULL) {
        STAILQ_REMOVE_HEAD(&lane->parcels, link);
        parcel_free(parcel);
    }
    hub_unref(&lane->hub);
    free(lane->key);
    free(lane);
}

/* Each lane has a call out, which frees it when it comes back. */
void publisher_free(struct publisher **publisher)
{
    ff_map_free(&(*publisher)->lanes);
    free(*publisher);
    *publisher = NULL;
}

/* Borrows from item, id included. */
static struct ff_message message_of(const struct to_hub *item, const char *id,
                                    int64_t time_ms)
{
    return (struct ff_message){
        .app = ff_slice_str(item->app->id),
        .channel = ff_slice_str(item->channel),
        .id = ff_slice_str(id),
        .event = ff_slice_str(item->event),
        .sender = ff_slice_str(item->sender),
        .except = ff_slice_str(item->except),
        .recipients = ff_slice_str(item->recipients),
        .kind = ff_slice_str(item->whisper ? "whisper" : NULL),
        .time_ms = time_ms,
        .binary = item->binary,
        .body = {item->body, item->body_len},
    };
}

static void refuse(struct hub *hub, struct to_hub *item, ff_err err)
{
    hub_refuse(hub, item, TO_WORKER_PUBLISHED, err, NULL);
}

/* --- plain channels ------------------------------------------------------ */

static void publish_plain(struct hub *hub, struct to_hub *item)
{
    char id[FF_MESSAGE_ID_MAX];
    struct to_worker out;

    ff_message_new_id(id);
    struct ff_message message = message_of(item, id, ff_clock_ms());
    ff_err err = ff_message_publish(hub->bus, &message);
    if (err != FF_OK) {
        refuse(hub, item, err);
        return;
    }
    if (!item->whisper)
        ff_metric_add(FF_M_PUBLISHED, 1);
    if (!item->want_ack)
        return;
    hub_answer(item, TO_WORKER_PUBLISHED, &out);
    snprintf(out.id, sizeof(out.id), "%s", id);
    hub_send(hub, item->worker, &out);
}

/* --- stored channels ----------------------------------------------------- */

static void store_first(struct lane *lane);

static void answer_stored(struct lane *lane, struct parcel *parcel,
                          uint64_t offset, bool duplicate)
{
    struct to_worker out;

    ff_metric_add(FF_M_PUBLISHED, 1);
    if (!parcel->item.want_ack)
        return;
    hub_answer(&parcel->item, TO_WORKER_PUBLISHED, &out);
    snprintf(out.id, sizeof(out.id), "%s", parcel->id);
    out.position = epoch_position(lane->hub, offset);
    out.duplicate = duplicate;
    hub_send(lane->hub, parcel->item.worker, &out);
}

static void on_stored(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    struct lane *lane = ctx;

    if (lane->hub->closed) {
        lane_free(lane);
        return;
    }
    struct publisher *publisher = lane->hub->publisher;
    struct parcel *parcel = STAILQ_FIRST(&lane->parcels);
    STAILQ_REMOVE_HEAD(&lane->parcels, link);
    lane->count--;
    publisher->waiting--;
    if (err != FF_OK)
        refuse(lane->hub, &parcel->item, err);
    else
        answer_stored(lane, parcel, offset, duplicate);
    parcel_free(parcel);
    if (lane->count > 0) {
        store_first(lane);
        return;
    }
    ff_map_removes(publisher->lanes, lane->key);
    lane_free(lane);
}

static void store_first(struct lane *lane)
{
    const struct parcel *parcel = STAILQ_FIRST(&lane->parcels);
    struct ff_message message =
        message_of(&parcel->item, parcel->id, parcel->time_ms);

    ff_history_store(lane->hub->bus, &message, NULL, UINT64_MAX, STORE_TRY_MS,
                     STORE_TRIES, on_stored, lane);
}

static struct lane *lane_of(struct hub *hub, const struct to_hub *item)
{
    char *key = ff_asprintf("%" PRIx64 "\n%s\n%s", item->reply.conn,
                            item->app->id, item->channel);
    struct lane *lane = ff_map_gets(hub->publisher->lanes, key);

    if (lane != NULL) {
        free(key);
        return lane;
    }
    lane = ff_new(struct lane);
    lane->hub = hub_ref(hub);
    lane->key = key;
    STAILQ_INIT(&lane->parcels);
    ff_map_puts(hub->publisher->lanes, key, lane);
    return lane;
}

static void make_id(const struct to_hub *item, char id[FF_MESSAGE_ID_MAX])
{
    if (item->key == NULL)
        ff_message_new_id(id);
    else
        ff_message_id_for_key(ff_slice_str(item->app->id),
                              ff_slice_str(item->channel),
                              ff_slice_str(item->key), id);
}

static void publish_stored(struct hub *hub, struct to_hub *item)
{
    if (!ff_bus_connected(hub->bus)) {
        refuse(hub, item, FF_E_UNAVAILABLE);
        return;
    }
    if (hub->publisher->waiting >= WAITING_MAX) {
        refuse(hub, item, FF_E_BUSY);
        return;
    }
    struct lane *lane = lane_of(hub, item);
    if (lane->count >= LANE_MAX) {
        refuse(hub, item, FF_E_BUSY);
        return;
    }
    struct parcel *parcel = ff_new(struct parcel);
    make_id(item, parcel->id);
    parcel->time_ms = ff_clock_ms();
    parcel->item = hub_take_item(item);
    STAILQ_INSERT_TAIL(&lane->parcels, parcel, link);
    lane->count++;
    hub->publisher->waiting++;
    if (lane->count == 1)
        store_first(lane);
}

void publish(struct hub *hub, struct to_hub *item)
{
    const struct ff_slice channel = ff_slice_str(item->channel);
    const struct ff_namespace *ns =
        ff_app_namespace(hub_app(hub, item->app), channel);

    if (!item->whisper && ff_namespace_stored(ns, channel))
        publish_stored(hub, item);
    else
        publish_plain(hub, item);
}
