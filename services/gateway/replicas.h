#ifndef GATEWAY_REPLICAS_H
#define GATEWAY_REPLICAS_H

/*
 * The presence replicas that are alive, by their signs of life, and which of
 * them should own each partition (ff_owner.h). Pure: time is given. On the
 * service's loop.
 */

#include "ff_mem.h"

#define REPLICAS_ALIVE_MS 3500 /* after a sign of life */
#define REPLICAS_MAX      256  /* further ones are not heard */

struct replica {
    char *name;
    int64_t started_ms; /* as it says */
    int64_t heard_ms;
};

struct replicas;

/* moved: another replica, or one started anew, should own the partition. */
struct replicas *replicas_new(void (*moved)(void *ctx, unsigned partition),
                              void *ctx);
void replicas_free(struct replicas **replicas);

void replicas_hear(struct replicas *replicas, const char *name,
                   int64_t started_ms, bool leaving, int64_t now_ms);
void replicas_expire(struct replicas *replicas, int64_t now_ms);
size_t replicas_count(const struct replicas *replicas);
bool replicas_is_alive(const struct replicas *replicas, const char *name);
/* NULL: none is alive. Borrowed until the next call. */
const struct replica *replicas_owner(const struct replicas *replicas,
                                     unsigned partition);

#endif
