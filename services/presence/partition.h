#ifndef PRESENCE_PARTITION_H
#define PRESENCE_PARTITION_H

/*
 * One partition that this replica owns. At first it listens to the gateways' deltas and asks all of them for a full
 * report; once every live one has given it, or they took too long, it is synced: questions are answered and changes are
 * told. A gateway whose messages have a gap, or that is new, is asked again. On the bus' loop thread.
 */

#include "changes.h"
#include "ff_rpc.h"
#include "leases.h"
#include "pages.h"
#include "roster.h"

/* What partitions share; lives longer than they. */
struct partition_env {
    struct ff_bus *bus;
    struct leases *leases;
    struct pages *pages;
    struct changes *changes;
    const struct roster_rules *rules;
    int64_t report_ms;
    /* Served on ff.pr.{pp} once it is synced, with the partition as ctx. */
    const struct ff_rpc_verb *verbs;
    size_t verb_count;
    void (*on_dirty)(void *ctx); /* a flush is wanted soon */
    void *ctx;
};

#define PARTITION_FLUSH_MAX 10000 /* some 50 ms of work */

struct partition;
struct partition *partition_new(const struct partition_env *env,
                                unsigned number, int64_t now_ms);
/* orderly: graces end now, and what is not told yet is told. */
void partition_free(struct partition **partition, bool orderly);

void partition_gateway_came(struct partition *partition,
                            const struct lease *lease, int64_t now_ms);
void partition_gateway_gone(struct partition *partition,
                            const struct lease *lease, int64_t now_ms,
                            bool at_once);
void partition_tick(struct partition *partition, int64_t now_ms);
/* As roster_flush; 0 before it is synced. */
size_t partition_flush(struct partition *partition, size_t most);

bool partition_is_synced(const struct partition *partition);
unsigned partition_number(const struct partition *partition);
struct roster *partition_roster(struct partition *partition);
const struct partition_env *partition_env(const struct partition *partition);

#endif
