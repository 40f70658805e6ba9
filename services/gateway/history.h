#ifndef GATEWAY_HISTORY_H
#define GATEWAY_HISTORY_H

/*
 * What a client asks of a channel's history: the newest messages, or those
 * after a position; in rising order, or newest first. Only what the
 * namespace's history_size and history_ttl_s still show.
 */

#include "hub_state.h"

void history_ask(struct hub *hub, struct to_hub *item);

/* The most messages that this channel shows of what it keeps. */
size_t history_visible_max(const struct ff_namespace *ns,
                           struct ff_slice channel);
/* Whether it is young enough to be shown. */
bool history_visible(const struct ff_namespace *ns,
                     const struct message *message, int64_t now_ms);

#endif
