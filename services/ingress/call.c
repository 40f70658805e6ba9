#include "call.h"

#include <stdlib.h>
#include <string.h>

#include "cors.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "ff_rpc.h"
#include "messages.h"
#include "rates.h"
#include "routes.h"

#define VERIFY_TIMEOUT_MS 5000

static void call_free(struct call *call)
{
    ff_identity_fini(&call->user);
    ff_app_unref(&call->app);
    json_decref(call->json);
    free(call->body);
    free(call);
}

static void count(int status)
{
    if (status >= 500)
        ff_metric_add(FF_M_HTTP_FAILED, 1);
    else if (status >= 400)
        ff_metric_add(FF_M_HTTP_REFUSED, 1);
}

void call_reply_status(struct call *call, int status, struct ff_buf *json)
{
    count(status);
    ff_http_reply_json(call->http, status, ff_buf_slice(json));
    ff_buf_fini(json);
    call_free(call);
}

void call_reply(struct call *call, struct ff_buf *json)
{
    call_reply_status(call, 200, json);
}

void call_reply_value(struct call *call, json_t *stolen)
{
    struct ff_buf text = {0};

    ff_json_write(&text, stolen);
    json_decref(stolen);
    call_reply(call, &text);
}

void call_fail(struct call *call, ff_err err, const struct ff_why *why)
{
    int status = ff_err_http(err);

    count(status);
    if (ff_err_class(err) == FF_CLASS_TRANSIENT || err == FF_E_RATE)
        ff_http_add_header(call->http, "Retry-After", "1");
    if (status >= 500)
        ff_warn("call_failed", ff_fs("path", ff_http_path(call->http)),
                ff_fe(err), ff_fs("why", why ? why->text : NULL));
    ff_http_reply_error(call->http, err, why);
    call_free(call);
}

ff_err call_may(const struct call *call, enum ff_verb verb,
                struct ff_slice channel, struct ff_why *why)
{
    if (call->has_key)
        return FF_OK;
    ff_err err = ff_policy_check(call->app, &call->user, verb, channel);
    if (err != FF_OK)
        return ff_why_set(why, err, "channel", "%s", ff_err_text(err));
    return FF_OK;
}

ff_err call_may_here(const struct call *call, enum ff_verb verb,
                     struct ff_why *why)
{
    struct ff_slice channel = ff_slice_str(call->params[0]);

    FF_TRY(ff_channel_check(channel, why));
    return call_may(call, verb, channel, why);
}

ff_err call_query_int(const struct call *call, const char *name,
                      int64_t fallback, int64_t min, int64_t max, int64_t *out,
                      struct ff_why *why)
{
    const char *text = ff_http_query(call->http, name);
    char *end;

    if (text == NULL) {
        *out = fallback;
        return FF_OK;
    }
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < min || value > max)
        return ff_why_set(why, FF_E_INVALID, name,
                          "must be a number from %lld to %lld", (long long)min,
                          (long long)max);
    *out = value;
    return FF_OK;
}

static ff_err read_body(struct call *call, struct ff_why *why)
{
    const struct ff_schema *schema = call->route->schema;
    struct ff_slice text = ff_http_body(call->http);

    if (schema == NULL)
        return FF_OK;
    /* A body may be left out where no field is required. */
    if (text.len == 0)
        text = FF_SLICE_LIT("{}");
    FF_TRY(ff_json_parse_object(text, &call->json, why));
    call->body = ff_zalloc(schema->size ? schema->size : 1);
    return ff_schema_decode(schema, call->json, call->body, why);
}

static void run(struct call *call)
{
    struct ff_why why = {0};
    ff_err err = read_body(call, &why);

    if (err != FF_OK)
        call_fail(call, err, &why);
    else
        call->route->handler(call);
}

static ff_err check_role(const struct call *call, struct ff_why *why)
{
    enum caller need = call->route->caller;

    if (need == CALLER_KEY)
        return ff_why_set(why, FF_E_FORBIDDEN, "", "an API key is needed");
    if (need == CALLER_ADMIN && !ff_identity_is_admin(&call->user))
        return ff_why_set(why, FF_E_FORBIDDEN, "",
                          "an API key or the role admin is needed");
    return FF_OK;
}

static void on_verified(void *ctx, ff_err err, const struct ff_why *why,
                        const json_t *claims)
{
    struct call *call = ctx;
    struct ff_why reason = {0};

    if (err == FF_OK) {
        why = &reason;
        err = ff_identity_decode(claims, &call->user, &reason);
    }
    if (err == FF_OK)
        err = check_role(call, &reason);
    if (err != FF_OK)
        call_fail(call, err, why);
    else
        run(call);
}

static void verify_token(struct call *call, const char *token)
{
    struct ff_buf text = {0};

    ff_buf_adds(&text, "{\"app\":");
    ff_json_add_strings(&text, call->app->id);
    ff_buf_adds(&text, ",\"token\":");
    ff_json_add_strings(&text, token);
    ff_buf_addc(&text, '}');
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_AUTH, "verify");
    ff_rpc_call(call->ingress->bus, subject.text, ff_buf_slice(&text),
                VERIFY_TIMEOUT_MS, on_verified, call);
    ff_buf_fini(&text);
}

static const char *bearer(const struct ff_http_req *http)
{
    const char *value = ff_http_header(http, "Authorization");

    if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
        return NULL;
    return value + 7;
}

/* The well-known key must not open a server that others can reach. */
static bool dev_key_elsewhere(const struct call *call, struct ff_slice key)
{
    return ff_slice_is(key, "dev-key") &&
           !ff_conf_is_loopback(call->ingress->conf->host);
}

static bool take_key(struct call *call, const char *text)
{
    const struct ff_app_key *key;
    struct ff_slice given = ff_slice_str(text);

    if (text == NULL || dev_key_elsewhere(call, given))
        return false;
    struct ff_app *app = ff_apps_find_by_key(call->ingress->apps, given, &key);
    if (app == NULL)
        return false;
    call->app = ff_app_ref(app);
    call->has_key = true;
    return true;
}

static ff_err take_app(struct call *call, struct ff_why *why)
{
    const char *id = ff_http_query(call->http, "app");
    struct ff_app *app = ff_apps_find(call->ingress->apps, id ? id : "dev");

    if (app == NULL)
        return ff_why_set(why, FF_E_UNAUTHENTICATED, "app",
                          "there is no such app");
    call->app = ff_app_ref(app);
    return FF_OK;
}

static void with_key(struct call *call)
{
    struct ff_why why = {0};

    if (rates_take(call->ingress->rates, call->app->id)) {
        run(call);
        return;
    }
    call_fail(
        call,
        ff_why_set(&why, FF_E_RATE, "", "too many requests in this minute"),
        &why);
}

/* An API key by either header, else a user's token. */
static void authenticate(struct call *call)
{
    const char *key = ff_http_header(call->http, "X-API-Key");
    const char *token = bearer(call->http);
    struct ff_why why = {0};

    if (call->route->caller == CALLER_ANYBODY) {
        run(call);
        return;
    }
    if (!ff_apps_synced(call->ingress->apps)) {
        call_fail(call, FF_E_UNAVAILABLE, NULL);
        return;
    }
    if (key != NULL ? take_key(call, key) : take_key(call, token)) {
        with_key(call);
        return;
    }
    ff_err err = key != NULL || token == NULL ? FF_E_UNAUTHENTICATED
                                              : take_app(call, &why);
    if (err != FF_OK)
        call_fail(call, err, &why);
    else
        verify_token(call, token);
}

static void refuse(struct call *call, ff_err err, const char *allowed)
{
    if (err == FF_E_METHOD)
        ff_http_add_header(call->http, "Allow", allowed);
    call_fail(call, err, NULL);
}

void call_start(struct ingress *ingress, struct ff_http_req *http)
{
    char allowed[64];

    ff_metric_add(FF_M_HTTP_REQUESTS, 1);
    if (cors_answer(ingress->conf, http))
        return;
    struct call *call = ff_new(struct call);
    call->ingress = ingress;
    call->http = http;
    ff_err err = routes_find(ff_http_method(http), ff_http_path(http),
                             call->params, &call->route, allowed);
    if (err != FF_OK)
        refuse(call, err, allowed);
    else if (ingress->stopping)
        call_fail(call, FF_E_SHUTDOWN, NULL);
    else
        authenticate(call);
}
