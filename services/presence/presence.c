#include "presence.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "presence_priv.h"

#define TICK_MS  100
#define BEAT_MS  1000
#define FLUSH_MS 15   /* changes are told together after this time */
#define STILL_MS 3000 /* a tick that is so late: others took us for dead */

/* --- partitions -------------------------------------------------------------------------- */

static void drop_all(struct presence *presence, bool orderly)
{
    for (unsigned i = 0; i < FF_PARTITIONS; i++)
        partition_free(&presence->partitions[i], orderly);
}

/* What is ours by now, no more and no less. */
void presence_settle(struct presence *presence, int64_t now_ms)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FF_PARTITIONS; i++) {
        struct partition **partition = &presence->partitions[i];
        bool mine = owners_is_mine(presence->owners, i);
        if (mine && *partition == NULL)
            *partition = partition_new(&presence->env, i, now_ms);
        else if (!mine)
            partition_free(partition, true);
        count += mine;
    }
    ff_metric_set(FF_M_PRESENCE_PARTITIONS, count);
    ff_info("partitions_settled", ff_fi("mine", count),
            ff_fi("others", (int64_t)owners_others(presence->owners)));
}

static void on_flush(void *ctx);

static void on_dirty(void *ctx)
{
    struct presence *presence = ctx;

    if (presence->flush == NULL)
        presence->flush = ff_timer_new(ff_bus_loop(presence->options.bus),
                                       FLUSH_MS, 0, on_flush, presence);
}

/* What is too much at once goes on soon, with those whose turn it was not. */
static void on_flush(void *ctx)
{
    struct presence *presence = ctx;
    size_t left = PARTITION_FLUSH_MAX;

    ff_timer_free(&presence->flush);
    for (unsigned i = 0; i < FF_PARTITIONS && left > 0; i++) {
        unsigned turn = presence->flush_turn;
        if (presence->partitions[turn] != NULL)
            left -= partition_flush(presence->partitions[turn], left);
        if (left > 0)
            presence->flush_turn = (turn + 1) % FF_PARTITIONS;
    }
    if (left == 0)
        on_dirty(presence);
}

/* --- phases ------------------------------------------------------------------------------ */

static void go_away(struct presence *presence)
{
    drop_all(presence, false);
    owners_reset(presence->owners);
    leases_reset(presence->leases);
    ff_metric_set(FF_M_PRESENCE_PARTITIONS, 0);
    presence->phase = PHASE_AWAY;
}

static void listen(struct presence *presence, int64_t now_ms)
{
    go_away(presence);
    presence->phase = PHASE_LISTENING;
    presence->begun_ms = presence->turned_ms = now_ms;
    signs_ask(presence);
}

static bool has_read_all(const struct presence *presence)
{
    return ff_apps_synced(presence->apps) &&
           status_stands(presence->status, NULL);
}

static void own(struct presence *presence, int64_t now_ms)
{
    presence->phase = PHASE_OWNING;
    leases_expire(presence->leases, now_ms);
    owners_expire(presence->owners, now_ms);
    owners_join(presence->owners);
    signs_beat(presence, false);
    presence_settle(presence, now_ms);
}

static void turn(struct presence *presence, int64_t now_ms)
{
    size_t members = 0;

    if (now_ms - presence->beat_ms >= BEAT_MS)
        signs_beat(presence, false);
    if (owners_expire(presence->owners, now_ms))
        presence_settle(presence, now_ms);
    leases_expire(presence->leases, now_ms);
    for (unsigned i = 0; i < FF_PARTITIONS; i++) {
        struct partition *partition = presence->partitions[i];
        if (partition == NULL)
            continue;
        partition_tick(partition, now_ms);
        members += roster_members(partition_roster(partition));
    }
    pages_expire(presence->pages, now_ms);
    ff_metric_set(FF_M_PRESENCE_MEMBERS, (int64_t)members);
}

static void on_tick(void *ctx)
{
    struct presence *presence = ctx;
    int64_t now_ms = ff_clock_steady_ms();
    int64_t late_ms = now_ms - presence->turned_ms;

    presence->turned_ms = now_ms;
    if (presence->phase == PHASE_OWNING && late_ms > STILL_MS) {
        ff_warn("stood_still", ff_fi("ms", late_ms));
        listen(presence, now_ms);
    }
    if (presence->phase == PHASE_LISTENING &&
        now_ms - presence->begun_ms >= presence->options.conf->listen_ms &&
        has_read_all(presence))
        own(presence, now_ms);
    if (presence->phase == PHASE_OWNING)
        turn(presence, now_ms);
}

void presence_on_bus(struct presence *presence, bool connected)
{
    if (presence->phase == PHASE_STOPPING)
        return;
    if (!connected) {
        go_away(presence);
        return;
    }
    status_on_bus(presence->status);
    listen(presence, ff_clock_steady_ms());
}

/* --- what rosters ask, and are told ------------------------------------------------------- */

static void on_invisible(void *ctx, const char *app, const char *user_id,
                         bool invisible)
{
    struct presence *presence = ctx;

    for (unsigned i = 0; i < FF_PARTITIONS; i++)
        if (presence->partitions[i] != NULL)
            roster_set_invisible(partition_roster(presence->partitions[i]), app,
                                 user_id, invisible);
    on_dirty(presence);
}

static int64_t grace_ms(void *ctx, const char *app_id, const char *channel)
{
    const struct presence *presence = ctx;
    const struct ff_app *app = ff_apps_find(presence->apps, app_id);

    if (app == NULL)
        return 0; /* removed with all that it had */
    return ff_app_namespace(app, ff_slice_str(channel))->presence_grace_ms;
}

static bool is_invisible(void *ctx, const char *app, const char *user_id)
{
    const struct presence *presence = ctx;
    const struct status_record *record =
        status_find(presence->status, app, user_id);

    return record != NULL && record->invisible;
}

/* --- life ------------------------------------------------------------------------------------ */

static void make_parts(struct presence *presence)
{
    const struct presence_options *o = &presence->options;
    const struct leases_events events = {signs_gateway_came, signs_gateway_gone,
                                         presence};

    presence->apps = ff_apps_new(o->bus, NULL, NULL);
    presence->status =
        status_new(o->bus, (int)o->conf->replicas, on_invisible, presence);
    presence->owners = owners_new(o->instance);
    presence->leases = leases_new(o->conf->lease_ms, &events);
    presence->pages = pages_new((size_t)o->conf->page_members);
    presence->changes = (struct changes){o->bus, presence->status, o->instance};
    presence->rules = (struct roster_rules){grace_ms, is_invisible, presence};
    presence->env = (struct partition_env){
        .bus = o->bus,
        .leases = presence->leases,
        .pages = presence->pages,
        .changes = &presence->changes,
        .rules = &presence->rules,
        .report_ms = o->conf->report_ms,
        .verbs = handlers_partition,
        .verb_count = handlers_partition_count,
        .on_dirty = on_dirty,
        .ctx = presence,
    };
}

struct presence *presence_new(const struct presence_options *options)
{
    struct presence *presence = ff_new(struct presence);

    presence->options = *options;
    presence->started_at = ff_clock_ms();
    make_parts(presence);
    signs_hear(presence);
    presence->any =
        ff_rpc_serve(options->bus, FF_SUBJ_PRESENCE, NULL, "presence",
                     handlers_any, handlers_any_count, presence);
    presence->all = ff_rpc_serve(options->bus, FF_SUBJ_PRESENCES, NULL, NULL,
                                 handlers_all, handlers_all_count, presence);
    presence->tick = ff_timer_new(ff_bus_loop(options->bus), TICK_MS, TICK_MS,
                                  on_tick, presence);
    return presence;
}

void presence_free(struct presence **presence)
{
    struct presence *p = *presence;

    if (p == NULL)
        return;
    *presence = NULL;
    ff_timer_free(&p->tick);
    ff_timer_free(&p->flush);
    drop_all(p, false);
    ff_rpc_server_free(&p->any);
    ff_rpc_server_free(&p->all);
    ff_bus_unsubscribe(&p->replica_beats);
    ff_bus_unsubscribe(&p->gateway_beats);
    owners_free(&p->owners);
    leases_free(&p->leases);
    pages_free(&p->pages);
    status_free(&p->status);
    ff_apps_free(&p->apps);
    free(p);
}

bool presence_is_settled(const struct presence *presence)
{
    if (presence->phase != PHASE_OWNING)
        return false;
    for (unsigned i = 0; i < FF_PARTITIONS; i++)
        if (presence->partitions[i] != NULL &&
            !partition_is_synced(presence->partitions[i]))
            return false;
    return true;
}

bool presence_is_ready(const struct presence *presence, struct ff_why *why)
{
    if (!ff_apps_synced(presence->apps)) {
        (void)ff_why_set(why, FF_E_UNAVAILABLE, "registry", "not read yet");
        return false;
    }
    if (!status_stands(presence->status, why))
        return false;
    if (presence_is_settled(presence) || owners_others(presence->owners) > 0)
        return true;
    (void)ff_why_set(why, FF_E_UNAVAILABLE, "partitions",
                     "the gateways' reports are not there yet");
    return false;
}

/* Who was last seen when is written before the end. */
static void on_leaving(void *ctx)
{
    struct presence *presence = ctx;

    if (!status_is_idle(presence->status))
        return;
    ff_timer_free(&presence->tick);
    presence->stopped(presence->stopped_ctx);
}

void presence_stop(struct presence *presence, void (*fn)(void *ctx), void *ctx)
{
    bool owning = presence->phase == PHASE_OWNING;

    presence->phase = PHASE_STOPPING;
    presence->stopped = fn;
    presence->stopped_ctx = ctx;
    drop_all(presence, true);
    if (owning)
        signs_beat(presence, true);
    ff_timer_free(&presence->flush);
    ff_timer_free(&presence->tick);
    presence->tick = ff_timer_new(ff_bus_loop(presence->options.bus), 0,
                                  TICK_MS / 2, on_leaving, presence);
}
