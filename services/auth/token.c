#include "token.h"

#include <string.h>

#include "ff_hash.h"

static ff_err bad(struct ff_why *why, const char *text)
{
    return ff_why_set(why, FF_E_UNAUTHENTICATED, "token", "%s", text);
}

/* Three parts between dots, no more, none empty. */
static bool cut(struct ff_slice token, struct ff_slice parts[3])
{
    for (int i = 0; i < 3; i++) {
        const char *dot = memchr(token.data, '.', token.len);
        size_t len = dot ? (size_t)(dot - token.data) : token.len;
        if (len == 0 || (dot == NULL) != (i == 2))
            return false;
        parts[i] = (struct ff_slice){token.data, len};
        token.data += len + (i < 2);
        token.len -= len + (i < 2);
    }
    return true;
}

static ff_err open_part(struct ff_slice part, json_t **out)
{
    struct ff_buf text = {0};
    ff_err err = ff_base64url_decode(&text, part);

    if (err == FF_OK)
        err = ff_json_parse_object(ff_buf_slice(&text), out, NULL);
    ff_buf_fini(&text);
    return err;
}

static bool copy_member(const json_t *object, const char *name, char *out,
                        size_t size)
{
    const json_t *value = json_object_get(object, name);

    out[0] = '\0';
    if (value == NULL)
        return true;
    if (!json_is_string(value) || json_string_length(value) >= size)
        return false;
    memcpy(out, json_string_value(value), json_string_length(value) + 1);
    return true;
}

ff_err token_split(struct ff_slice token, size_t max_bytes,
                   struct token_parts *out, struct ff_why *why)
{
    struct ff_slice parts[3];
    struct token_parts found = {0};
    json_t *header;

    if (token.len > max_bytes)
        return bad(why, "longer than allowed");
    if (!cut(token, parts))
        return bad(why, "not three parts joined by dots");
    if (open_part(parts[0], &header) != FF_OK)
        return bad(why, "its header is not base64url of a JSON object");
    bool fits = copy_member(header, "alg", found.alg, sizeof(found.alg)) &&
                copy_member(header, "kid", found.kid, sizeof(found.kid));
    json_decref(header);
    if (!fits || found.alg[0] == '\0')
        return bad(why, "its header names no usable alg or kid");
    found.header = parts[0];
    found.payload = parts[1];
    found.signature = parts[2];
    *out = found;
    return FF_OK;
}

/* With a kid that key alone may verify; without one, any key of this algorithm. */
static bool may_verify(const struct ff_token_key *key,
                       const struct token_parts *parts)
{
    if (strcmp(key->alg, parts->alg) != 0)
        return false;
    return parts->kid[0] == '\0' || strcmp(key->kid, parts->kid) == 0;
}

static bool signed_by(const struct ff_app *app, const char *token,
                      const struct token_parts *parts)
{
    for (size_t i = 0; i < app->token_key_count; i++) {
        const struct ff_token_key *key = &app->token_keys[i];
        if (may_verify(key, parts) && token_jwt_verifies(token, key))
            return true;
    }
    return false;
}

ff_err token_open(const struct ff_app *app, struct ff_slice token,
                  size_t max_bytes, json_t **out_claims, struct ff_why *why)
{
    struct token_parts parts;

    FF_TRY(token_split(token, max_bytes, &parts, why));
    char *text = ff_slice_dup(token);
    bool good = signed_by(app, text, &parts);
    free(text);
    if (!good)
        return bad(why, "no key of this app has signed it");
    if (open_part(parts.payload, out_claims) != FF_OK)
        return bad(why, "its claims are not base64url of a JSON object");
    return FF_OK;
}

static bool can_sign(const struct ff_token_key *key)
{
    return key->secret != NULL || key->private_pem != NULL;
}

ff_err token_sign(const struct ff_app *app, const json_t *claims,
                  char **out_token)
{
    ff_err err = FF_E_CONFIG;
    struct ff_buf text = {0};

    ff_json_write(&text, claims);
    for (size_t i = 0; i < app->token_key_count && err != FF_OK; i++) {
        if (can_sign(&app->token_keys[i]))
            err = token_jwt_sign(text.data, &app->token_keys[i], out_token);
    }
    ff_buf_fini(&text);
    return err;
}
