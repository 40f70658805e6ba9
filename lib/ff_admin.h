#ifndef FF_ADMIN_H
#define FF_ADMIN_H

/*
 * The admin listener of a service and its watchdog, on a thread with a loop of its own, so that they go on while the
 * service's loop is stuck. The service tells them two things: that its loop turned, and whether it is ready.
 *
 *   GET /livez    200, or 503 when the loop has not turned for 15 s; knows nothing of NATS
 *   GET /readyz   200 {"ready":true,…}, or 503 {"ready":false,"missing":[{"name":"bus","reason":"…"}],…}
 *   GET /metrics  Prometheus text
 *
 * A loop that has not turned for 60 s ends the process with FF_ADMIN_EXIT, for a supervisor to start it again. Both times
 * are counted in seconds that the watchdog itself saw pass: a machine that was asleep is no stuck loop.
 */

#include "ff_mem.h"

#define FF_ADMIN_STUCK_S 15
#define FF_ADMIN_DEAD_S  60
#define FF_ADMIN_EXIT    70

struct ff_admin;

struct ff_admin_options {
    const char *host;
    uint16_t port;
    bool listen; /* false: watchdog only; port 0 is any free one */
    const char *service, *instance;
    unsigned services; /* bits of whose metrics are shown */
    int second_ms;     /* 0: 1000; tests have shorter seconds */
};

/* FF_E_IO: the port is taken. Begins as not ready. */
FF_MUST_USE ff_err ff_admin_new(const struct ff_admin_options *options,
                                struct ff_admin **out_admin,
                                struct ff_why *why);
void ff_admin_free(struct ff_admin **admin);
uint16_t ff_admin_port(const struct ff_admin *admin); /* 0: none */

/* The service's loop turned. Any thread. */
void ff_admin_beat(struct ff_admin *admin);

/* What is missing, each with its reason; count 0: ready. Any thread. */
void ff_admin_set_missing(struct ff_admin *admin, const struct ff_why *missing,
                          size_t count);

#endif
