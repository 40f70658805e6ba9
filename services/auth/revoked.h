#ifndef AUTH_REVOKED_H
#define AUTH_REVOKED_H

/*
 * Tokens that ended before their time: entries of the bucket ff_revoked, followed by every replica of this service and
 * by every gateway. An entry is {"app","user_id","before"} (all of a user's tokens issued up to that second) or
 * {"app","token_id"}. They live for a day, as long as the longest token. On the bus' loop thread.
 */

#include "ff_kv.h"

struct revoked;
struct revoked *revoked_new(struct ff_bus *bus);
void revoked_free(struct revoked **revoked);
bool revoked_synced(const struct revoked *revoked);

bool revoked_has_token(const struct revoked *revoked, const char *app,
                       const char *token_id);
/* Tokens issued up to this second are revoked; 0: none. */
int64_t revoked_user_before(const struct revoked *revoked, const char *app,
                            const char *user_id);

/* Write an entry; it counts here at once. fn as in ff_kv_put. */
void revoked_add_user(struct revoked *revoked, const char *app,
                      const char *user_id, int64_t before_s, ff_kv_on_put *fn,
                      void *ctx);
void revoked_add_token(struct revoked *revoked, const char *app,
                       const char *token_id, ff_kv_on_put *fn, void *ctx);

#endif
