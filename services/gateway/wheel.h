#ifndef GATEWAY_WHEEL_H
#define GATEWAY_WHEEL_H

/*
 * Deadlines in whole seconds for very many things, each of which is looked at
 * about when it is due: putting and cutting cost the same for a million. What
 * is due later than the wheel is long is looked at early and put again.
 *
 * Not for several threads.
 */

#include <stdint.h>

#include "link.h"

#define WHEEL_SLOTS 64

struct wheel {
    struct link slots[WHEEL_SLOTS];
    uint32_t now_s;
};

void wheel_init(struct wheel *wheel, uint32_t now_s);
/* Anew, wherever it was; ended by link_cut. */
void wheel_put(struct wheel *wheel, struct link *link, uint32_t at_s);
/* Calls fn for each that is due up to now_s, cut off; fn may put it again. */
void wheel_turn(struct wheel *wheel, uint32_t now_s,
                void (*fn)(void *ctx, struct link *link), void *ctx);

#endif
