#include "ask.h"
#include "messages.h"
#include "routes.h"

#define TIMEOUT_MS 10000

static ff_err check(struct call *call, enum ff_verb verb, struct ff_why *why)
{
    struct ff_slice channel = ff_slice_str(call->params[0]);

    FF_TRY(call_may_here(call, verb, why));
    if (!ff_app_namespace(call->app, channel)->documents)
        return ff_why_set(why, FF_E_NOT_FOUND, "channel",
                          "channels of this namespace are no documents");
    return FF_OK;
}

static void ask(struct call *call, enum ff_verb may, const char *verb,
                json_t *stolen)
{
    struct ff_why why = {0};
    ff_err err = check(call, may, &why);

    if (err != FF_OK) {
        json_decref(stolen);
        call_fail(call, err, &why);
        return;
    }
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_DOCUMENTS, verb);
    json_object_set_new(stolen, "channel", json_string(call->params[0]));
    ask_service(call, &subject, TIMEOUT_MS, stolen);
}

void documents_get(struct call *call)
{
    ask(call, FF_VERB_SUBSCRIBE, "join", json_object());
}

void documents_update(struct call *call)
{
    json_t *update = json_copy(call->json);

    if (call->user.user_id != NULL)
        json_object_set_new(update, "user_id", json_string(call->user.user_id));
    ask(call, FF_VERB_PUBLISH, "update", update);
}
