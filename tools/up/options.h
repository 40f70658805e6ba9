/*
 * The command line of fanfare-up. Texts are borrowed from argv.
 */
#ifndef FANFARE_UP_OPTIONS_H
#define FANFARE_UP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "ff_service.h"

/* One --set SCOPE.NAME=VALUE. */
struct setting {
    const char *scope; /* "all", a service or an instance such as gateway-2 */
    size_t scope_len;
    const char *name;
    size_t name_len;
    const char *value;
};

struct options {
    const char *state;
    const char *external_nats; /* NULL: start our own */
    bool free_ports;
    int nats_servers;
    int gateway_port, ingress_port, nats_port, admin_port;
    int counts[FF_SVC_COUNT]; /* -1: one if its program exists */
    struct setting *settings;
    size_t setting_count;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_BAD };

/* Says on standard error what is wrong. */
enum options_result options_parse(struct options *o, int argc, char **argv);
void options_fini(struct options *o);
void options_help(void);

#endif
