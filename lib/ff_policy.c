#include "ff_policy.h"

#include <stdlib.h>
#include <string.h>

/* --- patterns ----------------------------------------------------------------- */

/* Goes back to the last '*' when what follows it does not fit: linear memory, no recursion. */
bool ff_pattern_match(const char *pattern, struct ff_slice name)
{
    const char *star = NULL;
    size_t at = 0, star_at = 0;

    while (at < name.len) {
        if (*pattern == '*') {
            star = pattern++;
            star_at = at;
        } else if (*pattern && *pattern == name.data[at]) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star + 1;
            at = ++star_at;
        } else
            return false;
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* --- rules ---------------------------------------------------------------------- */

struct question {
    const struct ff_identity *identity;
    enum ff_verb verb;
    struct ff_slice channel;
    const struct ff_namespace *ns;
    bool guarded;
};

static enum ff_who rank(const struct ff_identity *identity)
{
    if (!identity || !identity->user_id)
        return FF_WHO_ANY;
    return ff_identity_is_admin(identity) ? FF_WHO_ADMIN : FF_WHO_USER;
}

static bool has_grant(const struct question *q)
{
    if (!q->identity || !q->identity->channels)
        return false;
    for (char **pattern = q->identity->channels; *pattern; pattern++)
        if (ff_pattern_match(*pattern, q->channel))
            return true;
    return false;
}

static ff_err refuse(const struct question *q)
{
    return rank(q->identity) == FF_WHO_ANY ? FF_E_UNAUTHENTICATED
                                           : FF_E_FORBIDDEN;
}

/* The options that a verb asks; the strictest counts. */
static enum ff_who option(const struct question *q)
{
    enum ff_who subscribe = q->guarded ? FF_WHO_ANY : q->ns->subscribe;
    enum ff_who own = FF_WHO_ANY;

    if (q->verb == FF_VERB_PUBLISH)
        return q->ns->publish;
    if (q->verb == FF_VERB_HISTORY)
        own = q->ns->history;
    if (q->verb == FF_VERB_WHISPER && !q->ns->whisper)
        own = FF_WHO_NONE;
    return own < subscribe ? own : subscribe;
}

static bool is_system(const struct question *q)
{
    return q->channel.len > 0 && q->channel.data[0] == '$';
}

static ff_err forbid(const struct question *q)
{
    (void)q;
    return FF_E_FORBIDDEN;
}

static const char *own_channel(const struct question *q)
{
    static const char prefix[] = "#user-";
    size_t len = sizeof prefix - 1;

    if (q->channel.len < len || memcmp(q->channel.data, prefix, len) != 0)
        return NULL;
    return q->channel.data + len;
}

static bool is_own_channel(const struct question *q)
{
    return own_channel(q) != NULL;
}

static ff_err by_owner(const struct question *q)
{
    const char *owner = own_channel(q);
    struct ff_slice id = {owner,
                          q->channel.len - (size_t)(owner - q->channel.data)};
    bool reads = q->verb == FF_VERB_SUBSCRIBE || q->verb == FF_VERB_HISTORY;

    if (!reads)
        return FF_E_FORBIDDEN;
    if (rank(q->identity) == FF_WHO_ADMIN ||
        (q->identity && q->identity->user_id &&
         ff_slice_is(id, q->identity->user_id)))
        return FF_OK;
    return refuse(q);
}

static bool is_closed(const struct question *q)
{
    return option(q) <= FF_WHO_API;
}

static bool is_guarded(const struct question *q)
{
    return q->guarded;
}

static ff_err by_grant(const struct question *q)
{
    if (rank(q->identity) == FF_WHO_ADMIN || has_grant(q))
        return FF_OK;
    return refuse(q);
}

static bool always(const struct question *q)
{
    (void)q;
    return true;
}

static ff_err by_option(const struct question *q)
{
    if (rank(q->identity) <= option(q) || has_grant(q))
        return FF_OK;
    return refuse(q);
}

/* The first that applies decides. */
static const struct {
    bool (*applies)(const struct question *q);
    ff_err (*decide)(const struct question *q);
} rules[] = {
    {is_system, forbid},    {is_own_channel, by_owner}, {is_closed, forbid},
    {is_guarded, by_grant}, {always, by_option},
};

ff_err ff_policy_check(const struct ff_app *app,
                       const struct ff_identity *identity, enum ff_verb verb,
                       struct ff_slice channel)
{
    struct question q = {identity, verb, channel,
                         ff_app_namespace(app, channel),
                         ff_channel_guarded(channel)};
    size_t i = 0;

    while (!rules[i].applies(&q))
        i++;
    return rules[i].decide(&q);
}
