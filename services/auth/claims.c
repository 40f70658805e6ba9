#include "claims.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ff_hash.h"

#define TOKEN_ID_LEN 20

static ff_err bad(struct ff_why *why, const char *claim, const char *text)
{
    return ff_why_set(why, FF_E_UNAUTHENTICATED, claim, "%s", text);
}

/* A time claim in seconds; absent gives fallback, anything but a sane integer is refused. */
static ff_err get_time(const json_t *claims, const char *name, int64_t fallback,
                       int64_t *out, struct ff_why *why)
{
    const json_t *value = json_object_get(claims, name);

    if (value == NULL) {
        *out = fallback;
        return FF_OK;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > INT64_C(1) << 40)
        return bad(why, name, "must be a time in Unix seconds");
    *out = json_integer_value(value);
    return FF_OK;
}

static ff_err check_times(const json_t *claims, const struct auth_conf *conf,
                          int64_t now_s, struct ff_why *why)
{
    int64_t exp, nbf, iat;

    FF_TRY(get_time(claims, "exp", -1, &exp, why));
    FF_TRY(get_time(claims, "nbf", 0, &nbf, why));
    FF_TRY(get_time(claims, "iat", 0, &iat, why));
    if (exp < 0)
        return bad(why, "exp", "is missing");
    if (exp + conf->leeway_s <= now_s)
        return ff_why_set(why, FF_E_EXPIRED, "exp", "the token has expired");
    if (nbf - conf->leeway_s > now_s || iat - conf->leeway_s > now_s)
        return bad(why, "nbf", "the token is not valid yet");
    return FF_OK;
}

static bool names(const json_t *value, const char *wanted)
{
    size_t i;
    json_t *item;

    if (json_is_string(value))
        return strcmp(json_string_value(value), wanted) == 0;
    json_array_foreach(value, i, item)
    {
        if (json_is_string(item) &&
            strcmp(json_string_value(item), wanted) == 0)
            return true;
    }
    return false;
}

static ff_err check_parties(const json_t *claims, const struct auth_conf *conf,
                            struct ff_why *why)
{
    const json_t *iss = json_object_get(claims, "iss");

    if (iss != NULL && !names(iss, conf->issuer))
        return bad(why, "iss", "is another issuer's");
    if (conf->audience[0] != '\0' &&
        !names(json_object_get(claims, "aud"), conf->audience))
        return bad(why, "aud", "is not for us");
    return FF_OK;
}

/* sub may be a number: user ids are texts on our wire. */
static ff_err add_user(const json_t *claims, json_t *identity,
                       struct ff_why *why)
{
    const json_t *sub = json_object_get(claims, "sub");
    char digits[24];

    if (json_is_integer(sub)) {
        snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(sub));
        json_object_set_new(identity, "user_id", json_string(digits));
        return FF_OK;
    }
    size_t len = json_string_length(sub);
    if (len < 1 || len > 200)
        return bad(why, "sub", "must be a user id of 1 to 200 bytes");
    json_object_set(identity, "user_id", (json_t *)sub);
    return FF_OK;
}

static ff_err add_texts(const json_t *claims, json_t *identity,
                        struct ff_why *why)
{
    static const struct {
        const char *claim, *name;
        size_t max;
    } rows[] = {
        {"role", "role", 50}, {"jti", "token_id", 100}, {"name", "name", 200}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *value = json_object_get(claims, rows[i].claim);
        if (value == NULL || json_is_null(value))
            continue;
        if (!json_is_string(value) || json_string_length(value) > rows[i].max)
            return bad(why, rows[i].claim, "must be a short text");
        json_object_set(identity, rows[i].name, (json_t *)value);
    }
    if (json_object_get(identity, "role") == NULL)
        json_object_set_new(identity, "role", json_string("user"));
    return FF_OK;
}

static ff_err add_channels(const json_t *claims, json_t *identity,
                           struct ff_why *why)
{
    const json_t *channels = json_object_get(claims, "channels");
    const json_t *info = json_object_get(claims, "info");
    size_t i;
    json_t *item;

    if (channels != NULL &&
        (!json_is_array(channels) || json_array_size(channels) > 100))
        return bad(why, "channels", "must be a list of at most 100 patterns");
    json_array_foreach(channels, i, item)
    {
        size_t len = json_string_length(item);
        if (len < 1 || len > 200)
            return bad(why, "channels",
                       "each must be a pattern of 1 to 200 bytes");
    }
    if (channels != NULL)
        json_object_set(identity, "channels", (json_t *)channels);
    if (info != NULL && !json_is_object(info))
        return bad(why, "info", "must be an object");
    if (info != NULL)
        json_object_set(identity, "info", (json_t *)info);
    return FF_OK;
}

static void add_times(const json_t *claims, json_t *identity)
{
    json_object_set_new(
        identity, "issued_at",
        json_integer(json_integer_value(json_object_get(claims, "iat"))));
    json_object_set_new(
        identity, "expires_at",
        json_integer(json_integer_value(json_object_get(claims, "exp"))));
}

ff_err claims_check(const json_t *claims, const struct auth_conf *conf,
                    int64_t now_s, json_t **out_identity, struct ff_why *why)
{
    FF_TRY(check_times(claims, conf, now_s, why));
    FF_TRY(check_parties(claims, conf, why));
    json_t *identity = json_object();
    ff_err err = add_user(claims, identity, why);
    if (err == FF_OK)
        err = add_texts(claims, identity, why);
    if (err == FF_OK)
        err = add_channels(claims, identity, why);
    if (err != FF_OK) {
        json_decref(identity);
        return err;
    }
    add_times(claims, identity);
    *out_identity = identity;
    return FF_OK;
}

static int64_t lifetime(int64_t wish, const struct auth_conf *conf)
{
    int64_t ttl = wish > 0 ? wish : conf->token_ttl_s;
    return ttl > conf->token_ttl_max_s ? conf->token_ttl_max_s : ttl;
}

json_t *claims_new(const struct auth_issue *wish, const struct auth_conf *conf,
                   int64_t issued_s, int64_t *out_expires_s)
{
    char id[TOKEN_ID_LEN + 1];
    json_t *claims = json_object();

    ff_random_name(id, TOKEN_ID_LEN);
    *out_expires_s = issued_s + lifetime(wish->ttl, conf);
    json_object_set_new(claims, "iss", json_string(conf->issuer));
    if (conf->audience[0] != '\0')
        json_object_set_new(claims, "aud", json_string(conf->audience));
    json_object_set_new(claims, "sub", json_string(wish->user_id));
    json_object_set_new(claims, "iat", json_integer(issued_s));
    json_object_set_new(claims, "exp", json_integer(*out_expires_s));
    json_object_set_new(claims, "jti", json_string(id));
    json_object_set_new(claims, "role",
                        json_string(wish->role ? wish->role : "user"));
    if (wish->name != NULL)
        json_object_set_new(claims, "name", json_string(wish->name));
    if (wish->info != NULL)
        json_object_set(claims, "info", (json_t *)wish->info);
    if (wish->channels != NULL)
        json_object_set(claims, "channels", (json_t *)wish->channels);
    return claims;
}
