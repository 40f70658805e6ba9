/*
 * The NATS servers of a cluster: one, or three that know each other. One account with a user per service and its
 * least permissions, one system account.
 */
#ifndef FANFARE_UP_NATS_H
#define FANFARE_UP_NATS_H

#include "tools/up/cluster.h"

/*
 * Adds the servers as children, writes their configurations into the state folder, and sets nats_url; with
 * --no-nats only the last. Says on standard error what is wrong.
 */
bool nats_plan(struct cluster *cl);

#endif
