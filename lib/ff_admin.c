#include "ff_admin.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_http.h"
#include "ff_log.h"
#include "ff_metric.h"

#define CONNECTIONS 64

struct ff_admin {
    struct ff_loop *loop;
    struct ff_http *http;
    struct ff_timer *tick;
    pthread_t thread;
    unsigned services;
    char *service, *instance;
    struct ff_buf missing; /* JSON array; empty when ready */
    atomic_uint_fast64_t beats;
    uint_fast64_t seen_beats;
    unsigned stuck_s;
};

/* --- watchdog ----------------------------------------------------------------- */

static void on_tick(void *ctx)
{
    struct ff_admin *admin = ctx;
    uint_fast64_t beats = atomic_load(&admin->beats);

    if (beats != admin->seen_beats) {
        admin->seen_beats = beats;
        admin->stuck_s = 0;
        return;
    }
    admin->stuck_s++;
    if (admin->stuck_s == FF_ADMIN_STUCK_S)
        ff_error("loop_stuck", ff_fi("seconds", admin->stuck_s));
    if (admin->stuck_s >= FF_ADMIN_DEAD_S) {
        ff_error("service_stuck", ff_fi("exit_code", FF_ADMIN_EXIT));
        _exit(FF_ADMIN_EXIT);
    }
}

void ff_admin_beat(struct ff_admin *admin)
{
    atomic_fetch_add(&admin->beats, 1);
}

/* --- answers ------------------------------------------------------------------- */

static void reply_livez(struct ff_admin *admin, struct ff_http_req *req)
{
    bool stuck = admin->stuck_s >= FF_ADMIN_STUCK_S;

    ff_http_reply(req, stuck ? 503 : 200, "text/plain",
                  stuck ? FF_SLICE_LIT("stuck\n") : FF_SLICE_LIT("ok\n"));
}

static void reply_readyz(struct ff_admin *admin, struct ff_http_req *req)
{
    bool ready = admin->missing.len == 0;
    struct ff_buf b = {0};

    ff_buf_addf(&b, "{\"ready\":%s,\"service\":\"%s\",\"instance\":",
                ready ? "true" : "false", admin->service);
    ff_json_add_strings(&b, admin->instance);
    if (!ready) {
        ff_buf_adds(&b, ",\"missing\":");
        ff_buf_addslice(&b, ff_buf_slice(&admin->missing));
    }
    ff_buf_adds(&b, "}\n");
    ff_http_reply_json(req, ready ? 200 : 503, ff_buf_slice(&b));
    ff_buf_fini(&b);
}

static void reply_metrics(struct ff_admin *admin, struct ff_http_req *req)
{
    struct ff_buf b = {0};

    ff_metric_print(admin->services, &b);
    ff_http_reply(req, 200, "text/plain; version=0.0.4", ff_buf_slice(&b));
    ff_buf_fini(&b);
}

static void on_request(void *ctx, struct ff_http_req *req)
{
    static const struct {
        const char *path;
        void (*reply)(struct ff_admin *admin, struct ff_http_req *req);
    } routes[] = {
        {"/livez", reply_livez},
        {"/readyz", reply_readyz},
        {"/metrics", reply_metrics},
    };
    const char *method = ff_http_method(req);

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        ff_http_add_header(req, "Allow", "GET, HEAD");
        ff_http_reply_error(req, FF_E_METHOD, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(ff_http_path(req), routes[i].path) == 0) {
            routes[i].reply(ctx, req);
            return;
        }
    }
    ff_http_reply_error(req, FF_E_NOT_FOUND, NULL);
}

/* --- readiness ------------------------------------------------------------------ */

/* On its way to the admin thread, which owns what is shown. */
struct news {
    struct ff_admin *admin;
    struct ff_buf missing;
};

static void take_news(void *arg)
{
    struct news *news = arg;

    ff_buf_fini(&news->admin->missing);
    news->admin->missing = news->missing;
    free(news);
}

static void write_missing(struct ff_buf *b, const struct ff_why *missing,
                          size_t count)
{
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        ff_buf_adds(b, i ? ",{\"name\":" : "[{\"name\":");
        ff_json_add_strings(b, missing[i].field);
        ff_buf_adds(b, ",\"reason\":");
        ff_json_add_strings(b, missing[i].text);
        ff_buf_addc(b, '}');
    }
    ff_buf_addc(b, ']');
}

void ff_admin_set_missing(struct ff_admin *admin, const struct ff_why *missing,
                          size_t count)
{
    struct news *news = ff_new(struct news);

    news->admin = admin;
    write_missing(&news->missing, missing, count);
    if (ff_loop_post(admin->loop, take_news, news) != FF_OK) {
        ff_buf_fini(&news->missing);
        free(news);
    }
}

/* --- life ------------------------------------------------------------------------ */

static void *run(void *arg)
{
    struct ff_admin *admin = arg;

    ff_loop_run(admin->loop);
    return NULL;
}

static ff_err listen_on(struct ff_admin *admin,
                        const struct ff_admin_options *o, struct ff_why *why)
{
    struct ff_http_options http = {
        .host = o->host,
        .port = o->port,
        .max_body_bytes = 1024,
        .max_connections = CONNECTIONS,
        .idle_timeout_s = 30,
    };

    return ff_http_new(admin->loop, &http, on_request, admin, &admin->http,
                       why);
}

static void release(struct ff_admin *admin)
{
    ff_timer_free(&admin->tick);
    ff_http_free(&admin->http);
    ff_loop_free(&admin->loop);
    ff_buf_fini(&admin->missing);
    free(admin->service);
    free(admin->instance);
    free(admin);
}

ff_err ff_admin_new(const struct ff_admin_options *options,
                    struct ff_admin **out_admin, struct ff_why *why)
{
    struct ff_admin *admin = ff_new(struct ff_admin);
    struct ff_why starting = {"start", "the service is starting"};

    admin->loop = ff_loop_new();
    admin->services = options->services;
    admin->service = ff_strdup(options->service);
    admin->instance = ff_strdup(options->instance);
    write_missing(&admin->missing, &starting, 1);
    ff_err err = options->listen ? listen_on(admin, options, why) : FF_OK;
    if (err != FF_OK) {
        release(admin);
        return err;
    }
    int second_ms = options->second_ms ? options->second_ms : 1000;
    admin->tick =
        ff_timer_new(admin->loop, second_ms, second_ms, on_tick, admin);
    if (pthread_create(&admin->thread, NULL, run, admin) != 0)
        ff_bug("no thread for the admin listener");
    *out_admin = admin;
    return FF_OK;
}

void ff_admin_free(struct ff_admin **admin)
{
    struct ff_admin *a = *admin;

    if (!a)
        return;
    *admin = NULL;
    ff_loop_stop(a->loop);
    pthread_join(a->thread, NULL);
    release(a);
}

uint16_t ff_admin_port(const struct ff_admin *admin)
{
    return admin->http ? ff_http_port(admin->http) : 0;
}
