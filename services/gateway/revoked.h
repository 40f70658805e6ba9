#ifndef GATEWAY_REVOKED_H
#define GATEWAY_REVOKED_H

/*
 * Revoked tokens and users, followed from the bucket ff_revoked: each is told
 * to the workers once, and a token verified just before it was revoked is
 * refused here.
 */

#include "hub_state.h"

struct revoked;

struct revoked *revoked_new(struct hub *hub);
void revoked_free(struct revoked **revoked);
bool revoked_synced(const struct revoked *revoked);
bool revoked_has(const struct revoked *revoked, const char *app_id,
                 const struct ff_identity *identity);
/* Forget those that the bucket has forgotten. */
void revoked_tick(struct revoked *revoked, int64_t now_ms);

#endif
