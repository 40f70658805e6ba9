/* Apps, users, channels and members: found, made, removed. */

#include <stdlib.h>
#include <string.h>

#include "roster_priv.h"

static int compare(const struct name *key, const struct app *app,
                   const char *text)
{
    if (key->app != app)
        return key->app < app ? -1 : 1;
    return strcmp(key->text, text);
}

int channel_compare(const void *key, const struct tree_node *node)
{
    const struct channel *channel = (const struct channel *)node;
    return compare(key, channel->app, channel->name);
}

int user_compare(const void *key, const struct tree_node *node)
{
    const struct user *user = (const struct user *)node;
    return compare(key, user->app, user->id);
}

int member_compare(const void *key, const struct tree_node *node)
{
    return strcmp(key, ((const struct member *)node)->user->id);
}

/* Apps stay: there are few. */
static struct app *app_make(struct roster *roster, const char *id)
{
    struct app *app = ff_map_gets(roster->apps, id);

    if (app == NULL) {
        app = ff_zalloc(sizeof(*app) + strlen(id) + 1);
        memcpy(app->id, id, strlen(id) + 1);
        ff_map_puts(roster->apps, id, app);
    }
    return app;
}

/* --- channels ------------------------------------------------------------------- */

struct channel *channel_find(const struct roster *roster, const char *app,
                             const char *name)
{
    struct name key = {ff_map_gets(roster->apps, app), name};

    if (key.app == NULL)
        return NULL;
    return (struct channel *)tree_find(roster->channels, &key, channel_compare);
}

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

struct channel *channel_make(struct roster *roster, const char *app,
                             const char *name)
{
    struct channel *channel = channel_find(roster, app, name);

    if (channel != NULL)
        return channel;
    channel = ff_zalloc(sizeof(*channel) + strlen(name) + 1);
    stay_init(&channel->stay, true);
    channel->app = app_make(roster, app);
    channel->version = roster->version;
    channel->is_user = has_prefix(name, ROSTER_USER_PREFIX);
    memcpy(channel->name, name, strlen(name) + 1);
    struct name key = {channel->app, name};
    tree_insert(&roster->channels, &key, &channel->node, channel_compare);
    return channel;
}

/* One that comes back later goes on above its version. */
void channel_remove(struct roster *roster, struct channel *channel)
{
    struct name key = {channel->app, channel->name};

    if (channel->version > roster->version)
        roster->version = channel->version;
    tree_remove(&roster->channels, &key, channel_compare);
    stay_fini(&channel->stay);
    free(channel);
}

/* --- users ---------------------------------------------------------------------- */

struct user *user_find(const struct roster *roster, const char *app,
                       const char *id)
{
    struct name key = {ff_map_gets(roster->apps, app), id};

    if (key.app == NULL)
        return NULL;
    return (struct user *)tree_find(roster->users, &key, user_compare);
}

static struct user *user_make(struct roster *roster, struct app *app,
                              const char *id)
{
    const struct roster_rules *rules = &roster->rules;
    struct name key = {app, id};
    struct user *user = user_find(roster, app->id, id);

    if (user != NULL)
        return user;
    user = ff_zalloc(sizeof(*user) + strlen(id) + 1);
    user->app = app;
    user->invisible = rules->is_invisible(rules->ctx, app->id, id);
    memcpy(user->id, id, strlen(id) + 1);
    tree_insert(&roster->users, &key, &user->node, user_compare);
    return user;
}

/* The last membership is gone. */
static void user_remove(struct roster *roster, struct user *user)
{
    struct name key = {user->app, user->id};

    tree_remove(&roster->users, &key, user_compare);
    free(user);
}

/* --- members -------------------------------------------------------------------- */

struct member *member_find(const struct channel *channel, const char *user_id)
{
    return (struct member *)tree_find(channel->members, user_id,
                                      member_compare);
}

struct member *member_make(struct roster *roster, struct channel *channel,
                           const char *user_id)
{
    struct member *member = ff_new(struct member);
    struct user *user = user_make(roster, channel->app, user_id);

    stay_init(&member->stay, false);
    member->channel = channel;
    member->user = user;
    member->next = user->members;
    if (user->members != NULL)
        user->members->prev = member;
    user->members = member;
    tree_insert(&channel->members, user_id, &member->node, member_compare);
    channel->total++;
    roster->members++;
    return member;
}

void member_remove(struct roster *roster, struct member *member)
{
    struct user *user = member->user;

    tree_remove(&member->channel->members, user->id, member_compare);
    member->channel->total--;
    roster->members--;
    if (member->next != NULL)
        member->next->prev = member->prev;
    if (member->prev != NULL)
        member->prev->next = member->next;
    else
        user->members = member->next;
    if (user->members == NULL)
        user_remove(roster, user);
    stay_fini(&member->stay);
    face_unref(&member->face);
    free(member);
}

bool member_is_shown(const struct member *member)
{
    return stay_is_there(&member->stay) && !member->user->invisible;
}
