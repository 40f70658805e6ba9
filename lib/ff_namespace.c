/* Which namespace a channel belongs to, and what follows from it. */

#include <string.h>

#include "ff_app.h"
#include "ff_map.h"

static bool cut(struct ff_slice *name, const char *prefix)
{
    size_t len = strlen(prefix);

    if (name->len < len || memcmp(name->data, prefix, len) != 0)
        return false;
    name->data += len;
    name->len -= len;
    return true;
}

/* What the prefixes of a name say, as Pusher has them: private-cache-x. */
struct prefixes {
    struct ff_slice rest;
    bool guarded, presence, cache;
};

static struct prefixes read_prefixes(struct ff_slice channel)
{
    struct prefixes p = {.rest = channel};

    if (cut(&p.rest, "private-encrypted-") || cut(&p.rest, "private-"))
        p.guarded = true;
    else if (cut(&p.rest, "presence-"))
        p.guarded = p.presence = true;
    p.cache = cut(&p.rest, "cache-");
    return p;
}

/* A user's and the system's channels have no namespace: who picks an id must not pick options. */
const struct ff_namespace *ff_app_namespace(const struct ff_app *app,
                                            struct ff_slice channel)
{
    struct ff_slice name = read_prefixes(channel).rest;
    const char *colon = name.len ? memchr(name.data, ':', name.len) : NULL;
    bool reserved = name.len && (name.data[0] == '#' || name.data[0] == '$');

    name.len = colon && !reserved ? (size_t)(colon - name.data) : 0;
    const struct ff_namespace *ns = ff_map_get(app->namespaces, name);
    return ns ? ns : &app->fallback;
}

bool ff_channel_guarded(struct ff_slice channel)
{
    return read_prefixes(channel).guarded;
}

bool ff_namespace_cached(const struct ff_namespace *ns, struct ff_slice channel)
{
    return ns->cache || read_prefixes(channel).cache;
}

bool ff_namespace_stored(const struct ff_namespace *ns, struct ff_slice channel)
{
    return ns->history_size > 0 || ns->documents ||
           ff_namespace_cached(ns, channel);
}

bool ff_namespace_has_presence(const struct ff_namespace *ns,
                               struct ff_slice channel)
{
    bool reserved =
        channel.len && (channel.data[0] == '#' || channel.data[0] == '$');

    return !reserved && (ns->presence || read_prefixes(channel).presence);
}
