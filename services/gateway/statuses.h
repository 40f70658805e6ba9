#ifndef GATEWAY_STATUSES_H
#define GATEWAY_STATUSES_H

/*
 * Status and activity of users, followed from the bucket ff_status, and on
 * which of this gateway's rosters each user is. Who has no record is online.
 * Kept are those who are on a roster, and those whose record says something.
 */

#include "hub_state.h"

struct room;
struct statuses;

struct person {
    const char *user_id;
    const char *status; /* one of four words, static */
    char *activity;     /* may be empty */
    bool invisible;
    struct room **rooms;
    size_t room_count, room_cap;
    char *kv_key;        /* NULL: no record */
    struct ff_slice key; /* app NUL user NUL */
};

/* Called for each room of a person who is seen differently. */
typedef void statuses_on_change(struct room *room, const struct person *person);
struct statuses *statuses_new(struct hub *hub, statuses_on_change *fn);
/* Once no room is left. */
void statuses_free(struct statuses **statuses);

/* A user comes onto a room's roster; once for each room. */
struct person *statuses_enter(struct statuses *statuses, const char *app,
                              const char *user_id, struct room *room);
void statuses_exit(struct statuses *statuses, struct person *person,
                   struct room *room);
/* NULL: online, nothing else is known. */
const struct person *statuses_find(const struct statuses *statuses,
                                   const char *app, const char *user_id);

/* Members of the JSON object of a member; person may be NULL. */
void person_write(const struct person *person, struct ff_buf *out);

#endif
