#include "ask.h"
#include "messages.h"
#include "routes.h"

#define ISSUE_TIMEOUT_MS 5000

static void ask_auth(struct call *call, const char *verb, json_t *stolen)
{
    const struct ff_subject_text subject = ff_subject_of(FF_SUBJ_AUTH, verb);
    ask_service(call, &subject, ISSUE_TIMEOUT_MS, stolen);
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
