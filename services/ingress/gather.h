#ifndef INGRESS_GATHER_H
#define INGRESS_GATHER_H

/*
 * One question to many processes, their answers put together: integers are added up, lists joined. On the loop thread.
 */

#include "ff_bus.h"
#include "ff_json.h"

/* result is borrowed; got: how many answered. err as of the request; nobody there is FF_OK with got 0. */
typedef void gather_on_result(void *ctx, ff_err err, json_t *result,
                              size_t got);
/* Ends after want answers (0: no limit), or two seconds. */
void gather(struct ff_bus *bus, const char *subject, json_t *stolen,
            size_t want, gather_on_result *fn, void *ctx);

#endif
