#ifndef FF_SVC_H
#define FF_SVC_H

/*
 * The life of a service process, written once: settings, log, loop, bus, admin listener, signals, orderly stop.
 *
 * main() of a service is ff_svc_main with one of these. Start: settings, log, loop, bus, admin, start(). The service is
 * ready when the bus is connected and ready() says so. SIGTERM or SIGINT: /readyz turns 503, stop() begins and calls ff_svc_stopped when it is
 * done (or stop_timeout_ms passes); then the bus is closed, and after it fini() is called. A second signal ends at once.
 *
 * Exit codes: 0 after an orderly stop, 1 for a wrong setting, a failed start or ff_svc_fail, 70 when the loop or the bus
 * thread no longer turns.
 *
 * Admin listener (own thread, reads atomics only): /livez, /readyz, /metrics. The loop must turn at least once in
 * 15 s, or /livez answers 503.
 */

#include "ff_bus.h"
#include "ff_conf.h"
#include "ff_service.h"

struct ff_svc;

struct ff_svc_def {
    enum ff_service service;
    const struct ff_conf_table *table;
    /* Of the struct, which begins with struct ff_conf_common. */
    size_t conf_size;
    /* Checks what a row cannot; may be NULL. */
    ff_err (*check)(const void *conf, struct ff_why *why);
    ff_err (*start)(struct ff_svc *svc, void **out_state, struct ff_why *why);
    bool (*ready)(void *state, struct ff_why *why);
    void (*stop)(void *state); /* may be NULL */
    void (*fini)(void *state);
    /* May be NULL; never before start() returned. */
    void (*on_bus)(void *state, bool connected);
};

int ff_svc_main(int argc, char **argv, const struct ff_svc_def *def);

struct ff_loop *ff_svc_loop(struct ff_svc *svc);
struct ff_bus *ff_svc_bus(struct ff_svc *svc);
const void *ff_svc_conf(struct ff_svc *svc);
/* Unique on the cluster, a subject token as it is. */
const char *ff_svc_instance(struct ff_svc *svc);
void ff_svc_stopped(struct ff_svc *svc);
/* Stop as by SIGTERM, with this exit code. */
void ff_svc_fail(struct ff_svc *svc, const char *event, struct ff_why *why);

#endif
