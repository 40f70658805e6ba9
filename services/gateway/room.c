#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "ff_clock.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "ff_subject.h"
#include "messages.h"
#include "news.h"
#include "presence.h"
#include "rosters.h"

#define PATIENCE_MS 2000
#define NEWS_BYTES  65536

struct room *room_ref(struct room *room)
{
    room->refs++;
    return room;
}

void room_unref(struct room **room)
{
    struct room *gone = *room;

    *room = NULL;
    if (gone == NULL || --gone->refs > 0)
        return;
    hub_unref(&gone->hub);
    free(gone);
}

void room_set_stale(struct room *room)
{
    if (room->stale_since_ms == 0)
        room->stale_since_ms = ff_clock_steady_ms();
}

/* --- telling -------------------------------------------------------------- */

void room_write_member(const char *user_id, const char *about,
                       const struct person *person, struct ff_buf *out)
{
    ff_buf_adds(out, "{\"user_id\":");
    ff_json_add_strings(out, user_id);
    ff_buf_adds(out, about);
    person_write(person, out);
    ff_buf_addc(out, '}');
}

/* News of one change, in as many pieces as they take. */
struct telling {
    struct room *room;
    struct news *news; /* NULL: nothing to tell yet */
    struct ff_buf text;
};

static void tell_now(struct telling *telling)
{
    if (telling->news != NULL)
        feed_tell_presence(telling->room->feed, telling->news);
    news_unref(&telling->news);
}

static struct news *news_of(struct telling *telling)
{
    const struct room *room = telling->room;

    if (telling->news != NULL && news_bytes(telling->news) > NEWS_BYTES)
        tell_now(telling);
    if (telling->news == NULL)
        telling->news = news_new(room->feed->name, (int64_t)room->roster.count);
    return telling->news;
}

static struct ff_slice text_of(struct telling *telling,
                               const struct roster_member *member)
{
    ff_buf_clear(&telling->text);
    room_write_member(member->user_id, member->about, member->person,
                      &telling->text);
    return ff_buf_slice(&telling->text);
}

static void tell(struct room *room, const struct roster_diff *diff)
{
    struct telling telling = {.room = room};

    for (size_t i = 0; i < diff->joined_count; i++)
        news_add_joined(news_of(&telling), diff->joined[i]->user_id,
                        text_of(&telling, diff->joined[i]));
    for (size_t i = 0; i < diff->left_count; i++)
        news_add_left(news_of(&telling), diff->left[i]->user_id);
    for (size_t i = 0; i < diff->changed_count; i++)
        news_add_changed(news_of(&telling),
                         text_of(&telling, diff->changed[i]));
    tell_now(&telling);
    ff_buf_fini(&telling.text);
}

static bool is_heard(const struct room *room)
{
    return room->answerable && room->feed->workers != 0;
}

void room_on_person(struct room *room, const struct person *person)
{
    struct telling telling = {.room = room};
    struct ff_buf *text = &telling.text;

    if (!is_heard(room))
        return;
    ff_buf_adds(text, "{\"user_id\":");
    ff_json_add_strings(text, person->user_id);
    ff_buf_addf(text, ",\"status\":\"%s\",\"activity\":", person->status);
    ff_json_add_strings(text, person->activity);
    ff_buf_addc(text, '}');
    news_add_changed(news_of(&telling), ff_buf_slice(text));
    tell_now(&telling);
    ff_buf_fini(text);
}

/* --- taking in ------------------------------------------------------------ */

static void enter(struct room *room, struct roster_member *member)
{
    member->person = statuses_enter(hub_rosters(room->hub)->statuses,
                                    room->feed->app_id, member->user_id, room);
}

static void leave(struct room *room, struct roster_member *member)
{
    statuses_exit(hub_rosters(room->hub)->statuses, member->person, room);
    member->person = NULL;
}

static void use_diff(struct room *room, struct roster_diff *diff)
{
    for (size_t i = 0; i < diff->joined_count; i++)
        enter(room, diff->joined[i]);
    for (size_t i = 0; i < diff->left_count; i++)
        leave(room, diff->left[i]);
    if (is_heard(room))
        tell(room, diff);
    roster_diff_fini(diff);
}

static void become_answerable(struct room *room)
{
    ff_timer_free(&room->patience);
    if (room->answerable)
        return;
    room->answerable = true;
    feed_go_on(room->feed);
}

void room_take_list(struct room *room, struct roster_list *list,
                    const char *owner, int64_t version)
{
    struct roster *roster = &room->roster;
    struct roster_diff diff;

    roster_replace(roster, list, &diff);
    snprintf(roster->owner, sizeof(roster->owner), "%s", owner);
    roster->version = version;
    room->stale_since_ms = 0;
    use_diff(room, &diff);
    become_answerable(room);
}

static void use_change(struct room *room, const struct presence_change *change)
{
    struct roster_list list = {0};
    struct roster_diff diff;

    roster_list_join(&list, change->joined);
    roster_list_join(&list, change->changed);
    roster_list_leave(&list, change->left);
    roster_change(&room->roster, &list, &diff);
    room->roster.version = change->version;
    use_diff(room, &diff);
}

void room_take_change(struct room *room, const json_t *json)
{
    const struct roster *roster = &room->roster;
    struct presence_change change;
    struct ff_why why = {0};

    if (ff_schema_decode(&presence_change_schema, json, &change, &why) !=
        FF_OK) {
        ff_warn("presence_change_not_understood", ff_fs("field", why.field));
        return;
    }
    bool same = roster->known && strcmp(change.owner, roster->owner) == 0;
    if (same && change.version <= roster->version)
        return; /* it is in the list already */
    if (same && change.version == roster->version + 1)
        use_change(room, &change);
    else
        room_doubt(room);
}

static void on_change(void *ctx, struct ff_bus_msg *msg)
{
    struct room *room = ctx;
    json_t *json;

    if (ff_json_parse_object(ff_bus_msg_body(msg), &json, NULL) != FF_OK) {
        ff_warn("presence_change_not_understood",
                ff_fs("channel", room->feed->name));
        return;
    }
    if (!room_fetch_hold(room, json))
        room_take_change(room, json);
    json_decref(json);
}

/* --- life ----------------------------------------------------------------- */

static void on_patience(void *ctx)
{
    become_answerable(ctx);
}

static void begin(struct room *room)
{
    struct rosters *rosters = hub_rosters(room->hub);

    room_set_stale(room);
    room->answerable = rosters_are_alone(rosters);
    if (!room->answerable)
        room->patience =
            ff_timer_new(room->hub->loop, PATIENCE_MS, 0, on_patience, room);
    TAILQ_INSERT_TAIL(&rosters->rooms[room->partition], room, link);
    room_doubt(room);
}

struct room *room_open(struct feed *feed)
{
    struct room *room = ff_new(struct room);

    room->hub = hub_ref(feed->hub);
    room->refs = 1;
    room->feed = feed;
    room->partition = ff_subject_partition(ff_slice_str(feed->name));
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE_ROSTER, feed->app_id, feed->name);
    room->sub =
        ff_bus_subscribe(room->hub->bus, subject.text, NULL, on_change, room);
    ff_metric_add(FF_M_ROSTERS, 1);
    begin(room);
    return room;
}

void room_close(struct room **room)
{
    struct room *gone = *room;

    *room = NULL;
    if (gone == NULL)
        return;
    ff_bus_unsubscribe(&gone->sub);
    ff_timer_free(&gone->patience);
    room_fetch_end(gone);
    TAILQ_REMOVE(&hub_rosters(gone->hub)->rooms[gone->partition], gone, link);
    for (size_t i = 0; i < gone->roster.count; i++)
        leave(gone, gone->roster.members[i]);
    roster_fini(&gone->roster);
    gone->feed = NULL;
    ff_metric_add(FF_M_ROSTERS, -1);
    room_unref(&gone);
}
