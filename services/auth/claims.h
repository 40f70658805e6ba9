#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

/*
 * What a token says: made from a request, checked when it comes back. RFC 7519 section 4.1 for sub, iss, aud, exp, nbf,
 * iat, jti; role, name, info and channels are ours. Pure; any thread.
 */

#include "auth_conf.h"
#include "messages.h"

/*
 * Check the times, issuer and audience of signed claims and answer what other services need: {user_id, role,
 * token_id, name, info, channels, issued_at, expires_at}. FF_E_EXPIRED, or FF_E_UNAUTHENTICATED with the claim in why.
 */
FF_MUST_USE ff_err claims_check(const json_t *claims,
                                const struct auth_conf *conf, int64_t now_s,
                                json_t **out_identity, struct ff_why *why);

/* Claims for a new token. issued_s: now, or later when older tokens of this second were revoked. */
json_t *claims_new(const struct auth_issue *wish, const struct auth_conf *conf,
                   int64_t issued_s, int64_t *out_expires_s);

#endif
