/* A room's list as clients see it: with who asks in it. */

#include <string.h>

#include "feed.h"
#include "ff_clock.h"
#include "presence.h"
#include "rosters.h"

/* A part is cut, so that it never fills a connection's queue by itself. */
#define PART_BYTES 262144

struct writing {
    const struct room *room;
    const struct room_part *part;
    bool asker;  /* is to be put in where it belongs */
    size_t next; /* member of the roster */
    size_t written;
};

static const struct person *person_of(const struct room *room,
                                      const char *user_id)
{
    return statuses_find(hub_rosters(room->hub)->statuses, room->feed->app_id,
                         user_id);
}

/* Whether the owner does not know yet who asks. */
static bool is_missing(const struct room *room, const char *user)
{
    if (user == NULL)
        return false;
    size_t place = roster_place(&room->roster, user);
    const struct person *person = person_of(room, user);

    return !roster_is_at(&room->roster, place, user) &&
           (person == NULL || !person->invisible);
}

static bool asker_is_next(const struct writing *w)
{
    const struct roster *roster = &w->room->roster;

    return w->asker &&
           (w->next == roster->count ||
            strcmp(w->part->user, roster->members[w->next]->user_id) < 0);
}

static bool is_at_end(const struct writing *w)
{
    return !w->asker && w->next == w->room->roster.count;
}

static void write_next(struct writing *w, struct ff_buf *out)
{
    if (w->written++ > 0)
        ff_buf_addc(out, ',');
    if (asker_is_next(w)) {
        const char *user = w->part->user;
        w->asker = false;
        room_write_member(user, w->part->about, person_of(w->room, user), out);
        return;
    }
    const struct roster_member *member = w->room->roster.members[w->next++];
    room_write_member(member->user_id, member->about, member->person, out);
}

static void skip_to(struct writing *w, const char *after)
{
    const struct roster *roster = &w->room->roster;

    if (after == NULL)
        return;
    w->next = roster_place(roster, after);
    if (roster_is_at(roster, w->next, after))
        w->next++;
    if (w->asker && strcmp(w->part->user, after) <= 0)
        w->asker = false;
}

void room_write(const struct room *room, const struct room_part *part,
                struct ff_buf *out)
{
    struct writing w = {.room = room, .part = part};
    size_t from = out->len;

    w.asker = is_missing(room, part->user);
    ff_buf_addf(out, "\"count\":%zu,\"members\":[",
                room->roster.count + w.asker);
    skip_to(&w, part->after);
    while (w.written < part->limit && !is_at_end(&w) &&
           out->len - from < PART_BYTES)
        write_next(&w, out);
    ff_buf_addf(out, "],\"more\":%s", is_at_end(&w) ? "false" : "true");
    if (room->stale_since_ms != 0)
        ff_buf_addf(out, ",\"stale_ms\":%lld",
                    (long long)(ff_clock_steady_ms() - room->stale_since_ms));
}
