#include <stdlib.h>

#include "ff_svc.h"
#include "presence.h"

struct service {
    struct ff_svc *svc;
    struct presence *presence;
};

static ff_err start(struct ff_svc *svc, void **out_state, struct ff_why *why)
{
    struct service *service = ff_new(struct service);
    struct presence_options options = {.bus = ff_svc_bus(svc),
                                       .conf = ff_svc_conf(svc),
                                       .instance = ff_svc_instance(svc)};

    (void)why;
    service->svc = svc;
    service->presence = presence_new(&options);
    *out_state = service;
    return FF_OK;
}

static bool ready(void *state, struct ff_why *why)
{
    const struct service *service = state;
    return presence_is_ready(service->presence, why);
}

static void on_bus(void *state, bool connected)
{
    const struct service *service = state;
    presence_on_bus(service->presence, connected);
}

static void on_stopped(void *ctx)
{
    ff_svc_stopped(ctx);
}

static void stop(void *state)
{
    const struct service *service = state;
    presence_stop(service->presence, on_stopped, service->svc);
}

static void fini(void *state)
{
    struct service *service = state;
    presence_free(&service->presence);
    free(service);
}

static const struct ff_svc_def presence_service = {
    .service = FF_SVC_PRESENCE,
    .table = &presence_conf_table,
    .conf_size = sizeof(struct presence_conf),
    .start = start,
    .ready = ready,
    .stop = stop,
    .fini = fini,
    .on_bus = on_bus,
};

int main(int argc, char **argv)
{
    return ff_svc_main(argc, argv, &presence_service);
}
