/*
 * Who is here: questions to the presence service. While it is away the answer is 503, never an empty list.
 */

#include <string.h>

#include "ask.h"
#include "messages.h"
#include "routes.h"

#define TIMEOUT_MS    3000
#define USERS_DEFAULT 100
#define USERS_MAX     1000

static ff_err check_members(const struct call *call, struct ff_why *why)
{
    struct ff_slice channel = ff_slice_str(call->params[0]);

    FF_TRY(call_may_here(call, FF_VERB_SUBSCRIBE, why));
    if (!ff_namespace_has_presence(ff_app_namespace(call->app, channel),
                                   channel))
        return ff_why_set(why, FF_E_NO_PRESENCE, "channel",
                          "this channel has no presence");
    return FF_OK;
}

/* To the owner of the channel's partition. */
static void ask_owner(struct call *call, const char *verb, json_t *stolen)
{
    char pp[3];

    snprintf(pp, sizeof(pp), "%02u",
             ff_subject_partition(ff_slice_str(call->params[0])) % 100);
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE_PART, pp, verb);
    json_object_set_new(stolen, "channel", json_string(call->params[0]));
    ask_service(call, &subject, TIMEOUT_MS, stolen);
}

void presence_members(struct call *call)
{
    struct ff_why why = {0};
    int64_t page = 0, version = 0;

    ff_err err = check_members(call, &why);
    if (err == FF_OK)
        err = call_query_int(call, "page", 0, 0, 1000000, &page, &why);
    if (err == FF_OK)
        err = call_query_int(call, "version", 0, 0, INT64_MAX - 1, &version,
                             &why);
    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    ask_owner(call, "members",
              json_pack("{s:I, s:I}", "page", (json_int_t)page, "version",
                        (json_int_t)version));
}

void presence_count(struct call *call)
{
    struct ff_why why = {0};
    ff_err err = check_members(call, &why);

    if (err != FF_OK)
        call_fail(call, err, &why);
    else
        ask_owner(call, "occupancy", json_object());
}

static json_t *answer_users(const struct call *call, json_t *result)
{
    (void)call;
    return json_object_get(result, "users") != NULL ? json_incref(result)
                                                    : NULL;
}

void presence_users(struct call *call)
{
    struct ff_why why = {0};
    int64_t limit;

    ff_err err = call_query_int(call, "limit", USERS_DEFAULT, 0, USERS_MAX,
                                &limit, &why);
    if (err != FF_OK) {
        call_fail(call, err, &why);
        return;
    }
    ask_peers(call, call->ingress->presences, "users",
              json_pack("{s:I}", "limit", (json_int_t)limit), answer_users);
}

static void ask_replica(struct call *call, const char *verb, json_t *stolen)
{
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE, verb);
    json_object_set_new(stolen, "user_id", json_string(call->params[0]));
    ask_service(call, &subject, TIMEOUT_MS, stolen);
}

void presence_get(struct call *call)
{
    ask_replica(call, "status", json_object());
}

void presence_put(struct call *call)
{
    struct ff_why why = {0};
    bool own = call->user.user_id != NULL &&
               strcmp(call->user.user_id, call->params[0]) == 0;

    if (!call->has_key && !own && !ff_identity_is_admin(&call->user)) {
        call_fail(call,
                  ff_why_set(&why, FF_E_FORBIDDEN, "user",
                             "users set their own status"),
                  &why);
        return;
    }
    ask_replica(call, "set", json_copy(call->json));
}
