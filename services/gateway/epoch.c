#include "epoch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ff_clock.h"
#include "stored.h"

#define ASK_TIMEOUT_MS 2000
#define RENEW_MS       10000
#define LAG_MS         5000 /* more than a replica lags */

struct asker {
    STAILQ_ENTRY(asker) link;
    epoch_on_known *fn;
    void *ctx;
};
STAILQ_HEAD(askers, asker);

struct epoch {
    struct ff_history_state state;
    /* Where it ended at some time, and at a time before that. */
    uint64_t sample, settled;
    int64_t sampled_ms;
    uint64_t generation; /* of the bus when it was asked for */
    int64_t asked_ms;
    bool known, asking;
    struct askers now;   /* content with the answer that is on its way */
    struct askers later; /* with the one after it */
};

struct epoch *epoch_new(void)
{
    struct epoch *epoch = ff_new(struct epoch);

    STAILQ_INIT(&epoch->now);
    STAILQ_INIT(&epoch->later);
    return epoch;
}

static void tell(struct askers *askers, ff_err err)
{
    struct asker *asker;

    while ((asker = STAILQ_FIRST(askers)) != NULL) {
        STAILQ_REMOVE_HEAD(askers, link);
        asker->fn(asker->ctx, err);
        free(asker);
    }
}

void epoch_free(struct epoch **epoch)
{
    tell(&(*epoch)->now, FF_E_CLOSED);
    tell(&(*epoch)->later, FF_E_CLOSED);
    free(*epoch);
    *epoch = NULL;
}

static void add(struct askers *askers, epoch_on_known *fn, void *ctx)
{
    struct asker *asker = ff_new(struct asker);

    asker->fn = fn;
    asker->ctx = ctx;
    STAILQ_INSERT_TAIL(askers, asker, link);
}

/* --- asking --------------------------------------------------------------- */

static void ask(struct hub *hub);

static void learn(struct hub *hub, const struct ff_history_state *state)
{
    struct epoch *epoch = hub->epoch;
    int64_t now_ms = ff_clock_steady_ms();
    bool changed = strcmp(epoch->state.epoch, state->epoch) != 0;

    epoch->state = *state;
    epoch->known = true;
    if (changed)
        epoch->settled = epoch->sample = 0;
    if (changed || now_ms - epoch->sampled_ms >= LAG_MS) {
        epoch->settled = epoch->sample;
        epoch->sample = state->last;
        epoch->sampled_ms = now_ms;
    }
    if (changed)
        stored_sync_changed(hub);
}

static void on_state(void *ctx, ff_err err,
                     const struct ff_history_state *state)
{
    struct hub *hub = ctx;

    if (!hub->closed) {
        struct epoch *epoch = hub->epoch;
        struct askers told = STAILQ_HEAD_INITIALIZER(told);
        epoch->asking = false;
        if (err == FF_OK)
            learn(hub, state);
        STAILQ_CONCAT(&told, &epoch->now);
        STAILQ_CONCAT(&epoch->now, &epoch->later);
        if (!STAILQ_EMPTY(&epoch->now))
            ask(hub);
        tell(&told, err);
    }
    hub_unref(&hub);
}

static void ask(struct hub *hub)
{
    struct epoch *epoch = hub->epoch;

    epoch->asking = true;
    if (epoch->generation != ff_bus_generation(hub->bus))
        epoch->known = false;
    epoch->generation = ff_bus_generation(hub->bus);
    epoch->asked_ms = ff_clock_steady_ms();
    ff_history_ask_state(hub->bus, ASK_TIMEOUT_MS, on_state, hub_ref(hub));
}

static bool is_known(const struct hub *hub)
{
    return hub->epoch->known &&
           hub->epoch->generation == ff_bus_generation(hub->bus);
}

void epoch_get(struct hub *hub, epoch_on_known *fn, void *ctx)
{
    if (is_known(hub) && !hub->epoch->asking) {
        fn(ctx, FF_OK);
        return;
    }
    add(&hub->epoch->now, fn, ctx);
    if (!hub->epoch->asking)
        ask(hub);
}

void epoch_renew(struct hub *hub, epoch_on_known *fn, void *ctx)
{
    if (hub->epoch->asking) {
        add(&hub->epoch->later, fn, ctx);
        return;
    }
    add(&hub->epoch->now, fn, ctx);
    ask(hub);
}

void epoch_tick(struct hub *hub, int64_t now_ms)
{
    if (is_known(hub) && !hub->epoch->asking && ff_bus_connected(hub->bus) &&
        now_ms - hub->epoch->asked_ms >= RENEW_MS)
        ask(hub);
}

/* --- what is known -------------------------------------------------------- */

const struct ff_history_state *epoch_state(const struct hub *hub)
{
    return &hub->epoch->state;
}

uint64_t epoch_settled(const struct hub *hub)
{
    const struct epoch *epoch = hub->epoch;

    bool old = ff_clock_steady_ms() - epoch->sampled_ms >= LAG_MS;

    return old ? epoch->sample : epoch->settled;
}

struct position epoch_position(const struct hub *hub, uint64_t offset)
{
    struct position position = {.known = true, .offset = offset};

    memcpy(position.epoch, hub->epoch->state.epoch, sizeof(position.epoch));
    return position;
}
