#ifndef GATEWAY_ROSTERS_H
#define GATEWAY_ROSTERS_H

/*
 * All member lists of this gateway (room.h), and what they share: which
 * presence replica should own which partition, statuses, and a window of
 * fetches, so that a new owner is not asked for everything at once.
 */

#include "hub_state.h"
#include "replicas.h"
#include "room.h"
#include "statuses.h"

struct rosters {
    struct hub *hub;
    struct replicas *replicas;
    struct statuses *statuses;
    struct gate *window;
    struct ff_bus_sub *beats;
    int64_t connected_ms; /* since when we hear signs of life; 0: not */
    int64_t dropped;      /* messages that the bus could not keep, as seen */
    TAILQ_HEAD(room_list, room) rooms[FF_PARTITIONS];
};

struct rosters *rosters_new(struct hub *hub);
void rosters_free(struct rosters **rosters); /* once all rooms are closed */
void rosters_on_bus(struct rosters *rosters, bool connected);
void rosters_tick(struct rosters *rosters, int64_t now_ms);
/* There is no presence service that could be waited for. */
bool rosters_are_alone(const struct rosters *rosters);

#endif
