#include "partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"

#define LONGEST_SYNC 5 /* in report_ms, while reports keep coming */

/* What came of one gateway. */
struct feed {
    int64_t seq;
    int64_t asked_ms; /* for a report, or it went on */
    bool known;       /* seq is */
    bool complete;    /* nothing is missing */
    bool reporting;   /* between begin and end */
};

struct partition {
    const struct partition_env *env;
    unsigned number;
    char name[4]; /* "07" */
    struct roster *roster;
    struct ff_bus_sub *deltas;
    struct ff_rpc_server *server; /* NULL: not synced */
    struct feed *feeds;           /* by the gateway's number */
    size_t feed_count, feed_cap;
    int64_t begun_ms, heard_ms; /* heard: a part of a report */
};

static struct feed *feed_of(struct partition *partition, unsigned gateway)
{
    partition->feeds = ff_grow(partition->feeds, &partition->feed_cap,
                               gateway + 1, sizeof(*partition->feeds));
    while (partition->feed_count <= gateway)
        partition->feeds[partition->feed_count++] = (struct feed){0};
    return &partition->feeds[gateway];
}

/* --- asking for reports ------------------------------------------------------------- */

/* lease NULL: all gateways. */
static void ask(const struct partition *partition, const struct lease *lease)
{
    struct ff_subject_text subject;
    char json[32];
    int len = snprintf(json, sizeof(json), "{\"pp\":\"%s\"}", partition->name);
    ff_err err =
        lease == NULL
            ? ff_subject_build(&subject, FF_SUBJ_GATEWAYS, "presence_report")
            : ff_subject_build(&subject, FF_SUBJ_GATEWAY, lease->name,
                               "presence_report");

    if (err != FF_OK)
        return;
    struct ff_bus_out out = {.subject = subject.text,
                             .body = {json, (size_t)len}};
    err = ff_bus_publish(partition->env->bus, &out);
    if (err != FF_OK)
        ff_debug("report_not_asked", ff_fe(err));
    ff_metric_add(FF_M_PRESENCE_REPORTS, 1);
}

/* One gateway, unless it was asked just now. */
static void ask_one(struct partition *partition, const struct lease *lease,
                    int64_t now_ms)
{
    struct feed *feed = feed_of(partition, lease->number);

    if (feed->asked_ms != 0 &&
        now_ms - feed->asked_ms < partition->env->report_ms)
        return;
    feed->asked_ms = now_ms;
    ask(partition, lease);
}

static void ask_all(struct partition *partition, int64_t now_ms)
{
    for (unsigned i = 0; i < leases_limit(partition->env->leases); i++)
        feed_of(partition, i)->asked_ms = now_ms;
    ask(partition, NULL);
}

/* --- synced or not -------------------------------------------------------------------- */

static bool is_complete(struct partition *partition)
{
    const struct leases *leases = partition->env->leases;

    for (unsigned i = 0; i < leases_limit(leases); i++)
        if (leases_at(leases, i) != NULL && !feed_of(partition, i)->complete)
            return false;
    return true;
}

static bool took_too_long(const struct partition *partition, int64_t now_ms)
{
    int64_t most = partition->env->report_ms;

    return now_ms - partition->heard_ms >= most ||
           now_ms - partition->begun_ms >= most * LONGEST_SYNC;
}

static void check_synced(struct partition *partition, int64_t now_ms)
{
    const struct partition_env *env = partition->env;

    if (partition->server != NULL)
        return;
    if (!is_complete(partition)) {
        if (!took_too_long(partition, now_ms))
            return;
        ff_warn("reports_missing", ff_fs("partition", partition->name));
    }
    roster_adopt(partition->roster);
    partition->server =
        ff_rpc_serve(env->bus, FF_SUBJ_PRESENCE_PART, partition->name, NULL,
                     env->verbs, env->verb_count, partition);
}

static void changed(struct partition *partition)
{
    if (partition->server != NULL && roster_is_dirty(partition->roster))
        partition->env->on_dirty(partition->env->ctx);
}

/* --- what gateways send ----------------------------------------------------------------- */

enum part { PART_DELTA, PART_BEGIN, PART_MORE, PART_END, PART_COUNT };

static enum part read_part(const char *text)
{
    static const char *const parts[] = {"delta", "begin", "more", "end"};
    unsigned i = 0;

    while (i < PART_COUNT && strcmp(text, parts[i]) != 0)
        i++;
    return (enum part)i;
}

static ff_err take_item(struct partition *partition, int64_t now_ms,
                        unsigned gateway, const json_t *json, bool marks,
                        struct ff_why *why)
{
    static const size_t prefix = sizeof(ROSTER_USER_PREFIX) - 1;
    struct presence_item item;

    FF_TRY(ff_schema_decode(&presence_item_schema, json, &item, why));
    if (ff_subject_partition(ff_slice_str(item.channel)) != partition->number)
        return ff_why_set(why, FF_E_INVALID, "channel",
                          "is not of this partition");
    if (strncmp(item.channel, ROSTER_USER_PREFIX, prefix) == 0 &&
        item.user_id != NULL &&
        strcmp(item.channel + prefix, item.user_id) != 0)
        return ff_why_set(why, FF_E_INVALID, "user_id",
                          "another user's own channel");
    ff_err err = roster_apply(partition->roster, now_ms, gateway, &item, marks);
    return err == FF_OK
               ? FF_OK
               : ff_why_set(why, err, "channel", "has too many members");
}

/* The first bad one is told for all. */
static void take_items(struct partition *partition, int64_t now_ms,
                       const struct lease *lease, const json_t *items,
                       bool marks)
{
    size_t i, bad = 0;
    json_t *item;
    struct ff_why why = {0}, first = {0};

    json_array_foreach(items, i, item)
    {
        if (take_item(partition, now_ms, lease->number, item, marks, &why) !=
                FF_OK &&
            bad++ == 0)
            first = why;
    }
    if (bad > 0)
        ff_warn("bad_items", ff_fs("gateway", lease->name),
                ff_fi("count", (int64_t)bad), ff_fs("field", first.field),
                ff_fs("message", first.text));
}

/* Whether this is the message after the last one; or it begins anew, and what is missing before it does not matter. */
static bool follows(const struct feed *feed, int64_t seq, enum part part)
{
    return part == PART_BEGIN || seq == (feed->known ? feed->seq + 1 : 1);
}

static void take_part(struct partition *partition, const struct lease *lease,
                      const struct presence_delta *delta, enum part part,
                      int64_t now_ms)
{
    struct feed *feed = feed_of(partition, lease->number);

    if (feed->known && delta->seq <= feed->seq)
        return; /* a second time */
    if (!follows(feed, delta->seq, part)) {
        feed->complete = feed->reporting = false;
        ask_one(partition, lease, now_ms);
    } else if (!feed->known && part == PART_DELTA) {
        feed->complete = true; /* its very first */
    }
    feed->known = true;
    feed->seq = delta->seq;
    if (part == PART_BEGIN) {
        roster_begin_report(partition->roster, lease->number);
        feed->reporting = true;
        feed->complete = false;
    }
    if (feed->reporting)
        feed->asked_ms = partition->heard_ms = now_ms;
    take_items(partition, now_ms, lease, delta->items, feed->reporting);
    if (part == PART_END && feed->reporting) {
        roster_end_report(partition->roster, now_ms, lease->number);
        feed->reporting = false;
        feed->complete = true;
    }
}

/* The subject says who sent it. */
static ff_err check_sender(const struct ff_bus_msg *msg, const char *gateway,
                           struct ff_why *why)
{
    char name[FF_CHANNEL_MAX + 1];

    if (ff_subject_part(FF_SUBJ_PRESENCE_DELTA, ff_bus_msg_subject(msg), 0,
                        name) == FF_OK &&
        strcmp(name, gateway) == 0)
        return FF_OK;
    return ff_why_set(why, FF_E_INVALID, "gateway", "is not who sent it");
}

static ff_err take_delta(struct partition *partition,
                         const struct ff_bus_msg *msg, const json_t *json,
                         struct ff_why *why)
{
    struct presence_delta delta;
    int64_t now_ms = ff_clock_steady_ms();

    FF_TRY(ff_schema_decode(&presence_delta_schema, json, &delta, why));
    FF_TRY(check_sender(msg, delta.gateway, why));
    enum part part = read_part(delta.part);
    if (part == PART_COUNT)
        return ff_why_set(why, FF_E_INVALID, "part",
                          "must be delta, begin, more or end");
    const struct lease *lease = leases_hear(
        partition->env->leases, delta.gateway, delta.boot, false, now_ms);
    if (lease == NULL)
        return FF_OK;
    ff_metric_add(FF_M_PRESENCE_DELTAS, 1);
    take_part(partition, lease, &delta, part, now_ms);
    check_synced(partition, now_ms);
    changed(partition);
    return FF_OK;
}

static void on_delta(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_why why = {0};
    json_t *json = NULL;

    ff_err err = ff_json_parse_object(ff_bus_msg_body(msg), &json, &why);
    if (err == FF_OK)
        err = take_delta(ctx, msg, json, &why);
    if (err != FF_OK)
        ff_warn("bad_delta", ff_fe(err), ff_fs("field", why.field),
                ff_fs("message", why.text));
    json_decref(json);
}

/* --- gateways and time --------------------------------------------------------------- */

void partition_gateway_came(struct partition *partition,
                            const struct lease *lease, int64_t now_ms)
{
    *feed_of(partition, lease->number) = (struct feed){0};
    ask_one(partition, lease, now_ms);
}

void partition_gateway_gone(struct partition *partition,
                            const struct lease *lease, int64_t now_ms,
                            bool at_once)
{
    *feed_of(partition, lease->number) = (struct feed){0};
    roster_drop_gateway(partition->roster, now_ms, lease->number, at_once);
    changed(partition);
}

static void ask_missing(struct partition *partition, int64_t now_ms)
{
    const struct leases *leases = partition->env->leases;

    for (unsigned i = 0; i < leases_limit(leases); i++) {
        const struct lease *lease = leases_at(leases, i);
        if (lease != NULL && !feed_of(partition, i)->complete)
            ask_one(partition, lease, now_ms);
    }
}

void partition_tick(struct partition *partition, int64_t now_ms)
{
    roster_tick(partition->roster, now_ms);
    check_synced(partition, now_ms);
    ask_missing(partition, now_ms);
    changed(partition);
}

size_t partition_flush(struct partition *partition, size_t most)
{
    if (partition->server == NULL)
        return 0;
    return roster_flush(partition->roster, most, &changes_sink,
                        partition->env->changes);
}

/* --- life -------------------------------------------------------------------------------- */

/* Versions of this roster are above those of any that this replica had before, also before it was started anew. */
static int64_t first_version(void)
{
    return ff_clock_ms() * 1000;
}

struct partition *partition_new(const struct partition_env *env,
                                unsigned number, int64_t now_ms)
{
    struct partition *partition = ff_new(struct partition);

    partition->env = env;
    partition->number = number;
    partition->begun_ms = partition->heard_ms = now_ms;
    snprintf(partition->name, sizeof(partition->name), "%02u",
             number % FF_PARTITIONS);
    partition->roster = roster_new(env->rules, first_version());
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE_DELTA, FF_ANY, partition->name);
    partition->deltas =
        ff_bus_subscribe(env->bus, subject.text, NULL, on_delta, partition);
    ask_all(partition, now_ms);
    check_synced(partition, now_ms);
    return partition;
}

void partition_free(struct partition **partition, bool orderly)
{
    struct partition *p = *partition;

    if (p == NULL)
        return;
    *partition = NULL;
    if (orderly) {
        roster_end_graces(p->roster);
        (void)partition_flush(p, SIZE_MAX);
    }
    ff_rpc_server_free(&p->server);
    ff_bus_unsubscribe(&p->deltas);
    roster_free(&p->roster);
    free(p->feeds);
    free(p);
}

bool partition_is_synced(const struct partition *partition)
{
    return partition->server != NULL;
}

unsigned partition_number(const struct partition *partition)
{
    return partition->number;
}

struct roster *partition_roster(struct partition *partition)
{
    return partition->roster;
}

const struct partition_env *partition_env(const struct partition *partition)
{
    return partition->env;
}
