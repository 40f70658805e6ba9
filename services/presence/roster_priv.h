#ifndef PRESENCE_ROSTER_PRIV_H
#define PRESENCE_ROSTER_PRIV_H

/* The structs of a roster, for roster*.c. */

#include "ff_map.h"
#include "roster.h"
#include "stay.h"
#include "tree.h"

struct app {
    size_t online; /* users that were told to be */
    char id[];
};

struct user {
    struct tree_node node;
    struct app *app;
    struct member *members; /* on channels of this partition */
    bool invisible;
    char id[];
};

struct member {
    struct tree_node node;
    struct stay stay;
    struct user *user;
    struct channel *channel;
    struct face *face;
    struct member *next, *prev; /* of the user's */
    struct member *next_dirty;
};

struct channel {
    struct tree_node node;
    struct stay stay; /* any subscribers; dirty: it is in the roster's list */
    struct app *app;
    struct tree_node *members;
    struct member *dirty; /* members that the next flush looks at */
    struct channel *next_dirty;
    int64_t version;
    uint32_t total, count; /* count: of those that were told */
    bool is_user;
    char name[];
};

struct roster {
    struct roster_rules rules;
    struct ff_map *apps;        /* by id */
    struct tree_node *channels; /* by app and name */
    struct tree_node *users;    /* by app and id */
    struct channel *dirty;
    struct graces graces;
    int64_t version; /* of channels that begin */
    size_t members;
};

/* A key of channels and users. */
struct name {
    const struct app *app;
    const char *text;
};

tree_compare channel_compare; /* by struct name */
tree_compare user_compare;    /* by struct name */
tree_compare member_compare;  /* by user id */

struct channel *channel_find(const struct roster *roster, const char *app,
                             const char *name);
struct channel *channel_make(struct roster *roster, const char *app,
                             const char *name);
/* Once nobody is there. */
void channel_remove(struct roster *roster, struct channel *channel);

struct user *user_find(const struct roster *roster, const char *app,
                       const char *id);

struct member *member_find(const struct channel *channel, const char *user_id);
struct member *member_make(struct roster *roster, struct channel *channel,
                           const char *user_id);
void member_remove(struct roster *roster, struct member *member);
/* Whether others may know of it. */
bool member_is_shown(const struct member *member);

#endif
