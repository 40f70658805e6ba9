#ifndef GATEWAY_ROSTER_H
#define GATEWAY_ROSTER_H

/*
 * The members of one channel as its owner told them, in order of their ids (of
 * their bytes), with the owner's name and version. A change or a whole list is
 * taken in by set difference: what it tells is who was not there before, and
 * who is there no more. Pure; on the service's loop.
 */

#include "ff_json.h"

#define ROSTER_OWNER_MAX 64

struct person;

struct roster_member {
    char *user_id;
    char *about;           /* as in members.h */
    struct person *person; /* the user's own, statuses.h; not ours */
};

struct roster {
    bool known; /* a list was there */
    char owner[ROSTER_OWNER_MAX];
    int64_t version;
    struct roster_member **members;
    size_t count;
};

void roster_fini(struct roster *roster);

/* Rows of the owner's, collected. Zeroed memory is an empty one. */
struct roster_list {
    struct roster_row {
        char *user_id, *about; /* about NULL: left */
    } * rows;
    size_t count, cap;
};

/* An array of {user_id, name, info}, and one of ids. What is no row is left out. */
void roster_list_join(struct roster_list *list, const json_t *members);
void roster_list_leave(struct roster_list *list, const json_t *ids);
void roster_list_fini(struct roster_list *list);

/* All in order. changed: of those who stay, who is told differently. */
struct roster_diff {
    struct roster_member **joined, **changed; /* they are the roster's */
    struct roster_member **left;              /* they end with the diff */
    size_t joined_count, changed_count, left_count;
};

/* Rows that changed: of one user's the one that joined counts. Ends list. */
void roster_change(struct roster *roster, struct roster_list *list,
                   struct roster_diff *out_diff);
/* All there are. */
void roster_replace(struct roster *roster, struct roster_list *list,
                    struct roster_diff *out_diff);
void roster_diff_fini(struct roster_diff *diff);

/* The place of the first member at or behind user_id. */
size_t roster_place(const struct roster *roster, const char *user_id);
/* Whether the one at this place is user_id. */
bool roster_is_at(const struct roster *roster, size_t place,
                  const char *user_id);

#endif
