#include "tools/up/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_mem.h"
#include "tools/up/files.h"
#include "tools/up/nats.h"
#include "tools/up/services.h"

/* Where our own program lies, its neighbours lie too. */
static char *own_folder(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
        return NULL;
    path[n] = 0;
    *strrchr(path, '/') = 0;
    return ff_strdup(path);
}

static bool make_folders(struct cluster *cl)
{
    static const char *const names[] = {"log", "hold"};
    bool ok = true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *dir = files_path(cl->state, names[i]);
        char *full = files_make_dir(dir);
        ok = ok && full;
        free(full);
        free(dir);
    }
    return ok;
}

static bool prepare_state(struct cluster *cl)
{
    cl->state = files_make_dir(cl->options->state);
    if (!cl->state || !make_folders(cl))
        return false;
    char *lock = files_path(cl->state, "lock");
    char *secrets = files_path(cl->state, "secrets");
    char *json = files_path(cl->state, "cluster.json");
    bool ok = files_lock(lock) && secrets_load(&cl->secrets, secrets);
    if (ok)
        unlink(json); /* of an earlier run */
    free(json);
    free(secrets);
    free(lock);
    return ok;
}

bool cluster_init(struct cluster *cl, const struct options *options)
{
    memset(cl, 0, sizeof(*cl));
    cl->options = options;
    cl->ports.random = options->free_ports;
    cl->next_admin = options->admin_port;
    cl->bin = own_folder();
    return cl->bin && prepare_state(cl) && nats_plan(cl) && services_plan(cl);
}

void cluster_fini(struct cluster *cl)
{
    for (size_t i = 0; i < cl->count; i++)
        child_fini(&cl->children[i]);
    free(cl->children);
    free(cl->nats_url);
    free(cl->bin);
    free(cl->state);
    explicit_bzero(&cl->secrets, sizeof(cl->secrets));
}

struct child *cluster_add(struct cluster *cl, int service, int order,
                          const char *name, int number)
{
    cl->children =
        ff_realloc(cl->children, (cl->count + 1) * sizeof(*cl->children));
    struct child *c = &cl->children[cl->count++];
    *c = (struct child){.service = service, .order = order};
    c->name = ff_asprintf("%s-%d", name, number);
    c->log = ff_asprintf("%s/log/%s.log", cl->state, c->name);
    c->hold = ff_asprintf("%s/hold/%s", cl->state, c->name);
    return c;
}

const struct child *cluster_find(const struct cluster *cl, int service,
                                 int number)
{
    for (size_t i = 0; i < cl->count; i++)
        if (cl->children[i].service == service && --number == 0)
            return &cl->children[i];
    return NULL;
}
