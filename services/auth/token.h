#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

/*
 * Signing tokens and checking signatures: JSON Web Tokens (RFC 7519) by libjwt, which only token_jwt.c includes.
 *
 * libjwt 1.x takes an RSA key for an HMAC secret, knows no times, and takes memory from the stack by the token's
 * length. So the token is cut apart and its header read here first; the algorithm is the key's, never the token's; and
 * the length is bounded before libjwt sees it.
 */

#include "ff_app.h"

/* A token's parts, still encoded, and its header. */
struct token_parts {
    struct ff_slice header, payload, signature;
    char alg[8], kid[64]; /* kid empty: none named */
};

/* FF_E_UNAUTHENTICATED with why: not three parts, not strict base64url or JSON, an algorithm that no key has. */
FF_MUST_USE ff_err token_split(struct ff_slice token, size_t max_bytes,
                               struct token_parts *out, struct ff_why *why);

/* The claims of a token that one of the app's keys has signed; nothing in them was looked at yet. */
FF_MUST_USE ff_err token_open(const struct ff_app *app, struct ff_slice token,
                              size_t max_bytes, json_t **out_claims,
                              struct ff_why *why);

/* Sign with the first key that can. FF_E_CONFIG: no key can. */
FF_MUST_USE ff_err token_sign(const struct ff_app *app, const json_t *claims,
                              char **out_token);

/* The two calls into libjwt; token is bounded and its header agrees with key. */
bool token_jwt_verifies(const char *token, const struct ff_token_key *key);
FF_MUST_USE ff_err token_jwt_sign(const char *claims_json,
                                  const struct ff_token_key *key,
                                  char **out_token);

#endif
