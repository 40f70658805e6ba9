#include "epoch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#define ASK_TIMEOUT_MS 2000

struct asker {
    STAILQ_ENTRY(asker) link;
    epoch_on_known *fn;
    void *ctx;
};
STAILQ_HEAD(askers, asker);

struct epoch {
    char text[FF_EPOCH_MAX]; /* the last one known */
    uint64_t generation;     /* of the bus when it was asked for */
    bool known;
    bool asking;
    struct askers askers;
};

struct epoch *epoch_new(void)
{
    struct epoch *epoch = ff_new(struct epoch);

    STAILQ_INIT(&epoch->askers);
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
    tell(&(*epoch)->askers, FF_E_CLOSED);
    free(*epoch);
    *epoch = NULL;
}

static bool is_known(const struct hub *hub)
{
    return hub->epoch->known &&
           hub->epoch->generation == ff_bus_generation(hub->bus);
}

static void on_epoch(void *ctx, ff_err err, const char *text)
{
    struct hub *hub = ctx;

    if (!hub->closed) {
        struct epoch *epoch = hub->epoch;
        struct askers askers = STAILQ_HEAD_INITIALIZER(askers);
        epoch->asking = false;
        epoch->known = err == FF_OK;
        if (err == FF_OK)
            snprintf(epoch->text, sizeof(epoch->text), "%s", text);
        STAILQ_CONCAT(&askers, &epoch->askers);
        tell(&askers, err);
    }
    hub_unref(&hub);
}

static void ask(struct hub *hub)
{
    hub->epoch->asking = true;
    hub->epoch->generation = ff_bus_generation(hub->bus);
    ff_history_epoch(hub->bus, ASK_TIMEOUT_MS, on_epoch, hub_ref(hub));
}

void epoch_get(struct hub *hub, epoch_on_known *fn, void *ctx)
{
    struct epoch *epoch = hub->epoch;

    if (is_known(hub)) {
        fn(ctx, FF_OK);
        return;
    }
    struct asker *asker = ff_new(struct asker);
    asker->fn = fn;
    asker->ctx = ctx;
    STAILQ_INSERT_TAIL(&epoch->askers, asker, link);
    if (!epoch->asking)
        ask(hub);
}

const char *epoch_text(const struct hub *hub)
{
    return hub->epoch->text;
}

void epoch_doubt(struct hub *hub)
{
    hub->epoch->known = false;
}

struct position epoch_position(const struct hub *hub, uint64_t offset)
{
    struct position position = {.known = true, .offset = offset};

    snprintf(position.epoch, sizeof(position.epoch), "%s", hub->epoch->text);
    return position;
}
