/*
 * What runs: the children with their ports and arguments, decided once at start, so that a child that is started
 * again has the same place.
 */
#ifndef FANFARE_UP_CLUSTER_H
#define FANFARE_UP_CLUSTER_H

#include "tools/up/child.h"
#include "tools/up/options.h"
#include "tools/up/ports.h"
#include "tools/up/secrets.h"

struct cluster {
    const struct options *options; /* borrowed */
    char *state;                   /* absolute path of the state folder */
    char *bin;                     /* folder of the programs */
    char *nats_url;                /* comma-separated */
    struct secrets secrets;
    struct ports ports;
    struct child *children; /* in start order */
    size_t count;
    int next_admin;
};

/* Says on standard error what is wrong. */
bool cluster_init(struct cluster *cl, const struct options *options);
void cluster_fini(struct cluster *cl);

/* A new child at the end, named name-number; borrowed until the next one. */
struct child *cluster_add(struct cluster *cl, int service, int order,
                          const char *name, int number);
/* NULL when there is none. */
const struct child *cluster_find(const struct cluster *cl, int service,
                                 int number);

#endif
