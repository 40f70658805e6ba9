#include "roster.h"

#include <stdlib.h>

#include "roster_priv.h"

struct roster *roster_new(const struct roster_rules *rules, int64_t version)
{
    struct roster *roster = ff_new(struct roster);

    roster->rules = *rules;
    roster->version = version;
    roster->apps = ff_map_new();
    return roster;
}

static void free_member(void *ctx, struct tree_node *node)
{
    struct member *member = (struct member *)node;

    (void)ctx;
    stay_fini(&member->stay);
    face_unref(&member->face);
    free(member);
}

static void free_channel(void *ctx, struct tree_node *node)
{
    struct channel *channel = (struct channel *)node;

    tree_clear(&channel->members, free_member, ctx);
    stay_fini(&channel->stay);
    free(channel);
}

static void free_user(void *ctx, struct tree_node *node)
{
    (void)ctx;
    free(node);
}

void roster_free(struct roster **roster)
{
    struct roster *r = *roster;

    if (r == NULL)
        return;
    *roster = NULL;
    tree_clear(&r->channels, free_channel, NULL);
    tree_clear(&r->users, free_user, NULL);
    graces_fini(&r->graces);
    ff_map_free_values(&r->apps, free);
    free(r);
}

/* --- who is looked at by the next flush -------------------------------------------- */

static void touch_channel(struct roster *roster, struct channel *channel)
{
    if (channel->stay.dirty)
        return;
    channel->stay.dirty = true;
    channel->next_dirty = roster->dirty;
    roster->dirty = channel;
}

/* Nothing to tell of one that came back before anybody knew, or is invisible. */
static void touch_member(struct roster *roster, struct member *member)
{
    struct stay *stay = &member->stay;

    if (stay->dirty || (member_is_shown(member) == stay->told &&
                        !stay->changed && stay_is_there(stay)))
        return;
    stay->dirty = true;
    member->next_dirty = member->channel->dirty;
    member->channel->dirty = member;
    touch_channel(roster, member->channel);
}

static struct member *member_of(struct stay *stay)
{
    return (struct member *)((char *)stay - offsetof(struct member, stay));
}

static struct channel *channel_of(struct stay *stay)
{
    return stay->is_channel ? (struct channel *)((char *)stay -
                                                 offsetof(struct channel, stay))
                            : member_of(stay)->channel;
}

static void touch(struct roster *roster, struct stay *stay)
{
    if (stay->is_channel)
        touch_channel(roster, channel_of(stay));
    else
        touch_member(roster, member_of(stay));
}

/* --- coming and going ---------------------------------------------------------------- */

/* A name or info counts when it comes with a gateway that is new, or the only one. */
static void take_face(struct member *member, const struct presence_item *item,
                      bool is_new)
{
    struct face *face = face_new(item->user_id, item->name, item->info);

    if (member->face != NULL && ((!is_new && member->stay.count > 1) ||
                                 face_same(face, member->face))) {
        face_unref(&face);
        return;
    }
    member->stay.changed = member->face != NULL;
    face_unref(&member->face);
    member->face = face;
}

static ff_err join(struct roster *roster, struct channel *channel,
                   unsigned gateway, const struct presence_item *item,
                   bool mark)
{
    struct member *member = member_find(channel, item->user_id);

    if (member == NULL && channel->total >= ROSTER_MEMBERS_MAX)
        return FF_E_LIMIT;
    if (member == NULL)
        member = member_make(roster, channel, item->user_id);
    take_face(member, item, stay_add(&member->stay, gateway, mark));
    graces_remove(&roster->graces, &member->stay);
    touch_member(roster, member);
    return FF_OK;
}

static void occupy(struct roster *roster, struct channel *channel,
                   unsigned gateway, bool mark)
{
    stay_add(&channel->stay, gateway, mark);
    graces_remove(&roster->graces, &channel->stay);
    if (!channel->stay.told)
        touch_channel(roster, channel);
}

/* A gateway of it is gone. */
static void leave(struct roster *roster, int64_t now_ms, struct stay *stay,
                  bool at_once)
{
    const struct roster_rules *rules = &roster->rules;
    const struct channel *channel = channel_of(stay);
    int64_t grace_ms = 0;

    if (stay->count > 0)
        return;
    if (!at_once)
        grace_ms = rules->grace_ms(rules->ctx, channel->app->id, channel->name);
    if (grace_ms > 0)
        graces_add(&roster->graces, stay, now_ms + grace_ms);
    else
        touch(roster, stay);
}

static struct stay *find_stay(struct roster *roster,
                              const struct presence_item *item)
{
    struct channel *channel = channel_find(roster, item->app, item->channel);

    if (channel == NULL || item->user_id == NULL)
        return channel == NULL ? NULL : &channel->stay;
    struct member *member = member_find(channel, item->user_id);
    return member == NULL ? NULL : &member->stay;
}

ff_err roster_apply(struct roster *roster, int64_t now_ms, unsigned gateway,
                    const struct presence_item *item, bool marks)
{
    if (!item->on) {
        struct stay *stay = find_stay(roster, item);
        if (stay != NULL && stay_remove(stay, gateway))
            leave(roster, now_ms, stay, false);
        return FF_OK;
    }
    struct channel *channel = channel_make(roster, item->app, item->channel);
    if (item->user_id != NULL)
        return join(roster, channel, gateway, item, marks);
    occupy(roster, channel, gateway, marks);
    return FF_OK;
}

/* --- all of a gateway ---------------------------------------------------------------- */

struct pass {
    enum { UNMARK, SWEEP, LEAVE, LEAVE_NOW } what;
    struct roster *roster;
    int64_t now_ms;
    unsigned gateway;
};

static void pass_stay(const struct pass *pass, struct stay *stay)
{
    if (pass->what == UNMARK) {
        stay_unmark(stay, pass->gateway);
        return;
    }
    bool gone = pass->what == SWEEP ? stay_sweep(stay, pass->gateway)
                                    : stay_remove(stay, pass->gateway);
    if (gone)
        leave(pass->roster, pass->now_ms, stay, pass->what == LEAVE_NOW);
}

static bool pass_member(void *ctx, struct tree_node *node)
{
    pass_stay(ctx, &((struct member *)node)->stay);
    return true;
}

static bool pass_channel(void *ctx, struct tree_node *node)
{
    struct channel *channel = (struct channel *)node;

    pass_stay(ctx, &channel->stay);
    tree_walk(channel->members, NULL, member_compare, pass_member, ctx);
    return true;
}

static void pass_all(struct pass pass)
{
    tree_walk(pass.roster->channels, NULL, channel_compare, pass_channel,
              &pass);
}

void roster_begin_report(struct roster *roster, unsigned gateway)
{
    pass_all((struct pass){UNMARK, roster, 0, gateway});
}

void roster_end_report(struct roster *roster, int64_t now_ms, unsigned gateway)
{
    pass_all((struct pass){SWEEP, roster, now_ms, gateway});
}

void roster_drop_gateway(struct roster *roster, int64_t now_ms,
                         unsigned gateway, bool at_once)
{
    pass_all(
        (struct pass){at_once ? LEAVE_NOW : LEAVE, roster, now_ms, gateway});
}

/* --- time and users -------------------------------------------------------------------- */

void roster_tick(struct roster *roster, int64_t now_ms)
{
    struct stay *stay;

    while ((stay = graces_pop(&roster->graces, now_ms)) != NULL)
        touch(roster, stay);
}

void roster_end_graces(struct roster *roster)
{
    roster_tick(roster, INT64_MAX);
}

void roster_set_invisible(struct roster *roster, const char *app,
                          const char *user_id, bool invisible)
{
    struct user *user = user_find(roster, app, user_id);

    if (user == NULL || user->invisible == invisible)
        return;
    user->invisible = invisible;
    for (struct member *m = user->members; m != NULL; m = m->next)
        touch_member(roster, m);
}
