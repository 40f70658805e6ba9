#ifndef INGRESS_INGRESS_H
#define INGRESS_INGRESS_H

/*
 * The HTTP API for back ends: each call becomes messages and requests on the bus. Holds no state of its own but copies (apps, live
 * gateways, the history's epoch), so any number of them stand side by side. One thread: the service's loop.
 */

#include "ff_app.h"
#include "ff_history.h"
#include "ff_http.h"
#include "ff_svc.h"
#include "ingress_conf.h"

struct peers;
struct rates;

struct ingress {
    const struct ingress_conf *conf;
    struct ff_loop *loop;
    struct ff_bus *bus;
    struct ff_svc *svc;
    struct ff_http *http;
    struct ff_apps *apps;
    struct peers *gateways, *presences;
    struct rates *rates;
    struct ff_timer *timer;   /* epoch retries, drain */
    char epoch[FF_EPOCH_MAX]; /* empty: not known yet */
    bool stopping;
};

extern const struct ff_svc_def ingress_service;

#endif
