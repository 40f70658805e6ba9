/* Requests: members and occupancy of a partition, set and status of any replica, users and beat of all. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_clock.h"
#include "presence_priv.h"

#define OWNER_TIMEOUT_MS 2000

/* --- of one partition ------------------------------------------------------------------ */

static ff_err check_channel(const struct partition *partition,
                            const char *channel, struct ff_why *why)
{
    if (ff_subject_partition(ff_slice_str(channel)) ==
        partition_number(partition))
        return FF_OK;
    return ff_why_set(why, FF_E_INVALID, "channel", "is not of this partition");
}

/* The members joined by commas. */
static ff_err read_page(struct partition *partition,
                        const struct presence_members *ask,
                        struct pages_key *key, struct ff_buf *out,
                        struct page *out_page, struct ff_why *why)
{
    struct pages *pages = partition_env(partition)->pages;
    const struct roster *roster = partition_roster(partition);
    int64_t now_ms = ff_clock_steady_ms();

    FF_TRY(check_channel(partition, ask->channel, why));
    *key = (struct pages_key){ask->app, ask->channel, ask->version};
    if (ask->page > 0) {
        ff_err err =
            pages_next(pages, key, (size_t)ask->page, now_ms, out, out_page);
        if (err == FF_E_CONFLICT)
            return ff_why_set(why, err, "version",
                              "this list is not kept any more; begin again");
        return ff_why_set(why, err, "page", "there is no such page");
    }
    (void)partition_flush(partition, PARTITION_FLUSH_MAX);
    const struct channel *channel = roster_find(roster, ask->app, ask->channel);
    key->version = roster_version(roster, channel);
    pages_first(pages, key, channel, now_ms, out, out_page);
    return FF_OK;
}

static void on_members(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct partition *partition = ctx;
    struct ff_buf list = {0}, json = {0};
    struct ff_why why = {0};
    struct pages_key key;
    struct page page;

    ff_err err = read_page(partition, in, &key, &list, &page, &why);
    if (err != FF_OK) {
        ff_rpc_fail(req, err, &why);
    } else {
        ff_buf_addf(&json,
                    "{\"owner\":\"%s\",\"version\":%lld,\"count\":%zu,"
                    "\"more\":%s,\"members\":[",
                    partition_env(partition)->changes->owner,
                    (long long)key.version, page.count,
                    page.more ? "true" : "false");
        ff_buf_addslice(&json, ff_buf_slice(&list));
        ff_buf_adds(&json, "]}");
        ff_rpc_reply(req, ff_buf_slice(&json));
    }
    ff_buf_fini(&json);
    ff_buf_fini(&list);
}

static void on_occupancy(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct presence_occupancy *ask = in;
    const struct roster *roster = partition_roster(ctx);
    struct ff_why why = {0};

    ff_err err = check_channel(ctx, ask->channel, &why);
    if (err != FF_OK) {
        ff_rpc_fail(req, err, &why);
        return;
    }
    const struct channel *channel = roster_find(roster, ask->app, ask->channel);
    ff_rpc_reply_value(req, json_pack("{s:b, s:I}", "occupied",
                                      (int)roster_is_occupied(channel), "count",
                                      (json_int_t)roster_count(channel)));
}

const struct ff_rpc_verb handlers_partition[] = {
    {"members", &presence_members_schema, on_members},
    {"occupancy", &presence_occupancy_schema, on_occupancy},
};
const size_t handlers_partition_count =
    sizeof(handlers_partition) / sizeof(handlers_partition[0]);

/* --- statuses -------------------------------------------------------------------------- */

static void on_set_done(void *ctx, ff_err err, json_t *record)
{
    if (err == FF_OK)
        ff_rpc_reply_value(ctx, json_incref(record));
    else
        ff_rpc_fail(ctx, err, NULL);
}

static void on_set(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct presence *presence = ctx;
    struct ff_why why = {0};

    ff_err err = status_check(in, &why);
    if (err != FF_OK)
        ff_rpc_fail(req, err, &why);
    else
        status_set(presence->status, in, on_set_done, req);
}

/* A record waits for what the owner of the user's channel says. */
struct asking {
    struct presence *presence;
    struct ff_rpc_req *req;
    json_t *record;
};

static void on_online(void *ctx, ff_err err, const struct ff_why *why,
                      const json_t *result)
{
    struct asking *asking = ctx;
    const json_t *occupied = json_object_get(result, "occupied");

    if (err == FF_OK) {
        json_object_set_new(asking->record, "online",
                            json_boolean(json_is_true(occupied)));
        ff_rpc_reply_value(asking->req, json_incref(asking->record));
    } else {
        ff_rpc_fail(asking->req, err, why);
    }
    json_decref(asking->record);
    free(asking);
}

static void ask_online(struct asking *asking, const char *app,
                       const char *user_id)
{
    char *channel = ff_asprintf("%s%s", ROSTER_USER_PREFIX, user_id);
    struct ff_buf json = {0};
    char pp[16];

    snprintf(pp, sizeof(pp), "%02u",
             ff_subject_partition(ff_slice_str(channel)));
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE_PART, pp, "occupancy");
    ff_buf_adds(&json, "{\"app\":");
    ff_json_add_strings(&json, app);
    ff_buf_adds(&json, ",\"channel\":");
    ff_json_add_strings(&json, channel);
    ff_buf_addc(&json, '}');
    ff_rpc_call(asking->presence->options.bus, subject.text,
                ff_buf_slice(&json), OWNER_TIMEOUT_MS, on_online, asking);
    ff_buf_fini(&json);
    free(channel);
}

static void on_record(void *ctx, ff_err err, json_t *record)
{
    struct asking *asking = ctx;

    if (err != FF_OK) {
        ff_rpc_fail(asking->req, err, NULL);
        free(asking);
        return;
    }
    asking->record = json_incref(record);
    ask_online(asking, json_string_value(json_object_get(record, "app")),
               json_string_value(json_object_get(record, "user_id")));
}

static void on_status(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct presence *presence = ctx;
    const struct presence_status *ask = in;
    struct asking *asking = ff_new(struct asking);

    asking->presence = presence;
    asking->req = req;
    status_get(presence->status, ask->app, ask->user_id, on_record, asking);
}

const struct ff_rpc_verb handlers_any[] = {
    {"set", &presence_set_schema, on_set},
    {"status", &presence_status_schema, on_status},
};
const size_t handlers_any_count =
    sizeof(handlers_any) / sizeof(handlers_any[0]);
