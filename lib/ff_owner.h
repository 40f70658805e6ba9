#ifndef FF_OWNER_H
#define FF_OWNER_H

/*
 * Which of several replicas owns a partition: the one with the highest hash of its name and the partition, so that one
 * who comes or goes moves only its own share. Part of the wire: presence replicas and gateways must agree. Pure.
 *
 * Source: rendezvous hashing, Thaler and Ravishankar, 1998.
 */

#include "ff_mem.h"

/* Whether a, rather than b, owns it. */
bool ff_owner_beats(const char *a, const char *b, unsigned partition);

#endif
