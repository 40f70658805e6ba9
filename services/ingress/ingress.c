#include "ingress.h"

#include <string.h>

#include "call.h"
#include "ff_log.h"
#include "peers.h"
#include "rates.h"

#define EPOCH_RETRY_MS   1000
#define EPOCH_TIMEOUT_MS 5000
#define DRAIN_STEP_MS    50
#define GATEWAY_BEAT_MS  2000
#define PRESENCE_BEAT_MS 1000

static void ask_epoch(void *ctx);

static void on_epoch(void *ctx, ff_err err, const char *epoch)
{
    struct ingress *ingress = ctx;

    if (err == FF_E_CLOSED || ingress->stopping)
        return;
    ff_timer_free(&ingress->timer);
    if (err == FF_OK)
        snprintf(ingress->epoch, sizeof(ingress->epoch), "%s", epoch);
    else if (ff_bus_connected(ingress->bus))
        ingress->timer =
            ff_timer_new(ingress->loop, EPOCH_RETRY_MS, 0, ask_epoch, ingress);
}

static void ask_epoch(void *ctx)
{
    struct ingress *ingress = ctx;
    ff_history_epoch(ingress->bus, EPOCH_TIMEOUT_MS, on_epoch, ingress);
}

static void on_request(void *ctx, struct ff_http_req *req)
{
    call_start(ctx, req);
}

static ff_err listen_http(struct ingress *ingress, struct ff_why *why)
{
    const struct ingress_conf *conf = ingress->conf;
    const struct ff_http_options options = {
        .host = conf->host,
        .port = (uint16_t)conf->port,
        .max_body_bytes = (size_t)conf->max_body_bytes,
        .max_connections = (unsigned)conf->max_connections,
        .max_connections_per_ip = (unsigned)conf->max_connections_per_ip,
        .idle_timeout_s = (unsigned)conf->request_timeout_s,
        .server_name = "fanfare",
    };
    return ff_http_new(ingress->loop, &options, on_request, ingress,
                       &ingress->http, why);
}

static void fini(void *state)
{
    struct ingress *ingress = state;

    ff_timer_free(&ingress->timer);
    ff_http_free(&ingress->http);
    peers_free(&ingress->gateways);
    peers_free(&ingress->presences);
    ff_apps_free(&ingress->apps);
    rates_free(&ingress->rates);
    free(ingress);
}

static ff_err start(struct ff_svc *svc, void **out_state, struct ff_why *why)
{
    struct ingress *ingress = ff_new(struct ingress);

    ingress->svc = svc;
    ingress->conf = ff_svc_conf(svc);
    ingress->loop = ff_svc_loop(svc);
    ingress->bus = ff_svc_bus(svc);
    ingress->rates = rates_new(ingress->conf->max_requests_per_minute);
    ingress->apps = ff_apps_new(ingress->bus, NULL, NULL);
    ingress->gateways = peers_new(ingress->bus, FF_SUBJ_GATEWAY_BEAT,
                                  FF_SUBJ_GATEWAYS, GATEWAY_BEAT_MS);
    ingress->presences = peers_new(ingress->bus, FF_SUBJ_PRESENCE_BEAT,
                                   FF_SUBJ_PRESENCES, PRESENCE_BEAT_MS);
    ff_err err = listen_http(ingress, why);
    if (err != FF_OK) {
        fini(ingress);
        return err;
    }
    *out_state = ingress;
    return FF_OK;
}

static bool ready(void *state, struct ff_why *why)
{
    struct ingress *ingress = state;

    if (!ff_apps_synced(ingress->apps)) {
        (void)ff_why_set(why, FF_E_UNAVAILABLE, "apps",
                         "the app registry was not read yet");
        return false;
    }
    if (ingress->epoch[0] == '\0') {
        (void)ff_why_set(why, FF_E_UNAVAILABLE, "history",
                         "the history stream is not there yet");
        return false;
    }
    return true;
}

static void on_bus(void *state, bool connected)
{
    if (connected)
        ask_epoch(state);
}

/* Requests that came before the stop are answered; new ones are told to go elsewhere. */
static void on_drain(void *ctx)
{
    struct ingress *ingress = ctx;

    if (ff_http_pending(ingress->http) > 0)
        return;
    ff_timer_free(&ingress->timer);
    ff_svc_stopped(ingress->svc);
}

static void stop(void *state)
{
    struct ingress *ingress = state;

    ingress->stopping = true;
    ff_http_drain(ingress->http);
    ff_timer_free(&ingress->timer);
    ingress->timer =
        ff_timer_new(ingress->loop, 0, DRAIN_STEP_MS, on_drain, ingress);
}

const struct ff_svc_def ingress_service = {
    .service = FF_SVC_INGRESS,
    .table = &ingress_conf_table,
    .conf_size = sizeof(struct ingress_conf),
    .start = start,
    .ready = ready,
    .stop = stop,
    .fini = fini,
    .on_bus = on_bus,
};
