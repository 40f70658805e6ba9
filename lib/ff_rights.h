#ifndef FF_RIGHTS_H
#define FF_RIGHTS_H

/*
 * What each service's NATS user may publish and subscribe to, made from the tables: subjects.def (publishers,
 * subscribers, each brace as "*"), streams.def and buckets.def (JetStream's API subjects of just these), its own inbox, and
 * the inboxes of those who send it requests.
 *
 * Answers are not left to allow_responses: nats-server 2.9 remembers the reply subject of everything that it delivers to
 * such a user, messages of a JetStream consumer too, and beyond 4096 walks through all of them at each delivery.
 */

#include "ff_mem.h"
#include "ff_service.h"

/* {"publish":{"allow":["…"]},"subscribe":{"allow":["…"]}}: JSON, and nats-server's configuration syntax as well. */
void ff_rights_print(enum ff_service service, struct ff_buf *out);

#endif
