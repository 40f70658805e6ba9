#ifndef GATEWAY_RESUME_H
#define GATEWAY_RESUME_H

/*
 * Subscribers of stored channels that say which message they have. Who is up
 * to date, or is covered by the ring, is answered at once; the others share
 * one read of the stream. An answer holds all that came after their message
 * up to the feed's last, or says RECOVERED_NO: never a part of it as the
 * whole. The feed stays live meanwhile.
 */

#include "stored.h"

/* A new subscriber, while the feed's position is known. */
void resume_ask(struct feed *feed, struct to_hub *item);
/* The position moved, or became known: look at those who wait. */
void resume_wake(struct feed *feed);

#endif
