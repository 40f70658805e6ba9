/*
 * The life of a cluster: start in order, start again what ends, stop in reverse order. One thread; signals are
 * taken by sigtimedwait, so there are no handlers.
 */
#ifndef FANFARE_UP_SUPERVISOR_H
#define FANFARE_UP_SUPERVISOR_H

#include "tools/up/cluster.h"

/* Before anything is started: from here on signals wait for the supervisor. */
void supervisor_block_signals(void);
/* Returns when everything is stopped; the exit code. */
int supervisor_run(struct cluster *cl);

#endif
