#include "ff_rpc.h"
#include "messages.h"
#include "routes.h"

#define ISSUE_TIMEOUT_MS 5000

static void ask_auth(struct call *call, const char *verb, json_t *stolen)
{
    struct ff_subject_text subject;
    struct ff_buf text = {0};

    json_object_set_new(stolen, "app", json_string(call->app->id));
    ff_json_write(&text, stolen);
    json_decref(stolen);
    if (ff_subject_build(&subject, FF_SUBJ_AUTH, verb) != FF_OK)
        ff_bug("subject of %s", verb);
    ff_rpc_call(call->ingress->bus, subject.text, ff_buf_slice(&text),
                ISSUE_TIMEOUT_MS, call_on_result, call);
    ff_buf_fini(&text);
}

void tokens_post(struct call *call)
{
    const struct http_token *in = call->body;
    json_t *ask = json_object();

    json_object_set_new(ask, "user_id", json_string(in->user_id.text));
    json_object_set_new(ask, "role", json_string(in->role ? in->role : "user"));
    if (in->channels != NULL)
        json_object_set(ask, "channels", (json_t *)in->channels);
    if (in->ttl != 0)
        json_object_set_new(ask, "ttl", json_integer(in->ttl));
    if (in->name != NULL)
        json_object_set_new(ask, "name", json_string(in->name));
    if (in->info != NULL)
        json_object_set(ask, "info", (json_t *)in->info);
    ask_auth(call, "issue", ask);
}

void tokens_revoke(struct call *call)
{
    const struct http_revoke *in = call->body;
    json_t *ask = json_object();

    if (in->token != NULL)
        json_object_set_new(ask, "token", json_string(in->token));
    if (in->user_id.text != NULL)
        json_object_set_new(ask, "user_id", json_string(in->user_id.text));
    ask_auth(call, "revoke", ask);
}
