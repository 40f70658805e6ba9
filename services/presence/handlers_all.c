/* Requests that every replica answers: online users of its partitions, and a sign of life. */

#include <stdlib.h>
#include <string.h>

#include "presence_priv.h"

/* Ids are borrowed from rosters. */
struct users {
    const char **ids;
    size_t count, cap;
    size_t total;       /* online, listed or not */
    size_t limit, left; /* left: of the partition that is read */
};

static bool add_user(void *ctx, const char *user_id)
{
    struct users *users = ctx;

    if (users->left == 0)
        return false;
    users->left--;
    users->ids =
        ff_grow(users->ids, &users->cap, users->count + 1, sizeof(*users->ids));
    users->ids[users->count++] = user_id;
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first ones of all, in order. */
static void collect(const struct presence *presence, const char *app,
                    struct users *users)
{
    for (unsigned i = 0; i < FF_PARTITIONS; i++) {
        if (presence->partitions[i] == NULL)
            continue;
        struct roster *roster = partition_roster(presence->partitions[i]);
        users->total += roster_online(roster, app);
        users->left = users->limit;
        roster_walk_online(roster, app, add_user, users);
    }
    if (users->count > 0)
        qsort(users->ids, users->count, sizeof(*users->ids), compare);
    if (users->count > users->limit)
        users->count = users->limit;
}

static json_t *describe(const struct presence *presence, const char *app,
                        const char *user_id)
{
    const struct status_record *record =
        status_find(presence->status, app, user_id);

    return json_pack("{s:s, s:s, s:s}", "user_id", user_id, "status",
                     record == NULL ? "online" : record->status, "activity",
                     record == NULL ? "" : record->activity);
}

static void on_users(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct presence *presence = ctx;
    const struct presence_users *ask = in;
    struct users users = {.limit = (size_t)ask->limit};

    if (!presence_is_settled(presence)) {
        ff_rpc_fail(req, FF_E_UNAVAILABLE, NULL);
        return;
    }
    collect(presence, ask->app, &users);
    json_t *list = json_array();
    for (size_t i = 0; i < users.count; i++)
        json_array_append_new(list, describe(presence, ask->app, users.ids[i]));
    ff_rpc_reply_value(req, json_pack("{s:I, s:o}", "count",
                                      (json_int_t)users.total, "users", list));
    free(users.ids);
}

static void on_beat(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct presence *presence = ctx;

    (void)in;
    if (presence->phase == PHASE_OWNING)
        signs_beat(presence, false);
    ff_rpc_reply(req, FF_SLICE_LIT("{}"));
}

const struct ff_rpc_verb handlers_all[] = {
    {"users", &presence_users_schema, on_users},
    {"beat", &presences_beat_schema, on_beat},
};
const size_t handlers_all_count =
    sizeof(handlers_all) / sizeof(handlers_all[0]);
