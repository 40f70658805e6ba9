#include "presence.h"

#include <stdlib.h>

#include "ff_json.h"
#include "ff_log.h"
#include "ff_rpc.h"
#include "ff_subject.h"
#include "messages.h"
#include "reports.h"
#include "rosters.h"

struct presence {
    struct reports *reports;
    struct rosters *rosters;
};

struct rosters *hub_rosters(const struct hub *hub)
{
    return hub->presence->rosters;
}

/* --- reports -------------------------------------------------------------- */

static ff_err send_report(void *ctx, unsigned partition, struct ff_slice json)
{
    struct hub *hub = ctx;
    struct ff_subject_text subject;
    char pp[12];

    snprintf(pp, sizeof(pp), "%02u", partition);
    FF_TRY(
        ff_subject_build(&subject, FF_SUBJ_PRESENCE_DELTA, hub->instance, pp));
    const struct ff_bus_out out = {.subject = subject.text, .body = json};
    return ff_bus_publish(hub->bus, &out);
}

static struct members *members_of(const struct hub *hub)
{
    return reports_members(hub->presence->reports);
}

void presence_occupy(struct hub *hub, const char *app_id, const char *channel,
                     bool occupied)
{
    members_occupy(members_of(hub), app_id, channel, occupied);
}

void presence_member(struct hub *hub, struct to_hub *item)
{
    if (item->joined)
        members_join(members_of(hub), item->app->id, item->channel, item->user,
                     item->text);
    else
        members_leave(members_of(hub), item->app->id, item->channel,
                      item->user);
}

void presence_on_report(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct gateways_presence_report *asked = in;
    struct hub *hub = ctx;
    struct ff_why why = {0};
    char *end;
    unsigned long partition = strtoul(asked->pp, &end, 10);

    if (*end != '\0' || partition >= FF_PARTITIONS) {
        ff_err err = ff_why_set(&why, FF_E_INVALID, "pp", "00 to 63");
        ff_rpc_fail(req, err, &why);
        return;
    }
    reports_tell_all(hub->presence->reports, (unsigned)partition);
    ff_rpc_reply_value(req, json_object());
}

/* --- life ----------------------------------------------------------------- */

struct presence *presence_new(struct hub *hub)
{
    struct presence *presence = ff_new(struct presence);
    const struct reports_options options = {
        .loop = hub->loop,
        .gateway = hub->instance,
        .boot_ms = hub->started_ms,
        .send = send_report,
        .ctx = hub,
    };

    presence->reports = reports_new(&options);
    presence->rosters = rosters_new(hub);
    return presence;
}

void presence_free(struct presence **presence)
{
    struct presence *gone = *presence;

    *presence = NULL;
    if (gone == NULL)
        return;
    rosters_free(&gone->rosters);
    reports_free(&gone->reports);
    free(gone);
}

void presence_on_bus(struct presence *presence, bool connected)
{
    if (connected)
        reports_renew(presence->reports);
    rosters_on_bus(presence->rosters, connected);
}

void presence_tick(struct presence *presence, int64_t now_ms)
{
    reports_tick(presence->reports);
    rosters_tick(presence->rosters, now_ms);
}
