#include "gateway.h"
#include "gateway_conf.h"

static const struct ff_svc_def def = {
    .service = FF_SVC_GATEWAY,
    .table = &gateway_conf_table,
    .conf_size = sizeof(struct gateway_conf),
    .check = gateway_conf_check,
    .start = gateway_start,
    .ready = gateway_ready,
    .stop = gateway_stop,
    .fini = gateway_fini,
    .on_bus = gateway_on_bus,
};

int main(int argc, char **argv)
{
    return ff_svc_main(argc, argv, &def);
}
