#include "calls.h"

#include <stdlib.h>

#include "ff_json.h"
#include "ff_rpc.h"
#include "ff_subject.h"
#include "revoked.h"

#define VERIFY_TRY_MS 2500
#define VERIFY_TRIES  2 /* 5 s in all */
#define CALL_MS       5000

/* A request that is out. */
struct call {
    struct hub *hub;
    struct to_hub item;
    unsigned tries;
};

static struct call *call_new(struct hub *hub, struct to_hub *item)
{
    struct call *call = ff_new(struct call);

    call->hub = hub_ref(hub);
    call->item = hub_take_item(item);
    return call;
}

static void call_free(struct call **call)
{
    to_hub_fini(&(*call)->item);
    hub_unref(&(*call)->hub);
    free(*call);
    *call = NULL;
}

static void call_refuse(struct call *call, enum to_worker_type type, ff_err err,
                        const struct ff_why *why)
{
    hub_refuse(call->hub, &call->item, type, err, why);
    call_free(&call);
}

/* --- auth ---------------------------------------------------------------- */

static void verify_try(struct call *call);

static void verified(struct call *call, const json_t *claims)
{
    struct ff_identity *identity = ff_new(struct ff_identity);
    struct ff_why why = {0};
    struct to_worker out;

    ff_err err = ff_identity_decode(claims, identity, &why);
    if (err != FF_OK) {
        free(identity);
        call_refuse(call, TO_WORKER_VERIFIED, FF_E_INTERNAL, &why);
        return;
    }
    if (revoked_has(call->hub->revoked, call->item.app->id, identity)) {
        ff_identity_fini(identity);
        free(identity);
        call_refuse(call, TO_WORKER_VERIFIED, FF_E_REVOKED, NULL);
        return;
    }
    hub_answer(&call->item, TO_WORKER_VERIFIED, &out);
    out.identity = identity;
    hub_send(call->hub, call->item.worker, &out);
    call_free(&call);
}

static void on_verified(void *ctx, ff_err err, const struct ff_why *why,
                        const json_t *claims)
{
    struct call *call = ctx;

    if (call->hub->closed)
        call_free(&call);
    else if (err == FF_OK)
        verified(call, claims);
    else if (ff_err_class(err) == FF_CLASS_TRANSIENT &&
             call->tries < VERIFY_TRIES)
        verify_try(call);
    else
        call_refuse(call, TO_WORKER_VERIFIED, err, why);
}

static void verify_try(struct call *call)
{
    struct ff_buf text = {0};

    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_AUTH, "verify");
    call->tries++;
    ff_buf_adds(&text, "{\"app\":");
    ff_json_add_strings(&text, call->item.app->id);
    ff_buf_adds(&text, ",\"token\":");
    ff_json_add_strings(&text, call->item.text);
    ff_buf_addc(&text, '}');
    ff_rpc_call(call->hub->bus, subject.text, ff_buf_slice(&text),
                VERIFY_TRY_MS, on_verified, call);
    ff_buf_fini(&text);
}

void calls_verify(struct hub *hub, struct to_hub *item)
{
    verify_try(call_new(hub, item));
}

/* --- documents ----------------------------------------------------------- */

static void on_called(void *ctx, ff_err err, const struct ff_why *why,
                      const json_t *result)
{
    struct call *call = ctx;
    struct to_worker out;
    struct ff_buf text = {0};

    if (call->hub->closed) {
        call_free(&call);
        return;
    }
    hub_answer(&call->item, TO_WORKER_CALLED, &out);
    out.err = err;
    if (why != NULL)
        out.why = *why;
    if (result != NULL) {
        ff_json_write(&text, result);
        out.text = ff_buf_take(&text);
    }
    hub_send(call->hub, call->item.worker, &out);
    call_free(&call);
}

void calls_call(struct hub *hub, struct to_hub *item)
{
    struct ff_subject_text subject;

    ff_err err = ff_subject_build(&subject, FF_SUBJ_DOCUMENTS, item->verb);
    if (err != FF_OK) {
        hub_refuse(hub, item, TO_WORKER_CALLED, err, NULL);
        return;
    }
    struct call *call = call_new(hub, item);
    ff_rpc_call(hub->bus, subject.text, ff_slice_str(call->item.text), CALL_MS,
                on_called, call);
}
