/* Signs of life: ours, those of other replicas and of gateways. */

#include <string.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "presence_priv.h"

/* --- ours --------------------------------------------------------------------------------- */

void signs_beat(struct presence *presence, bool leaving)
{
    struct ff_buf json = {0};

    presence->beat_ms = ff_clock_steady_ms();
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE_BEAT, presence->options.instance);
    ff_buf_addf(&json, "{\"replica\":\"%s\",\"started_at\":%lld%s}",
                presence->options.instance, (long long)presence->started_at,
                leaving ? ",\"leaving\":true" : "");
    struct ff_bus_out out = {.subject = subject.text,
                             .body = ff_buf_slice(&json)};
    ff_err err = ff_bus_publish(presence->options.bus, &out);
    if (err != FF_OK)
        ff_debug("beat_not_sent", ff_fe(err));
    ff_buf_fini(&json);
}

/* Whoever is there says so now. */
void signs_ask(const struct presence *presence)
{
    static const enum ff_subject rows[] = {FF_SUBJ_PRESENCES, FF_SUBJ_GATEWAYS};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ff_subject_text subject;
        struct ff_bus_out out = {.subject = subject.text};
        ff_err err = ff_subject_build(&subject, rows[i], "beat");
        if (err == FF_OK)
            err = ff_bus_publish(presence->options.bus, &out);
        if (err != FF_OK)
            ff_debug("beats_not_asked", ff_fe(err));
    }
}

/* --- others' ------------------------------------------------------------------------------- */

static void take_replica_beat(struct presence *presence,
                              const struct presence_beat *beat)
{
    int64_t now_ms = ff_clock_steady_ms();
    bool ours = strcmp(beat->replica, presence->options.instance) == 0;

    if (ours && beat->started_at != presence->started_at && !beat->leaving)
        ff_warn("replica_name_twice", ff_fs("replica", beat->replica));
    if (owners_hear(presence->owners, beat->replica, beat->leaving, now_ms) &&
        presence->phase == PHASE_OWNING)
        presence_settle(presence, now_ms);
}

static void on_replica_beat(void *ctx, struct ff_bus_msg *msg)
{
    struct presence *presence = ctx;
    struct presence_beat beat;
    json_t *json;

    if (presence->phase != PHASE_LISTENING && presence->phase != PHASE_OWNING)
        return;
    if (ff_json_parse_object(ff_bus_msg_body(msg), &json, NULL) != FF_OK)
        return;
    if (ff_schema_decode(&presence_beat_schema, json, &beat, NULL) == FF_OK)
        take_replica_beat(presence, &beat);
    json_decref(json);
}

static void on_gateway_beat(void *ctx, struct ff_bus_msg *msg)
{
    struct presence *presence = ctx;
    struct gateway_beat beat;
    json_t *json;

    if (presence->phase != PHASE_LISTENING && presence->phase != PHASE_OWNING)
        return;
    if (ff_json_parse_object(ff_bus_msg_body(msg), &json, NULL) != FF_OK)
        return;
    if (ff_schema_decode(&gateway_beat_schema, json, &beat, NULL) == FF_OK)
        (void)leases_hear(presence->leases, beat.gateway, beat.started_at,
                          beat.leaving, ff_clock_steady_ms());
    json_decref(json);
}

void signs_gateway_came(void *ctx, const struct lease *lease)
{
    struct presence *presence = ctx;
    int64_t now_ms = ff_clock_steady_ms();

    ff_info("gateway_came", ff_fs("gateway", lease->name));
    for (unsigned i = 0; i < FF_PARTITIONS; i++)
        if (presence->partitions[i] != NULL)
            partition_gateway_came(presence->partitions[i], lease, now_ms);
}

void signs_gateway_gone(void *ctx, const struct lease *lease, bool at_once)
{
    struct presence *presence = ctx;
    int64_t now_ms = ff_clock_steady_ms();

    ff_info("gateway_gone", ff_fs("gateway", lease->name),
            ff_fs("why", at_once ? "silent" : "left"));
    for (unsigned i = 0; i < FF_PARTITIONS; i++)
        if (presence->partitions[i] != NULL)
            partition_gateway_gone(presence->partitions[i], lease, now_ms,
                                   at_once);
}

static struct ff_bus_sub *hear(struct presence *presence, enum ff_subject row,
                               ff_bus_on_msg *fn)
{
    struct ff_subject_text subject;

    ff_subject_wildcard(row, &subject);
    return ff_bus_subscribe(presence->options.bus, subject.text, NULL, fn,
                            presence);
}

void signs_hear(struct presence *presence)
{
    presence->replica_beats =
        hear(presence, FF_SUBJ_PRESENCE_BEAT, on_replica_beat);
    presence->gateway_beats =
        hear(presence, FF_SUBJ_GATEWAY_BEAT, on_gateway_beat);
}
