#ifndef GATEWAY_PRESENCE_H
#define GATEWAY_PRESENCE_H

/*
 * The hub's part in presence: reports of who is here (reports.h), lists of who
 * is where for the channels served (rosters.h), and what clients ask of the
 * presence service.
 */

#include "hub_state.h"

struct ff_rpc_req;
struct presence;
struct rosters;

struct presence *presence_new(struct hub *hub);
void presence_free(struct presence **presence); /* after the feeds */
void presence_on_bus(struct presence *presence, bool connected);
void presence_tick(struct presence *presence, int64_t now_ms);

/* Of a hub that is not closed. */
struct rosters *hub_rosters(const struct hub *hub);

/* A channel has subscribers here, or none any more. */
void presence_occupy(struct hub *hub, const char *app_id, const char *channel,
                     bool occupied);
/* A request for the whole report of a partition. */
void presence_on_report(void *ctx, struct ff_rpc_req *req, const void *in);

/* From the workers. */
void presence_member(struct hub *hub,
                     struct to_hub *item);                /* TO_HUB_PRESENCE */
void presence_list(struct hub *hub, struct to_hub *item); /* TO_HUB_MEMBERS */
void presence_set(struct hub *hub, struct to_hub *item);  /* TO_HUB_STATUS */

#endif
