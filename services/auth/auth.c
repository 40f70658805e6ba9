#include "auth.h"

#include <string.h>

#include "auth_conf.h"
#include "claims.h"
#include "ff_app.h"
#include "ff_clock.h"
#include "ff_metric.h"
#include "ff_rpc.h"
#include "registry.h"
#include "revoked.h"
#include "token.h"

struct auth {
    const struct auth_conf *conf;
    struct ff_bus *bus;
    struct registry *registry;
    struct ff_apps *apps;
    struct revoked *revoked;
    struct ff_rpc_server *server;
};

static int64_t now_s(void)
{
    return ff_clock_ms() / 1000;
}

static ff_err find_app(struct auth *auth, const char *id, struct ff_app **out,
                       struct ff_why *why)
{
    if (!ff_apps_synced(auth->apps) || !revoked_synced(auth->revoked))
        return FF_E_UNAVAILABLE;
    *out = ff_apps_find(auth->apps, id);
    if (*out == NULL)
        return ff_why_set(why, FF_E_UNAUTHENTICATED, "app",
                          "there is no such app");
    return FF_OK;
}

static ff_err check_revoked(const struct auth *auth, const char *app,
                            const json_t *identity, struct ff_why *why)
{
    const char *user = json_string_value(json_object_get(identity, "user_id"));
    const char *id = json_string_value(json_object_get(identity, "token_id"));
    int64_t issued = json_integer_value(json_object_get(identity, "issued_at"));
    int64_t before = revoked_user_before(auth->revoked, app, user);

    if ((before > 0 && issued <= before) ||
        (id != NULL && revoked_has_token(auth->revoked, app, id)))
        return ff_why_set(why, FF_E_REVOKED, "token", "the token was revoked");
    return FF_OK;
}

/* A token to the identity behind it; *out is new. */
static ff_err identify(struct auth *auth, const char *app_id, const char *token,
                       json_t **out, struct ff_why *why)
{
    struct ff_app *app;
    json_t *claims, *identity;

    FF_TRY(find_app(auth, app_id, &app, why));
    FF_TRY(token_open(app, ff_slice_str(token),
                      (size_t)auth->conf->max_token_bytes, &claims, why));
    ff_err err = claims_check(claims, auth->conf, now_s(), &identity, why);
    json_decref(claims);
    FF_TRY(err);
    err = check_revoked(auth, app_id, identity, why);
    if (err != FF_OK) {
        json_decref(identity);
        return err;
    }
    *out = identity;
    return FF_OK;
}

static void on_verify(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct auth *auth = ctx;
    const struct auth_verify *ask = in;
    struct ff_why why = {0};
    json_t *identity;

    ff_err err = identify(auth, ask->app, ask->token, &identity, &why);
    if (err != FF_OK) {
        ff_metric_add(FF_M_TOKENS_REFUSED, 1);
        ff_rpc_fail(req, err, &why);
        return;
    }
    ff_metric_add(FF_M_TOKENS_VERIFIED, 1);
    ff_rpc_reply_value(req, identity);
}

/* A token made in the second of a revocation must not fall under it. */
static int64_t issue_time(const struct auth *auth, const struct auth_issue *ask)
{
    int64_t before = revoked_user_before(auth->revoked, ask->app, ask->user_id);
    int64_t now = now_s();
    return before >= now ? before + 1 : now;
}

static void on_issue(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct auth *auth = ctx;
    const struct auth_issue *ask = in;
    struct ff_why why = {0};
    struct ff_app *app;
    char *token = NULL;
    int64_t expires = 0;

    ff_err err = find_app(auth, ask->app, &app, &why);
    if (err == FF_OK) {
        json_t *claims =
            claims_new(ask, auth->conf, issue_time(auth, ask), &expires);
        err = token_sign(app, claims, &token);
        json_decref(claims);
    }
    if (err == FF_OK && strlen(token) > (size_t)auth->conf->max_token_bytes)
        err = ff_why_set(&why, FF_E_TOO_BIG, "info",
                         "the token would be longer than is accepted");
    if (err != FF_OK) {
        ff_rpc_fail(req, err, &why);
    } else {
        ff_metric_add(FF_M_TOKENS_ISSUED, 1);
        ff_rpc_reply_value(req, json_pack("{s:s, s:I}", "token", token,
                                          "expires_at", (json_int_t)expires));
    }
    free(token);
}

static void on_revoked(void *ctx, ff_err err, uint64_t revision)
{
    (void)revision;
    if (err == FF_OK)
        ff_rpc_reply(ctx, FF_SLICE_LIT("{\"status\":\"revoked\"}"));
    else
        ff_rpc_fail(ctx, err, NULL);
}

static void revoke_token(struct auth *auth, struct ff_rpc_req *req,
                         const struct auth_revoke *ask)
{
    struct ff_why why = {0};
    json_t *identity;

    ff_err err = identify(auth, ask->app, ask->token, &identity, &why);
    if (err != FF_OK) {
        ff_rpc_fail(req, err, &why);
        return;
    }
    const char *id = json_string_value(json_object_get(identity, "token_id"));
    if (id == NULL) {
        (void)ff_why_set(&why, FF_E_INVALID, "token",
                         "it has no jti; revoke its user instead");
        ff_rpc_fail(req, FF_E_INVALID, &why);
    } else {
        revoked_add_token(auth->revoked, ask->app, id, on_revoked, req);
    }
    json_decref(identity);
}

static void on_revoke(void *ctx, struct ff_rpc_req *req, const void *in)
{
    struct auth *auth = ctx;
    const struct auth_revoke *ask = in;
    struct ff_why why = {0};
    struct ff_app *app;

    ff_err err = find_app(auth, ask->app, &app, &why);
    if (err == FF_OK && (ask->token == NULL) == (ask->user_id == NULL))
        err = ff_why_set(&why, FF_E_MISSING, "token",
                         "give either token or user_id");
    if (err != FF_OK)
        ff_rpc_fail(req, err, &why);
    else if (ask->token != NULL)
        revoke_token(auth, req, ask);
    else
        revoked_add_user(auth->revoked, ask->app, ask->user_id, now_s(),
                         on_revoked, req);
}

static const struct ff_rpc_verb verbs[] = {
    {"verify", &auth_verify_schema, on_verify},
    {"issue", &auth_issue_schema, on_issue},
    {"revoke", &auth_revoke_schema, on_revoke},
};

static void fini(void *state)
{
    struct auth *auth = state;

    ff_rpc_server_free(&auth->server);
    revoked_free(&auth->revoked);
    ff_apps_free(&auth->apps);
    registry_free(&auth->registry);
    free(auth);
}

static ff_err start(struct ff_svc *svc, void **out_state, struct ff_why *why)
{
    struct auth *auth = ff_new(struct auth);

    auth->conf = ff_svc_conf(svc);
    auth->bus = ff_svc_bus(svc);
    ff_err err = registry_new(ff_svc_loop(svc), auth->bus, auth->conf,
                              &auth->registry, why);
    if (err != FF_OK) {
        free(auth);
        return err;
    }
    auth->apps = ff_apps_new(auth->bus, NULL, NULL);
    auth->revoked = revoked_new(auth->bus);
    auth->server = ff_rpc_serve(auth->bus, FF_SUBJ_AUTH, NULL, "auth", verbs,
                                sizeof(verbs) / sizeof(verbs[0]), auth);
    *out_state = auth;
    return FF_OK;
}

static bool ready(void *state, struct ff_why *why)
{
    struct auth *auth = state;

    if (!registry_stands(auth->registry, why))
        return false;
    if (ff_apps_synced(auth->apps) && revoked_synced(auth->revoked))
        return true;
    (void)ff_why_set(why, FF_E_UNAVAILABLE, "registry", "not read yet");
    return false;
}

static void on_bus(void *state, bool connected)
{
    struct auth *auth = state;

    if (connected)
        registry_on_bus(auth->registry);
}

static ff_err check(const void *conf, struct ff_why *why)
{
    const struct auth_conf *c = conf;

    if (strcmp(c->history_storage, "file") != 0 &&
        strcmp(c->history_storage, "memory") != 0)
        return ff_why_set(why, FF_E_CONFIG, "history_storage",
                          "must be file or memory");
    if (c->history_replicas % 2 == 0)
        return ff_why_set(why, FF_E_CONFIG, "history_replicas",
                          "must be 1, 3 or 5");
    return FF_OK;
}

const struct ff_svc_def auth_service = {
    .service = FF_SVC_AUTH,
    .table = &auth_conf_table,
    .conf_size = sizeof(struct auth_conf),
    .check = check,
    .start = start,
    .ready = ready,
    .fini = fini,
    .on_bus = on_bus,
};
