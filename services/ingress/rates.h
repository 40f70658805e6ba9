#ifndef INGRESS_RATES_H
#define INGRESS_RATES_H

/* Requests of each app in the current minute. */

#include "ff_mem.h"

struct rates;
struct rates *rates_new(int64_t max_per_minute); /* 0: no limit */
void rates_free(struct rates **rates);
bool rates_take(struct rates *rates, const char *app); /* false: over it */

#endif
