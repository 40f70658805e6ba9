#include "tools/up/nats.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_json.h"
#include "ff_rights.h"
#include "tools/up/files.h"

#define MONITOR_PORT 8222
#define ROUTE_PORT   6222
#define SERVERS_MAX  3

struct server {
    int number;
    int port, monitor, route;
};

/* New path of nats-server, or NULL. Debian has it in /usr/sbin, which a user's PATH lacks. */
static char *find_program(void)
{
    const char *path = getenv("PATH");
    char *all = ff_asprintf("%s:/usr/sbin:/usr/local/sbin:/usr/local/bin",
                            path ? path : "");
    char *found = NULL;
    for (char *save, *dir = strtok_r(all, ":", &save); dir && !found;
         dir = strtok_r(NULL, ":", &save)) {
        found = files_path(dir, "nats-server");
        if (access(found, X_OK) != 0) {
            free(found);
            found = NULL;
        }
    }
    free(all);
    if (!found)
        fprintf(stderr, "fanfare-up: there is no nats-server; "
                        "scripts/install.sh run installs it\n");
    return found;
}

static void print_user(struct ff_buf *b, const char *user, const char *password)
{
    ff_buf_addf(b, "      { user: \"%s\", password: \"%s\"", user, password);
}

static void print_accounts(const struct secrets *s, struct ff_buf *b)
{
    ff_buf_adds(b, "accounts {\n  FF {\n    jetstream: enabled\n"
                   "    users: [\n");
    for (int i = 0; i < FF_SVC_COUNT; i++) {
        enum ff_service id = (enum ff_service)i;
        print_user(b, ff_service_name(id), s->services[i]);
        ff_buf_adds(b, ", permissions: ");
        ff_rights_print(id, b);
        ff_buf_adds(b, " }\n");
    }
    ff_buf_adds(b, "    ]\n  }\n  SYS {\n    users: [\n");
    print_user(b, "system", s->system);
    ff_buf_adds(b, " }\n    ]\n  }\n}\nsystem_account: SYS\n");
}

static void print_routes(const struct server *me, const struct server *servers,
                         int count, const char *secret, struct ff_buf *b)
{
    if (count < 2)
        return;
    ff_buf_addf(b,
                "cluster {\n  name: fanfare\n  listen: \"127.0.0.1:%d\"\n"
                "  authorization { user: route, password: \"%s\", timeout: 5 }"
                "\n  routes: [\n",
                me->route, secret);
    for (int i = 0; i < count; i++)
        ff_buf_addf(b, "    \"nats-route://route:%s@127.0.0.1:%d\"\n", secret,
                    servers[i].route);
    ff_buf_adds(b, "  ]\n}\n");
}

/* max_payload: the largest binary message (1 MiB) and its headers. */
static void print_conf(const struct cluster *cl, const struct server *me,
                       struct ff_buf *b)
{
    char *store = ff_asprintf("%s/nats-%d", cl->state, me->number);
    ff_buf_addf(b,
                "# Written by fanfare-up at every start.\n"
                "server_name: \"nats-%d\"\n"
                "listen: \"127.0.0.1:%d\"\n"
                "http: \"127.0.0.1:%d\"\n"
                "max_payload: 2MB\n"
                "max_pending: 64MB\n"
                "write_deadline: \"10s\"\n"
                "jetstream {\n  max_memory_store: 256MB\n"
                "  max_file_store: 16GB\n  store_dir: ",
                me->number, me->port, me->monitor);
    ff_json_add_strings(b, store);
    ff_buf_adds(b, "\n}\n");
    free(store);
    print_accounts(&cl->secrets, b);
}

static bool pick_ports(struct cluster *cl, struct server *s)
{
    s->port = ports_pick(&cl->ports, cl->options->nats_port);
    s->monitor = ports_pick(&cl->ports, MONITOR_PORT);
    s->route = ports_pick(&cl->ports, ROUTE_PORT);
    return s->port && s->monitor && s->route;
}

static bool add_server(struct cluster *cl, const struct server *me,
                       const struct server *servers, int count,
                       const char *program)
{
    struct ff_buf b = {0};
    struct child *c = cluster_add(cl, CHILD_NATS, 0, "nats", me->number);
    char *conf = ff_asprintf("%s/%s.conf", cl->state, c->name);
    print_conf(cl, me, &b);
    print_routes(me, servers, count, cl->secrets.route, &b);
    bool ok = files_write(conf, ff_buf_slice(&b), 0600);
    c->port = me->port;
    c->admin = me->monitor;
    c->ready_path = "/healthz";
    c->stop_signal = SIGINT; /* 2.9 calls SIGTERM a failure */
    child_arg(c, program);
    child_arg(c, "-c");
    child_arg(c, conf);
    explicit_bzero(b.data, b.len);
    ff_buf_fini(&b);
    free(conf);
    return ok;
}

static bool plan_own(struct cluster *cl, const char *program)
{
    struct server servers[SERVERS_MAX] = {{0}};
    struct ff_buf url = {0};
    int count = cl->options->nats_servers;
    bool ok = true;
    for (int i = 0; i < count; i++) {
        servers[i].number = i + 1;
        ok = ok && pick_ports(cl, &servers[i]);
        ff_buf_addf(&url, "%snats://127.0.0.1:%d", i ? "," : "",
                    servers[i].port);
    }
    cl->nats_url = ff_buf_take(&url);
    for (int i = 0; i < count; i++)
        ok = ok && add_server(cl, &servers[i], servers, count, program);
    return ok;
}

bool nats_plan(struct cluster *cl)
{
    if (cl->options->external_nats) {
        cl->nats_url = ff_strdup(cl->options->external_nats);
        return true;
    }
    char *program = find_program();
    bool ok = program && plan_own(cl, program);
    free(program);
    return ok;
}
