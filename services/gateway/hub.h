#ifndef GATEWAY_HUB_H
#define GATEWAY_HUB_H

/*
 * The gateway's one owner of channels: which worker serves what, the bus subscription behind it, recent messages,
 * gaps, resumes, history, publishing, and requests to other services. Runs on the service's loop.
 */

#include "ff_svc.h"
#include "handoff.h"

struct gateway_conf;
struct hub;

struct hub *hub_new(struct ff_svc *svc, const struct gateway_conf *conf,
                    struct handoff *handoff);
void hub_free(struct hub **hub);
/* The app registry is here, the bus is connected. */
bool hub_ready(struct hub *hub, struct ff_why *why);
void hub_on_bus(struct hub *hub, bool connected);
/* SIGTERM: tell the workers to drain; done once all have stopped. */
void hub_drain(struct hub *hub, void (*done)(void *ctx), void *ctx);
/* A sign of life to the cluster, the last one if it is leaving. */
void hub_beat(struct hub *hub, bool leaving);

#endif
