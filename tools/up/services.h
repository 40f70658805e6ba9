/*
 * The services of a cluster: which, how many, on which ports, with which settings.
 */
#ifndef FANFARE_UP_SERVICES_H
#define FANFARE_UP_SERVICES_H

#include "tools/up/cluster.h"

/* Adds them as children in start order; says on standard error what is wrong. */
bool services_plan(struct cluster *cl);

#endif
