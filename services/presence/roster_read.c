/* Reading: what was told. */

#include <string.h>

#include "roster_priv.h"

const struct channel *roster_find(const struct roster *roster, const char *app,
                                  const char *name)
{
    return channel_find(roster, app, name);
}

int64_t roster_version(const struct roster *roster, const struct channel *c)
{
    return c == NULL ? roster->version : c->version;
}

size_t roster_count(const struct channel *c)
{
    return c == NULL ? 0 : c->count;
}

/* Who is invisible does not occupy their own channel. */
bool roster_is_occupied(const struct channel *c)
{
    return c != NULL &&
           (c->count > 0 || (!c->is_user && stay_is_there(&c->stay)));
}

struct walk {
    void (*face)(void *ctx, struct face *face);
    bool (*user)(void *ctx, const char *user_id);
    const struct app *app;
    void *ctx;
};

static bool walk_member(void *ctx, struct tree_node *node)
{
    const struct member *member = (const struct member *)node;
    const struct walk *walk = ctx;

    if (member->stay.told)
        walk->face(walk->ctx, member->face);
    return true;
}

void roster_walk(const struct channel *c,
                 void (*fn)(void *ctx, struct face *face), void *ctx)
{
    struct walk walk = {.face = fn, .ctx = ctx};

    if (c != NULL)
        tree_walk(c->members, NULL, member_compare, walk_member, &walk);
}

size_t roster_online(const struct roster *roster, const char *app)
{
    const struct app *found = ff_map_gets(roster->apps, app);
    return found == NULL ? 0 : found->online;
}

static bool walk_user(void *ctx, struct tree_node *node)
{
    const struct channel *channel = (const struct channel *)node;
    const struct walk *walk = ctx;

    if (channel->app != walk->app || !channel->is_user)
        return false;
    if (channel->count == 0)
        return true;
    return walk->user(walk->ctx, channel->name + strlen(ROSTER_USER_PREFIX));
}

void roster_walk_online(const struct roster *roster, const char *app,
                        bool (*fn)(void *ctx, const char *user_id), void *ctx)
{
    struct walk walk = {
        .user = fn, .app = ff_map_gets(roster->apps, app), .ctx = ctx};
    struct name from = {walk.app, ROSTER_USER_PREFIX};

    if (walk.app != NULL)
        tree_walk(roster->channels, &from, channel_compare, walk_user, &walk);
}

size_t roster_members(const struct roster *roster)
{
    return roster->members;
}
