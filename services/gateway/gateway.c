#include "gateway.h"

#include <stdlib.h>
#include <unistd.h>

#include "ff_log.h"
#include "gateway_conf.h"
#include "hub.h"
#include "limits.h"
#include "net.h"
#include "server.h"
#include "worker.h"

#define BEAT_MS 2000
/* Beats of ours in which a worker did not turn once: it hangs. */
#define STUCK_BEATS 8

struct gateway {
    struct ff_svc *svc;
    const struct gateway_conf *conf;
    struct handoff *handoff;
    struct limits *limits;
    struct hub *hub;
    struct ff_timer *beat;
    unsigned worker_count;
    struct worker **workers; /* NULL: not made yet */
    struct pulse {
        uint64_t turns;
        unsigned missed;
    } * pulses;
};

/* --- sign of life -------------------------------------------------------- */

/* A thread that hangs cannot be helped; the supervisor starts us anew. */
static void check_worker(struct gateway *gateway, unsigned i)
{
    struct pulse *pulse = &gateway->pulses[i];
    uint64_t turns = worker_turns(gateway->workers[i]);
    pulse->missed = turns == pulse->turns ? pulse->missed + 1 : 0;
    pulse->turns = turns;
    if (pulse->missed != STUCK_BEATS)
        return;
    struct ff_why why;
    ff_why_set(&why, FF_E_INTERNAL, "worker", "worker %u hangs", i);
    ff_svc_fail(gateway->svc, "worker_stuck", &why);
}

static void on_beat(void *ctx)
{
    struct gateway *gateway = ctx;
    hub_beat(gateway->hub, false);
    for (unsigned i = 0; i < gateway->worker_count; i++)
        check_worker(gateway, i);
}

/* --- start --------------------------------------------------------------- */

static size_t port_count(const struct gateway_conf *conf)
{
    size_t count = 1;
    for (char **p = conf->ports; p && *p; p++)
        count++;
    return count;
}

static uint16_t port_at(const struct gateway_conf *conf, size_t i)
{
    return (uint16_t)(i == 0 ? conf->port
                             : strtol(conf->ports[i - 1], NULL, 10));
}

/* fds[worker * ports + port]; all closed on failure. */
static ff_err listen_all(const struct gateway *gateway, int *fds,
                         struct ff_why *why)
{
    const struct gateway_conf *conf = gateway->conf;
    size_t ports = port_count(conf), workers = gateway->worker_count;
    int same[64];
    unsigned dead_ms =
        (unsigned)(1000 * (conf->heartbeat_interval + conf->heartbeat_timeout));
    for (size_t port = 0; port < ports; port++) {
        ff_err err = net_listen(conf->host, port_at(conf, port), workers,
                                dead_ms, same, why);
        for (size_t i = 0; err == FF_OK && i < workers; i++)
            fds[i * ports + port] = same[i];
        if (err == FF_OK)
            continue;
        for (size_t i = 0; i < workers * ports; i++)
            if (i % ports < port)
                close(fds[i]);
        return err;
    }
    return FF_OK;
}

static ff_err make_workers(struct gateway *gateway, const int *fds,
                           struct ff_why *why)
{
    size_t ports = port_count(gateway->conf);
    for (unsigned i = 0; i < gateway->worker_count; i++) {
        struct worker_options options = {
            .index = i,
            .conf = gateway->conf,
            .instance = ff_svc_instance(gateway->svc),
            .handoff = gateway->handoff,
            .limits = gateway->limits,
            .listeners = fds + i * ports,
            .listener_count = ports,
        };
        ff_err err = worker_new(&options, &gateway->workers[i], why);
        if (err == FF_OK)
            continue;
        size_t all = gateway->worker_count * ports;
        for (size_t left = (i + 1) * ports; left < all; left++)
            close(fds[left]);
        return err;
    }
    return FF_OK;
}

/*
 * How many connections there may be: as set, or what the system's limit of
 * open files leaves beside those that are in a handshake.
 */
static size_t allow_connections(const struct gateway_conf *conf)
{
    size_t wanted = (size_t)conf->max_connections + SERVER_HANDSHAKES_MAX;
    size_t allowed = net_allow_files(wanted);
    if (allowed >= wanted)
        return (size_t)conf->max_connections;
    size_t spare = allowed / 4 < SERVER_HANDSHAKES_MAX ? allowed / 4
                                                       : SERVER_HANDSHAKES_MAX;
    size_t connections = allowed - spare;
    if (connections > (size_t)conf->max_connections)
        connections = (size_t)conf->max_connections;
    ff_warn("few_descriptors", ff_fi("wanted", (int64_t)wanted),
            ff_fi("allowed", (int64_t)allowed),
            ff_fi("max_connections", (int64_t)connections));
    return connections;
}

static struct gateway *make(struct ff_svc *svc)
{
    struct gateway *gateway = ff_new(struct gateway);
    gateway->svc = svc;
    gateway->conf = ff_svc_conf(svc);
    unsigned workers = (unsigned)gateway->conf->workers;
    gateway->worker_count = workers;
    gateway->workers = ff_zalloc(workers * sizeof(gateway->workers[0]));
    gateway->pulses = ff_zalloc(workers * sizeof(gateway->pulses[0]));
    gateway->handoff = handoff_new(workers);
    gateway->limits = limits_new(allow_connections(gateway->conf),
                                 (size_t)gateway->conf->max_connections_per_ip);
    gateway->hub = hub_new(svc, gateway->conf, gateway->handoff);
    return gateway;
}

static ff_err open_workers(struct gateway *gateway, struct ff_why *why)
{
    size_t count = gateway->worker_count * port_count(gateway->conf);
    int *fds = ff_alloc(count * sizeof(fds[0]));
    ff_err err = listen_all(gateway, fds, why);
    if (err == FF_OK)
        err = make_workers(gateway, fds, why);
    free(fds);
    return err;
}

ff_err gateway_start(struct ff_svc *svc, void **out_gateway, struct ff_why *why)
{
    struct gateway *gateway = make(svc);
    ff_err err = open_workers(gateway, why);
    if (err != FF_OK) {
        gateway_fini(gateway);
        return err;
    }
    for (unsigned i = 0; i < gateway->worker_count; i++)
        worker_start(gateway->workers[i]);
    gateway->beat =
        ff_timer_new(ff_svc_loop(svc), BEAT_MS, BEAT_MS, on_beat, gateway);
    ff_info("listening", ff_fs("host", gateway->conf->host),
            ff_fi("port", gateway->conf->port),
            ff_fi("workers", gateway->worker_count));
    *out_gateway = gateway;
    return FF_OK;
}

/* --- life ---------------------------------------------------------------- */

bool gateway_ready(void *state, struct ff_why *why)
{
    struct gateway *gateway = state;
    return hub_ready(gateway->hub, why);
}

void gateway_on_bus(void *state, bool connected)
{
    struct gateway *gateway = state;
    hub_on_bus(gateway->hub, connected);
    if (connected)
        hub_beat(gateway->hub, false);
}

static void drained(void *ctx)
{
    struct gateway *gateway = ctx;
    hub_beat(gateway->hub, true);
    ff_svc_stopped(gateway->svc);
}

void gateway_stop(void *state)
{
    struct gateway *gateway = state;
    ff_timer_free(&gateway->beat);
    hub_drain(gateway->hub, drained, gateway);
}

void gateway_fini(void *state)
{
    struct gateway *gateway = state;
    ff_timer_free(&gateway->beat);
    for (unsigned i = 0; i < gateway->worker_count; i++)
        worker_free(&gateway->workers[i]);
    hub_free(&gateway->hub);
    handoff_free(&gateway->handoff);
    limits_free(&gateway->limits);
    free(gateway->workers);
    free(gateway->pulses);
    free(gateway);
}
