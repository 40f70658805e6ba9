#include <jwt.h>

#include "token.h"

#include <string.h>

static const char *public_part(const struct ff_token_key *key)
{
    return key->secret ? key->secret : key->public_pem;
}

static const char *private_part(const struct ff_token_key *key)
{
    return key->secret ? key->secret : key->private_pem;
}

bool token_jwt_verifies(const char *token, const struct ff_token_key *key)
{
    const char *material = public_part(key);
    jwt_t *jwt = NULL;

    /* A key of length 0 would make libjwt accept anything. */
    if (material == NULL || *material == '\0')
        return false;
    if (jwt_decode(&jwt, token, (const unsigned char *)material,
                   (int)strlen(material)) != 0)
        return false;
    bool same = jwt_get_alg(jwt) == jwt_str_alg(key->alg);
    jwt_free(jwt);
    return same;
}

ff_err token_jwt_sign(const char *claims_json, const struct ff_token_key *key,
                      char **out_token)
{
    const char *material = private_part(key);
    jwt_t *jwt = NULL;
    char *text = NULL;

    if (material == NULL || jwt_new(&jwt) != 0)
        return FF_E_CONFIG;
    if (jwt_add_grants_json(jwt, claims_json) == 0 &&
        jwt_add_header(jwt, "kid", key->kid) == 0 &&
        jwt_set_alg(jwt, jwt_str_alg(key->alg), (const unsigned char *)material,
                    (int)strlen(material)) == 0)
        text = jwt_encode_str(jwt);
    jwt_free(jwt);
    if (text == NULL)
        return FF_E_CONFIG;
    *out_token = ff_strdup(text);
    free(text);
    return FF_OK;
}
