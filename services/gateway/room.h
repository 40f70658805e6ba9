#ifndef GATEWAY_ROOM_H
#define GATEWAY_ROOM_H

/*
 * A channel with presence that is served here: its list of members, kept up
 * from the owner's changes, fetched whole when one is missing, when another
 * replica owns it, and when the bus is a new one. Subscribers are told set
 * differences only, so that for each of them joined and left alternate.
 *
 * While the owner is away the list stays as it is, and says since when.
 * A call that comes back later holds a reference.
 */

#include <sys/queue.h>

#include "hub_state.h"
#include "roster.h"

struct feed;
struct person;
struct presence_change;

struct room {
    TAILQ_ENTRY(room) link; /* among those of its partition */
    struct hub *hub;        /* a reference */
    unsigned refs;
    struct feed *feed; /* NULL: closed */
    unsigned partition;
    struct ff_bus_sub *sub;
    struct roster roster;
    bool answerable;        /* the list came, or was waited for long enough */
    int64_t stale_since_ms; /* steady; 0: it is not */
    struct ff_timer *patience;
    struct fetch {
        bool running; /* or waits for its turn */
        bool repeat;  /* once more after it */
        unsigned failures, doubts;
        struct ff_timer *later;
        struct roster_list list;
        char owner[ROSTER_OWNER_MAX];
        int64_t version, page;
        json_t *held; /* changes that came meanwhile */
    } fetch;
};

/* It says feed_go_on() once it is answerable. */
struct room *room_open(struct feed *feed);
void room_close(struct room **room); /* nothing on NULL */

/* The part of a list that a client asks for. */
struct room_part {
    const char *after; /* NULL: from the first on */
    size_t limit;
    const char *user,
        *about; /* who asks: in it, known to the owner or not; NULL: anonymous */
};
/* Members of a JSON object: count, members, more, stale_ms. */
void room_write(const struct room *room, const struct room_part *part,
                struct ff_buf *out);

/* A person on the list is seen differently. */
void room_on_person(struct room *room, const struct person *person);
/* Another replica should own it. */
void room_on_moved(struct room *room);
void room_on_bus(struct room *room, bool connected);
/* The list may not be right: fetch it. */
void room_doubt(struct room *room);

/* --- between room*.c ------------------------------------------------------- */

void room_unref(struct room **room);
struct room *room_ref(struct room *room);
void room_set_stale(struct room *room);
/* The whole list of this owner and version came. Ends list. */
void room_take_list(struct room *room, struct roster_list *list,
                    const char *owner, int64_t version);
/* A change, in the order of the owner's. */
void room_take_change(struct room *room, const json_t *change);
/* While one runs, changes are kept for after it. False: none runs. */
bool room_fetch_hold(struct room *room, json_t *change);
void room_fetch_end(struct room *room);
/* {"user_id",…,"status",…} */
void room_write_member(const char *user_id, const char *about,
                       const struct person *person, struct ff_buf *out);

#endif
