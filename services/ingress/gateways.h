#ifndef INGRESS_GATEWAYS_H
#define INGRESS_GATEWAYS_H

/*
 * Which gateways are alive, by their beats, and questions to all of them: the answers are put together and it is said whether
 * every live gateway gave one. On the loop thread.
 */

#include "ff_bus.h"
#include "ff_json.h"

struct gateways;
struct gateways *gateways_new(struct ff_bus *bus);
void gateways_free(struct gateways **gateways);
size_t gateways_alive(const struct gateways *gateways);

/*
 * Ask ff.gws.<verb>, answers put together as in gather.h. fn gets the result, borrowed, and whether all that are alive
 * had answered. FF_E_UNAVAILABLE: the bus is away.
 */
typedef void gateways_on_result(void *ctx, ff_err err, json_t *result,
                                bool complete);
void gateways_ask(struct gateways *gateways, const char *verb, json_t *stolen,
                  gateways_on_result *fn, void *ctx);

#endif
