#ifndef GATEWAY_LIMITS_H
#define GATEWAY_LIMITS_H

/*
 * How many connections there are in the process and from each address, for
 * all workers together. Any thread: a lock, held for some lines.
 */

#include "ff_mem.h"

struct limits;

/* per_address 0: no limit. */
struct limits *limits_new(size_t total, size_t per_address);
void limits_free(struct limits **limits);

/* Count one in. FF_E_CONNECTIONS: a limit is reached, nothing was counted. */
FF_MUST_USE ff_err limits_take(struct limits *limits, const char *address);
void limits_give(struct limits *limits, const char *address);
size_t limits_count(struct limits *limits);

#endif
