/* Telling: what changed since the last flush, as differences. */

#include "roster_priv.h"

struct flush {
    struct roster *roster;
    const struct roster_sink *sink; /* NULL: adopt */
    void *ctx;
    struct channel *channel;
    struct member *gone; /* removed once they are told */
    struct roster_change changes[ROSTER_BATCH_MAX];
    size_t count, bytes;
    size_t left; /* members and channels that may still be looked at */
};

bool roster_is_dirty(const struct roster *roster)
{
    return roster->dirty != NULL;
}

static void tell_batch(struct flush *flush)
{
    struct channel *channel = flush->channel;

    if (flush->count == 0 || flush->sink == NULL)
        return;
    struct roster_batch batch = {
        .app = channel->app->id,
        .channel = channel->name,
        .is_user = channel->is_user,
        .version = ++channel->version,
        .count = channel->count,
        .changes = flush->changes,
        .change_count = flush->count,
    };
    flush->count = flush->bytes = 0;
    flush->sink->batch(flush->ctx, &batch);
}

static void add_change(struct flush *flush, enum roster_kind kind,
                       const struct member *member)
{
    if (flush->sink == NULL)
        return;
    if (flush->count == ROSTER_BATCH_MAX || flush->bytes > ROSTER_BATCH_BYTES)
        tell_batch(flush);
    flush->changes[flush->count++] =
        (struct roster_change){kind, member->user->id, member->face};
    flush->bytes += face_text(member->face).len;
}

static void count_told(struct channel *channel, bool told)
{
    channel->count += told ? 1u : -1u;
    if (channel->is_user)
        channel->app->online += told ? 1u : (size_t)-1;
}

static void tell_member(struct flush *flush, struct member *member)
{
    struct stay *stay = &member->stay;
    bool shown = member_is_shown(member), changed = stay->changed;

    stay->dirty = stay->changed = false;
    if (shown != stay->told) {
        add_change(flush, shown ? ROSTER_JOINED : ROSTER_LEFT, member);
        stay->told = shown;
        count_told(flush->channel, shown);
    } else if (shown && changed) {
        add_change(flush, ROSTER_CHANGED, member);
    }
    if (stay_is_there(stay))
        return;
    member->next_dirty = flush->gone;
    flush->gone = member;
}

static void tell_members(struct flush *flush)
{
    struct member *member;

    for (; flush->left > 0 && (member = flush->channel->dirty) != NULL;
         flush->left--) {
        flush->channel->dirty = member->next_dirty;
        tell_member(flush, member);
    }
    tell_batch(flush);
    while (flush->gone != NULL) {
        struct member *next = flush->gone->next_dirty;
        member_remove(flush->roster, flush->gone);
        flush->gone = next;
    }
}

static void tell_occupancy(struct flush *flush, bool occupied)
{
    struct channel *channel = flush->channel;

    if (occupied == channel->stay.told)
        return;
    channel->stay.told = occupied;
    if (flush->sink != NULL)
        flush->sink->occupancy(flush->ctx, channel->app->id, channel->name,
                               occupied);
}

/* A channel is occupied before anybody joins, and vacated after all left. False: more of it waits. */
static bool tell_channel(struct flush *flush)
{
    struct channel *channel = flush->channel;
    bool occupied = stay_is_there(&channel->stay);

    if (occupied)
        tell_occupancy(flush, true);
    tell_members(flush);
    if (channel->dirty != NULL)
        return false;
    channel->stay.dirty = false;
    if (!occupied)
        tell_occupancy(flush, false);
    if (!occupied && channel->total == 0)
        channel_remove(flush->roster, channel);
    return true;
}

size_t roster_flush(struct roster *roster, size_t most,
                    const struct roster_sink *sink, void *ctx)
{
    struct flush flush;

    flush.roster = roster;
    flush.sink = sink;
    flush.ctx = ctx;
    flush.gone = NULL;
    flush.count = flush.bytes = 0;
    flush.left = most;
    while (roster->dirty != NULL && flush.left > 0) {
        struct channel *next = roster->dirty->next_dirty;
        flush.channel = roster->dirty;
        flush.left--;
        if (!tell_channel(&flush))
            break;
        roster->dirty = next;
    }
    return most - flush.left;
}

void roster_adopt(struct roster *roster)
{
    roster_flush(roster, SIZE_MAX, NULL, NULL);
}
