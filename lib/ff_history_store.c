#include <stdlib.h>

#include "ff_bus_slots.h"
#include "ff_clock.h"
#include "ff_history_part.h"

/*
 * Storing: a publish that the stream acknowledges. Tried again, with the same key, until its time is over; the stream
 * knows the key, so a message whose acknowledgement was lost is not stored twice.
 */

enum { PAUSE_MS = 100 };

struct store {
    struct ff_bus *bus;
    uint64_t id; /* among the paused ones of the bus */
    struct ff_bus_msg *msg;
    int timeout_ms;
    int64_t until_ms;
    struct ff_timer *pause;
    ff_history_on_stored *fn;
    void *ctx;
};

static void try_it(struct store *store);

static void finish(struct store *store, ff_err err, uint64_t offset,
                   bool duplicate)
{
    store->fn(store->ctx, err, offset, duplicate);
    ff_timer_free(&store->pause);
    ff_bus_msg_unref(&store->msg);
    free(store);
}

/* --- those that pause, for the end of the bus ------------------------------ */

static void *paused_new(struct ff_bus *bus)
{
    (void)bus;
    return ff_new(struct ff_bus_slots);
}

static void paused_free(void *part)
{
    struct ff_bus_slots *paused = part;
    struct store *store;
    while ((store = ff_bus_slots_any(paused)) != NULL) {
        ff_bus_slots_remove(paused, store->id);
        finish(store, FF_E_CLOSED, 0, false);
    }
    ff_bus_slots_fini(paused);
    free(paused);
}

static struct ff_bus_slots *paused_of(struct ff_bus *bus)
{
    static const char key;
    return ff_bus_part(bus, &key, paused_new, paused_free);
}

/* --- tries ----------------------------------------------------------------- */

static void on_pause_over(void *ctx)
{
    struct store *store = ctx;
    ff_bus_slots_remove(paused_of(store->bus), store->id);
    ff_timer_free(&store->pause);
    try_it(store);
}

static void try_again(struct store *store, ff_err err)
{
    if (ff_clock_steady_ms() + PAUSE_MS >= store->until_ms) {
        finish(store, err, 0, false);
        return;
    }
    store->id = ff_bus_slots_add(paused_of(store->bus), store);
    store->pause = ff_timer_new(ff_bus_loop(store->bus), PAUSE_MS, 0,
                                on_pause_over, store);
}

/*
 * A replicated stream answers a key that it knows, but whose message it has not stored yet, as a duplicate at 0. That is no
 * acknowledgement: a leader that is deposed now never stores it.
 */
static ff_err read_ack(struct ff_bus_msg *msg, json_t **out_ack)
{
    FF_TRY(ff_js_decode(ff_bus_msg_body(msg), out_ack, NULL));
    return ff_js_get_number(*out_ack, "seq") > 0 ? FF_OK : FF_E_UNAVAILABLE;
}

static void on_ack(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct store *store = ctx;
    json_t *ack = NULL;
    if (err == FF_OK)
        err = read_ack(msg, &ack);
    if (err == FF_OK)
        finish(store, FF_OK, ff_js_get_number(ack, "seq"),
               json_is_true(json_object_get(ack, "duplicate")));
    else if (ff_err_class(err) == FF_CLASS_TRANSIENT && err != FF_E_FULL)
        try_again(store, err);
    else
        finish(store, err, 0, false);
    json_decref(ack);
}

static void try_it(struct store *store)
{
    struct ff_bus_out out = ff_bus_msg_out(store->msg);
    int64_t left = store->until_ms - ff_clock_steady_ms();
    int timeout = left < store->timeout_ms ? (int)left : store->timeout_ms;
    ff_bus_request(store->bus, &out, timeout > 1 ? timeout : 1, on_ack, store);
}

/* NOLINTNEXTLINE(readability-function-size): each is the caller's to choose */
void ff_history_store(struct ff_bus *bus, const struct ff_message *message,
                      const char *key, uint64_t expected, int timeout_ms,
                      int tries, ff_history_on_stored *fn, void *ctx)
{
    struct ff_message_out out;
    struct store *store = ff_new(struct store);
    struct ff_bus_out nothing = {.subject = ""};
    ff_err err = ff_message_write(message, FF_SUBJ_STORE, key, expected, &out);
    *store = (struct store){.bus = bus, .fn = fn, .ctx = ctx};
    store->timeout_ms = timeout_ms;
    store->until_ms = ff_clock_steady_ms() + (int64_t)timeout_ms * tries;
    /* What could not be written ends as FF_E_INVALID. */
    store->msg = ff_bus_msg_new(err == FF_OK ? &out.out : &nothing);
    try_it(store);
}
