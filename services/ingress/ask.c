#include "ask.h"

#include <stdlib.h>

#include "ff_rpc.h"
#include "peers.h"

static void on_result(void *ctx, ff_err err, const struct ff_why *why,
                      const json_t *result)
{
    struct call *call = ctx;

    if (err != FF_OK)
        call_fail(call, err, why);
    else
        call_reply_value(call, json_incref((json_t *)result));
}

void ask_service(struct call *call, const struct ff_subject_text *subject,
                 int timeout_ms, json_t *stolen)
{
    struct ff_buf text = {0};

    json_object_set_new(stolen, "app", json_string(call->app->id));
    ff_json_write(&text, stolen);
    json_decref(stolen);
    ff_rpc_call(call->ingress->bus, subject->text, ff_buf_slice(&text),
                timeout_ms, on_result, call);
    ff_buf_fini(&text);
}

struct asking {
    struct call *call;
    ask_answer *answer;
};

static void on_answers(void *ctx, ff_err err, json_t *result, bool complete)
{
    struct asking *asking = ctx;
    struct call *call = asking->call;
    json_t *answer = err == FF_OK ? asking->answer(call, result) : NULL;

    free(asking);
    if (answer == NULL) {
        call_fail(call, err != FF_OK ? err : FF_E_UNAVAILABLE, NULL);
        return;
    }
    json_object_set_new(answer, "complete", json_boolean(complete));
    call_reply_value(call, answer);
}

void ask_peers(struct call *call, struct peers *peers, const char *verb,
               json_t *stolen, ask_answer *answer)
{
    struct asking *asking = ff_new(struct asking);

    asking->call = call;
    asking->answer = answer;
    json_object_set_new(stolen, "app", json_string(call->app->id));
    peers_ask(peers, verb, stolen, on_answers, asking);
}
