#ifndef PRESENCE_PRESENCE_PRIV_H
#define PRESENCE_PRESENCE_PRIV_H

/* The service's state, for presence.c, signs.c and handlers*.c. */

#include "ff_app.h"
#include "owners.h"
#include "partition.h"
#include "presence.h"

enum phase { PHASE_AWAY, PHASE_LISTENING, PHASE_OWNING, PHASE_STOPPING };

struct presence {
    struct presence_options options;
    enum phase phase;
    int64_t started_at;          /* Unix */
    int64_t begun_ms, turned_ms; /* when listening began; the last tick */
    int64_t beat_ms;             /* our last one; 0: none yet */
    struct ff_apps *apps;
    struct status *status;
    struct owners *owners;
    struct leases *leases;
    struct pages *pages;
    struct changes changes;
    struct roster_rules rules;
    struct partition_env env;
    struct partition *partitions[FF_PARTITIONS]; /* NULL: not ours */
    struct ff_bus_sub *replica_beats, *gateway_beats;
    struct ff_rpc_server *any, *all;
    struct ff_timer *tick, *flush;
    unsigned flush_turn; /* the partition that is flushed next */
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

/* Take and give up partitions until what we have is ours. */
void presence_settle(struct presence *presence, int64_t now_ms);
/* We take part, and all that is ours is synced. */
bool presence_is_settled(const struct presence *presence);

/* signs.c: signs of life. ctx: the service. */
void signs_beat(struct presence *presence, bool leaving);
void signs_ask(const struct presence *presence); /* who is there says so now */
void signs_hear(struct presence *presence);
void signs_gateway_came(void *ctx, const struct lease *lease);
void signs_gateway_gone(void *ctx, const struct lease *lease, bool at_once);

/* handlers.c, handlers_all.c */
extern const struct ff_rpc_verb handlers_partition[]; /* ctx: a partition */
extern const size_t handlers_partition_count;
extern const struct ff_rpc_verb handlers_any[]; /* ctx: the service */
extern const size_t handlers_any_count;
extern const struct ff_rpc_verb handlers_all[]; /* ctx: the service */
extern const size_t handlers_all_count;

#endif
