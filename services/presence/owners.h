#ifndef PRESENCE_OWNERS_H
#define PRESENCE_OWNERS_H

/*
 * Which replica owns which partition, by their signs of life: of those that are alive the one that ff_owner.h says. All
 * who hear the same beats come to the same answer. Pure: time is given. One thread.
 */

#include "ff_subject.h"

#define OWNERS_ALIVE_MS 3500 /* a replica is alive for this long after a beat */
#define OWNERS_MAX      256  /* replicas; further ones are not heard */

struct owners;

/* Only the others count until owners_join. */
struct owners *owners_new(const char *self);
void owners_free(struct owners **owners);

/* All return whether the set changed. */
bool owners_join(struct owners *owners);
bool owners_hear(struct owners *owners, const char *replica, bool leaving,
                 int64_t now_ms);
bool owners_expire(struct owners *owners, int64_t now_ms);

/* Nobody is alive, not even we. */
void owners_reset(struct owners *owners);

/* NULL: nobody. Borrowed until the set changes. */
const char *owners_of(const struct owners *owners, unsigned partition);
bool owners_is_mine(const struct owners *owners, unsigned partition);
/* Others that are alive. */
size_t owners_others(const struct owners *owners);

#endif
