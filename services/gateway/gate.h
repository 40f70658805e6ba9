#ifndef GATEWAY_GATE_H
#define GATEWAY_GATE_H

/*
 * At most so many calls out at a time; the others wait in order. Who runs
 * says gate_done once its call has come back.
 */

#include "ff_mem.h"

struct gate;
struct gate *gate_new(unsigned limit);
/* Runs all that waits: it finds its hub closed. */
void gate_free(struct gate **gate);
/* fn(ctx) now or later. */
void gate_run(struct gate *gate, void (*fn)(void *ctx), void *ctx);
void gate_done(struct gate *gate); /* nothing on NULL */

#endif
