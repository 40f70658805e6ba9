#include "tools/up/services.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_mem.h"

#define ORDER_MAX 9

/* What a development cluster sets beside the ports. */
static const struct {
    int service;
    const char *name, *value;
} development[] = {
    {FF_SVC_AUTH, "dev", "true"},
    {FF_SVC_PRESENCE, "listen_ms", "500"}, /* all are near */
};
#define DEVELOPMENT_COUNT (sizeof(development) / sizeof(development[0]))

static char *program_path(const struct cluster *cl, enum ff_service id)
{
    return ff_asprintf("%s/fanfare-%s", cl->bin, ff_service_name(id));
}

/* How many to run; -1 when they are wanted but cannot be had. */
static int wanted_count(const struct cluster *cl, enum ff_service id)
{
    char *path = program_path(cl, id);
    bool there = access(path, X_OK) == 0;
    int wanted = cl->options->counts[id];
    if (!there && wanted > 0) {
        fprintf(stderr, "fanfare-up: there is no %s\n", path);
        wanted = -1;
    } else if (wanted < 0) {
        wanted = there;
    }
    free(path);
    return wanted;
}

/* The port that clients use; 0 for services that have none. */
static int wanted_port(const struct cluster *cl, enum ff_service id)
{
    if (id == FF_SVC_GATEWAY)
        return cl->options->gateway_port;
    return id == FF_SVC_INGRESS ? cl->options->ingress_port : 0;
}

static void set(struct child *c, const char *name, const char *value)
{
    char *flag = ff_asprintf("--%s", name);
    child_arg(c, flag);
    child_arg(c, value);
    free(flag);
}

static void set_number(struct child *c, const char *name, int value)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", value);
    set(c, name, text);
}

static bool in_scope(const struct setting *s, const struct child *c)
{
    const char *names[] = {"all", c->name,
                           ff_service_name((enum ff_service)c->service)};
    for (size_t i = 0; i < 3; i++)
        if (strlen(names[i]) == s->scope_len &&
            memcmp(names[i], s->scope, s->scope_len) == 0)
            return true;
    return false;
}

/* What the command line sets comes last: the last one wins. */
static void set_chosen(struct child *c, const struct options *o)
{
    for (size_t i = 0; i < DEVELOPMENT_COUNT; i++)
        if (development[i].service == c->service)
            set(c, development[i].name, development[i].value);
    for (size_t i = 0; i < o->setting_count; i++) {
        const struct setting *s = &o->settings[i];
        if (!in_scope(s, c))
            continue;
        char *name = ff_strndup(s->name, s->name_len);
        set(c, name, s->value);
        free(name);
    }
}

/* Ports are picked before: the first gateway's is told to the ingress. */
static void configure(struct cluster *cl, struct child *c)
{
    enum ff_service id = (enum ff_service)c->service;
    char *program = program_path(cl, id);
    child_arg(c, program);
    free(program);
    set(c, "instance", c->name);
    set(c, "nats_url", cl->nats_url);
    set_number(c, "admin_port", c->admin);
    if (c->port)
        set_number(c, "port", c->port);
    const struct child *gateway = cluster_find(cl, FF_SVC_GATEWAY, 1);
    if (id == FF_SVC_INGRESS && gateway) {
        char *url = ff_asprintf("http://127.0.0.1:%d", gateway->port);
        set(c, "public_gateway_url", url);
        free(url);
    }
    if (!cl->options->external_nats)
        c->env_password =
            ff_asprintf("FANFARE_NATS_PASSWORD=%s", cl->secrets.services[id]);
    set_chosen(c, cl->options);
}

static bool pick_ports(struct cluster *cl, struct child *c)
{
    int port = wanted_port(cl, (enum ff_service)c->service);
    c->admin = ports_pick(&cl->ports, cl->next_admin);
    cl->next_admin = c->admin + 1;
    if (port)
        c->port = ports_pick(&cl->ports, port);
    return c->admin && (c->port || !port);
}

static bool add_all(struct cluster *cl, enum ff_service id)
{
    int count = wanted_count(cl, id);
    for (int n = 1; n <= count; n++) {
        struct child *c = cluster_add(cl, (int)id, ff_service_order(id),
                                      ff_service_name(id), n);
        c->ready_path = "/readyz";
        c->stop_signal = SIGTERM;
    }
    return count >= 0;
}

/* The first of each before the second of any: 8080 and 8081 stay apart. */
static bool pick_all_ports(struct cluster *cl)
{
    bool ok = true;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < cl->count; i++) {
            struct child *c = &cl->children[i];
            bool first = cluster_find(cl, c->service, 1) == c;
            if (c->service != CHILD_NATS && first == (pass == 0))
                ok = ok && pick_ports(cl, c);
        }
    if (!ok)
        fprintf(stderr, "fanfare-up: no free port is left\n");
    return ok;
}

bool services_plan(struct cluster *cl)
{
    for (int order = 1; order <= ORDER_MAX; order++)
        for (int i = 0; i < FF_SVC_COUNT; i++)
            if (ff_service_order((enum ff_service)i) == order &&
                !add_all(cl, (enum ff_service)i))
                return false;
    if (!pick_all_ports(cl))
        return false;
    for (size_t i = 0; i < cl->count; i++)
        if (cl->children[i].service != CHILD_NATS)
            configure(cl, &cl->children[i]);
    return true;
}
