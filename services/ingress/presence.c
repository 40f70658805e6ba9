/*
 * Who is here: questions to the presence service. While it is away the answer is 503, never an empty list.
 */

#include <string.h>

#include "ff_rpc.h"
#include "messages.h"
#include "peers.h"
#include "routes.h"

#define TIMEOUT_MS    3000
#define USERS_DEFAULT 100
#define USERS_MAX     1000

static void ask(struct call *call, const struct ff_subject_text *subject,
                json_t *stolen)
{
    struct ff_buf text = {0};

    json_object_set_new(stolen, "app", json_string(call->app->id));
    ff_json_write(&text, stolen);
    json_decref(stolen);
    ff_rpc_call(call->ingress->bus, subject->text, ff_buf_slice(&text),
                TIMEOUT_MS, call_on_result, call);
    ff_buf_fini(&text);
}

static ff_err check_members(const struct call *call, struct ff_why *why)
{
    struct ff_slice channel = ff_slice_str(call->params[0]);

    FF_TRY(ff_channel_check(channel, why));
    ff_err err = call_may(call, FF_VERB_SUBSCRIBE, channel);
    if (err != FF_OK)
        return ff_why_set(why, err, "channel", "%s", ff_err_text(err));
    if (!ff_namespace_has_presence(ff_app_namespace(call->app, channel),
                                   channel))
        return ff_why_set(why, FF_E_NO_PRESENCE, "channel",
                          "this channel has no presence");
    return FF_OK;
}

/* To the owner of the channel's partition. */
static void ask_owner(struct call *call, const char *verb, json_t *stolen)
{
    struct ff_subject_text subject;
    char pp[3];

    snprintf(pp, sizeof(pp), "%02u",
             ff_subject_partition(ff_slice_str(call->params[0])) % 100);
    if (ff_subject_build(&subject, FF_SUBJ_PRESENCE_PART, pp, verb) != FF_OK)
        ff_bug("subject of %s", verb);
    json_object_set_new(stolen, "channel", json_string(call->params[0]));
    ask(call, &subject, stolen);
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

static void on_users(void *ctx, ff_err err, json_t *result, size_t got,
                     bool complete)
{
    struct call *call = ctx;

    if (err == FF_OK && got == 0)
        err = FF_E_UNAVAILABLE;
    if (err != FF_OK) {
        call_fail(call, err, NULL);
        return;
    }
    json_object_set_new(result, "complete", json_boolean(complete));
    call_reply_value(call, json_incref(result));
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
    peers_ask(call->ingress->presences, "users",
              json_pack("{s:s, s:I}", "app", call->app->id, "limit",
                        (json_int_t)limit),
              on_users, call);
}

static void ask_replica(struct call *call, const char *verb, json_t *stolen)
{
    struct ff_subject_text subject;

    if (ff_subject_build(&subject, FF_SUBJ_PRESENCE, verb) != FF_OK)
        ff_bug("subject of %s", verb);
    json_object_set_new(stolen, "user_id", json_string(call->params[0]));
    ask(call, &subject, stolen);
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
