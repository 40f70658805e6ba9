#ifndef FF_RIGHTS_H
#define FF_RIGHTS_H

/*
 * What each service's NATS user may publish and subscribe to, made from the tables: subjects.def (publishers,
 * subscribers, {gateway} and the like as "*"), streams.def and buckets.def (JetStream's API subjects of just these), its own inbox.
 * Answers are allowed by allow_responses for those who serve requests.
 */

#include "ff_mem.h"
#include "ff_service.h"

/* {"publish":{"allow":["…"]},"subscribe":{"allow":["…"]},"allow_responses":…} in nats-server's configuration syntax. */
void ff_rights_print(enum ff_service service, struct ff_buf *out);

#endif
