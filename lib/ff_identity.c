/* Who somebody is, from the claims that auth has verified. */

#include <stdlib.h>
#include <string.h>

#include "ff_policy.h"

#define CHANNELS_MAX 100

static ff_err take_text(const json_t *claims, const char *name, char **out,
                        struct ff_why *why)
{
    const json_t *value = json_object_get(claims, name);

    if (!value || json_is_null(value))
        return FF_OK;
    if (!json_is_string(value) || json_string_length(value) == 0 ||
        strlen(json_string_value(value)) != json_string_length(value))
        return ff_why_set(why, FF_E_INVALID, name, "a text is wanted");
    *out = ff_strdup(json_string_value(value));
    return FF_OK;
}

static ff_err take_time(const json_t *claims, const char *name, int64_t *out,
                        struct ff_why *why)
{
    const json_t *value = json_object_get(claims, name);

    if (!value || json_is_null(value))
        return FF_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return ff_why_set(why, FF_E_INVALID, name, "seconds are wanted");
    *out = json_integer_value(value);
    return FF_OK;
}

static ff_err take_channels(const json_t *claims, struct ff_identity *id,
                            struct ff_why *why)
{
    const json_t *list = json_object_get(claims, "channels");

    if (!list || json_is_null(list))
        return FF_OK;
    if (!json_is_array(list) || json_array_size(list) > CHANNELS_MAX)
        return ff_why_set(why, FF_E_INVALID, "channels",
                          "a list of at most %d is wanted", CHANNELS_MAX);
    id->channels = ff_zalloc((json_array_size(list) + 1) * sizeof(char *));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *pattern = json_string_value(json_array_get(list, i));
        if (!pattern)
            return ff_why_set(why, FF_E_INVALID, "channels",
                              "texts are wanted");
        id->channels[i] = ff_strdup(pattern);
    }
    return FF_OK;
}

static ff_err take_info(const json_t *claims, struct ff_identity *id,
                        struct ff_why *why)
{
    json_t *info = json_object_get(claims, "info");

    if (!info || json_is_null(info))
        return FF_OK;
    if (!json_is_object(info))
        return ff_why_set(why, FF_E_INVALID, "info", "an object is wanted");
    id->info = json_deep_copy(info);
    if (!id->info)
        ff_bug("no copy of presence info");
    return FF_OK;
}

static ff_err take_claims(const json_t *claims, struct ff_identity *id,
                          struct ff_why *why)
{
    if (!json_is_object(claims))
        return ff_why_set(why, FF_E_INVALID, "", "an object is wanted");
    FF_TRY(take_text(claims, "user_id", &id->user_id, why));
    FF_TRY(take_text(claims, "role", &id->role, why));
    FF_TRY(take_text(claims, "token_id", &id->token_id, why));
    FF_TRY(take_text(claims, "name", &id->name, why));
    FF_TRY(take_time(claims, "issued_at", &id->issued_at_s, why));
    FF_TRY(take_time(claims, "expires_at", &id->expires_at_s, why));
    FF_TRY(take_channels(claims, id, why));
    return take_info(claims, id, why);
}

ff_err ff_identity_decode(const json_t *claims, struct ff_identity *out,
                          struct ff_why *why)
{
    struct ff_identity id = {0};
    ff_err err = take_claims(claims, &id, why);

    if (err == FF_OK)
        *out = id;
    else
        ff_identity_fini(&id);
    return err;
}

void ff_identity_fini(struct ff_identity *identity)
{
    free(identity->user_id);
    free(identity->role);
    free(identity->token_id);
    free(identity->name);
    json_decref(identity->info);
    for (char **c = identity->channels; c && *c; c++)
        free(*c);
    free(identity->channels);
    *identity = (struct ff_identity){0};
}

bool ff_identity_is_admin(const struct ff_identity *identity)
{
    return identity && identity->role && strcmp(identity->role, "admin") == 0;
}
