#include <stdlib.h>

#include "ff_js.h"
#include "ff_kv_key.h"
#include "ff_log.h"
#include "ff_map.h"

/*
 * A watch is a push consumer of ours that JetStream forgets by itself: last value of each key, then what comes. It is
 * made anew on every new connection, when a message is missing by its number, and when heartbeats are.
 */

enum { TICK_MS = 200, HEARTBEAT_MS = 3000, SILENCE_TICKS = 50 };

/* What stands in the map of keys: in which round it was seen. */
struct seen {
    unsigned round;
};

struct ff_kv_watch {
    struct ff_bus *bus;
    enum ff_bucket bucket;
    ff_kv_on_entry *fn;
    void *ctx;
    struct ff_timer *timer;
    struct ff_bus_sub *sub;
    struct ff_js_call *create;
    struct ff_map *keys; /* that are there, as far as we told */
    uint64_t generation, received, expected;
    bool created, synced, running, warned, freed;
    unsigned round, silent_ticks;
};

static void begin(struct ff_kv_watch *watch);

/* --- what the user is told ------------------------------------------------- */

static void tell(struct ff_kv_watch *watch, const struct ff_kv_entry *entry)
{
    watch->fn(watch->ctx, FF_OK, entry);
}

static void remember(struct ff_kv_watch *watch, const char *key, bool there)
{
    struct seen *seen = ff_map_gets(watch->keys, key);
    if (!there) {
        ff_map_removes(watch->keys, key);
        free(seen);
        return;
    }
    if (seen == NULL) {
        seen = ff_new(struct seen);
        ff_map_puts(watch->keys, key, seen);
    }
    seen->round = watch->round;
}

/* A key that is not there any more, nor its mark of deletion. */
static void tell_vanished(struct ff_kv_watch *watch)
{
    struct ff_slice key;
    void *value;
    for (size_t i = 0; ff_map_next(watch->keys, &i, &key, &value);) {
        struct seen *seen = value;
        if (seen->round == watch->round)
            continue;
        char *text = ff_slice_dup(key);
        struct ff_kv_entry entry = {.key = text, .deleted = true};
        ff_map_remove(watch->keys, key);
        free(seen);
        tell(watch, &entry);
        free(text);
        if (watch->freed)
            return;
    }
}

static void check_synced(struct ff_kv_watch *watch)
{
    if (watch->synced || !watch->created || watch->received < watch->expected)
        return;
    watch->synced = true;
    tell_vanished(watch);
    if (!watch->freed)
        tell(watch, NULL);
}

/* --- what the consumer delivers -------------------------------------------- */

static void on_heartbeat(struct ff_kv_watch *watch,
                         const struct ff_bus_msg *msg)
{
    uint64_t sent = ff_js_number(ff_bus_msg_header(msg, "Nats-Last-Consumer"));
    if (sent != watch->received) {
        begin(watch);
        return;
    }
    watch->expected = sent; /* it is idle: there is no more */
    check_synced(watch);
}

static void on_entry(struct ff_kv_watch *watch, const struct ff_bus_msg *msg)
{
    char key[FF_KV_KEY_MAX + 1];
    struct ff_js_place place = ff_js_place(msg);
    struct ff_kv_entry entry = ff_kv_read_entry(msg);
    if (place.consumer_sequence != watch->received + 1) {
        begin(watch);
        return;
    }
    watch->received++;
    if (ff_kv_key(watch->bucket, ff_bus_msg_subject(msg), key) == FF_OK) {
        entry.key = key;
        remember(watch, key, !entry.deleted);
        tell(watch, &entry);
    }
    if (!watch->freed)
        check_synced(watch);
}

/* The user may free the watch in a call: it is kept until the call is over. */
static void on_msg(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_kv_watch *watch = ctx;
    watch->silent_ticks = 0;
    watch->running = true;
    if (ff_js_status(msg) == 0)
        on_entry(watch, msg);
    else
        on_heartbeat(watch, msg);
    watch->running = false;
    if (watch->freed)
        ff_kv_watch_free(&watch);
}

/* --- the consumer ---------------------------------------------------------- */

static void on_created(void *ctx, ff_err err, const char *text,
                       const json_t *result)
{
    struct ff_kv_watch *watch = ctx;
    watch->create = NULL;
    if (err != FF_OK) {
        if (!watch->warned)
            ff_warn("kv_watch_failed",
                    ff_fs("bucket", ff_bucket_name(watch->bucket)),
                    ff_fs("text", text), ff_fe(err));
        watch->warned = true;
        watch->generation = 0; /* again at a tick to come */
        return;
    }
    const json_t *delivered = json_object_get(result, "delivered");
    watch->warned = false;
    watch->created = true;
    watch->expected = ff_js_get_number(result, "num_pending") +
                      ff_js_get_number(delivered, "consumer_seq");
    watch->running = true;
    check_synced(watch);
    watch->running = false;
    if (watch->freed)
        ff_kv_watch_free(&watch);
}

static void end(struct ff_kv_watch *watch)
{
    ff_bus_unsubscribe(&watch->sub);
    ff_js_cancel(&watch->create);
}

static void begin(struct ff_kv_watch *watch)
{
    struct ff_subject_text inbox;
    const char *name = ff_bucket_name(watch->bucket);
    end(watch);
    watch->generation = ff_bus_generation(watch->bus);
    watch->received = watch->expected = 0;
    watch->created = watch->synced = false;
    watch->round++;
    watch->silent_ticks = 0;
    ff_bus_new_inbox(watch->bus, &inbox);
    watch->sub = ff_bus_subscribe(watch->bus, inbox.text, NULL, on_msg, watch);
    json_t *config =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:b, s:i}", "deliver_subject",
                  inbox.text, "deliver_policy", "last_per_subject",
                  "ack_policy", "none", "replay_policy", "instant",
                  "filter_subject", json_sprintf("$KV.%s.>", name),
                  "idle_heartbeat", (json_int_t)HEARTBEAT_MS * 1000000,
                  "mem_storage", 1, "num_replicas", 1);
    watch->create =
        ff_js_call(watch->bus,
                   json_pack("{s:o, s:o}", "stream_name",
                             json_sprintf("KV_%s", name), "config", config),
                   on_created, watch, "$JS.API.CONSUMER.CREATE.KV_%s", name);
}

static void on_tick(void *ctx)
{
    struct ff_kv_watch *watch = ctx;
    if (!ff_bus_connected(watch->bus))
        return;
    bool silent = watch->created && ++watch->silent_ticks > SILENCE_TICKS;
    if (silent || watch->generation != ff_bus_generation(watch->bus))
        begin(watch);
}

/* --- life ------------------------------------------------------------------ */

struct ff_kv_watch *ff_kv_watch_new(struct ff_bus *bus, enum ff_bucket bucket,
                                    ff_kv_on_entry *fn, void *ctx)
{
    struct ff_kv_watch *watch = ff_new(struct ff_kv_watch);
    watch->bus = bus;
    watch->bucket = bucket;
    watch->fn = fn;
    watch->ctx = ctx;
    watch->keys = ff_map_new();
    watch->timer = ff_timer_new(ff_bus_loop(bus), 0, TICK_MS, on_tick, watch);
    return watch;
}

void ff_kv_watch_free(struct ff_kv_watch **watch)
{
    struct ff_kv_watch *old = *watch;
    *watch = NULL;
    if (old == NULL)
        return;
    old->freed = true;
    if (old->running)
        return; /* by who runs it */
    end(old);
    ff_timer_free(&old->timer);
    ff_map_free_values(&old->keys, free);
    free(old);
}
