#include "tools/up/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_mem.h"

#define COUNT_MAX 64

/* A flag with a value. */
struct flag {
    const char *name;
    const char *metavar;
    const char *help;
    bool (*take)(struct options *o, const struct flag *flag, const char *value);
    size_t offset;
    long min, max;
};

static bool bad(const char *flag, const char *value, const char *wanted)
{
    fprintf(stderr, "fanfare-up: %s %s: %s\n", flag, value, wanted);
    return false;
}

static bool parse_number(const char *text, long min, long max, int *out_number)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < min || n > max)
        return false;
    *out_number = (int)n;
    return true;
}

static bool take_text(struct options *o, const struct flag *flag,
                      const char *value)
{
    if (!*value)
        return bad(flag->name, value, "must not be empty");
    *(const char **)((char *)o + flag->offset) = value;
    return true;
}

static bool take_number(struct options *o, const struct flag *flag,
                        const char *value)
{
    char wanted[80];
    if (parse_number(value, flag->min, flag->max,
                     (int *)((char *)o + flag->offset)))
        return true;
    snprintf(wanted, sizeof(wanted), "must be a number from %ld to %ld",
             flag->min, flag->max);
    return bad(flag->name, value, wanted);
}

static bool take_nats_servers(struct options *o, const struct flag *flag,
                              const char *value)
{
    if (!take_number(o, flag, value))
        return false;
    if (o->nats_servers == 2)
        return bad(flag->name, value, "must be 1 or 3");
    return true;
}

static bool take_setting(struct options *o, const struct flag *flag,
                         const char *value)
{
    const char *dot = strchr(value, '.');
    const char *equals = strchr(value, '=');
    if (!dot || !equals || dot == value || equals <= dot + 1)
        return bad(flag->name, value, "must be SERVICE.NAME=VALUE");
    o->settings =
        ff_realloc(o->settings, (o->setting_count + 1) * sizeof(*o->settings));
    o->settings[o->setting_count++] = (struct setting){
        .scope = value,
        .scope_len = (size_t)(dot - value),
        .name = dot + 1,
        .name_len = (size_t)(equals - dot - 1),
        .value = equals + 1,
    };
    return true;
}

#define AT(member) offsetof(struct options, member)
static const struct flag flags[] = {
    {"--state", "DIR", "where state, logs and cluster.json are (./var)",
     take_text, AT(state), 0, 0},
    {"--set", "SERVICE.NAME=VALUE",
     "a setting of a service, of one instance (gateway-2), or of all",
     take_setting, 0, 0, 0},
    {"--gateway-port", "PORT", "port of the first gateway (8080)", take_number,
     AT(gateway_port), 1, 65535},
    {"--ingress-port", "PORT", "port of the first ingress (8081)", take_number,
     AT(ingress_port), 1, 65535},
    {"--nats-port", "PORT", "port of the first NATS server (4222)", take_number,
     AT(nats_port), 1, 65535},
    {"--admin-port", "PORT", "first port of the admin listeners (9100)",
     take_number, AT(admin_port), 1, 65535},
    {"--nats-servers", "1|3", "size of the NATS cluster", take_nats_servers,
     AT(nats_servers), 1, 3},
    {"--no-nats", "URL", "use these NATS servers instead of starting some",
     take_text, AT(external_nats), 0, 0},
};
#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

static const struct flag *find_flag(const char *name)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

/* --gateways, --ingresses, --analytics: a service's name, maybe in plural. */
static int find_service_flag(const char *name)
{
    if (strncmp(name, "--", 2) != 0)
        return -1;
    for (int i = 0; i < FF_SVC_COUNT; i++) {
        const char *service = ff_service_name((enum ff_service)i);
        size_t len = strlen(service);
        if (strncmp(name + 2, service, len) != 0)
            continue;
        const char *rest = name + 2 + len;
        if (!*rest || strcmp(rest, "s") == 0 || strcmp(rest, "es") == 0)
            return i;
    }
    return -1;
}

static bool take_valued(struct options *o, const char *name, const char *value)
{
    const struct flag *flag = find_flag(name);
    int service = find_service_flag(name);
    if (!flag && service < 0) {
        fprintf(stderr, "fanfare-up: no such flag: %s (see --help)\n", name);
        return false;
    }
    if (!value) {
        fprintf(stderr, "fanfare-up: %s needs a value\n", name);
        return false;
    }
    if (flag)
        return flag->take(o, flag, value);
    if (!parse_number(value, 0, COUNT_MAX, &o->counts[service]))
        return bad(name, value, "must be a number from 0 to 64");
    return true;
}

static void set_defaults(struct options *o)
{
    *o = (struct options){
        .state = "./var",
        .nats_servers = 1,
        .gateway_port = 8080,
        .ingress_port = 8081,
        .nats_port = 4222,
        .admin_port = 9100,
    };
    for (int i = 0; i < FF_SVC_COUNT; i++)
        o->counts[i] = -1;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    set_defaults(o);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return OPTIONS_HELP;
        if (strcmp(argv[i], "--free-ports") == 0) {
            o->free_ports = true;
            continue;
        }
        if (!take_valued(o, argv[i], argv[i + 1]))
            return OPTIONS_BAD;
        i++;
    }
    return OPTIONS_RUN;
}

void options_fini(struct options *o)
{
    free(o->settings);
    o->settings = NULL;
    o->setting_count = 0;
}

static void help_row(const char *flag, const char *metavar, const char *help)
{
    char left[64];
    snprintf(left, sizeof(left), "%s %s", flag, metavar);
    printf("  %-32s %s\n", left, help);
}

void options_help(void)
{
    puts("fanfare-up: run a whole Fanfare cluster on this machine, for\n"
         "development and tests, until Ctrl-C.\n");
    for (size_t i = 0; i < FLAG_COUNT; i++)
        help_row(flags[i].name, flags[i].metavar, flags[i].help);
    help_row("--free-ports", "", "random free ports instead of the usual ones");
    puts("\nHow many of each service (one, unless told):");
    for (int i = 0; i < FF_SVC_COUNT; i++) {
        char flag[40];
        snprintf(flag, sizeof(flag), "--%s",
                 ff_service_name((enum ff_service)i));
        help_row(flag, "N", ff_service_help((enum ff_service)i));
    }
}
