#ifndef INGRESS_PUBLICATION_H
#define INGRESS_PUBLICATION_H

/*
 * One message for one channel: checked, then handed to the bus, or stored and acknowledged. Owns its texts from
 * publication_init until publication_fini.
 */

#include "call.h"
#include "ff_message.h"
#include "messages.h"

struct publication {
    struct ff_message message; /* slices into what stands below */
    char id[FF_MESSAGE_ID_MAX];
    struct ff_buf channel, body, recipients, sender, event, except, trace;
    bool stored;
};

/* raw: the message's JSON text as it came; empty: it is written anew. Channel, rights, size and kind are checked. */
FF_MUST_USE ff_err publication_init(struct publication *pub,
                                    const struct call *call,
                                    const struct http_publish *in,
                                    const char *channel, struct ff_slice raw,
                                    struct ff_why *why);
void publication_fini(struct publication *pub);

/* fn comes once, maybe at once: the offset of a stored message, 0 of another. */
typedef ff_history_on_stored publication_on_done;
void publication_send(struct publication *pub, struct ingress *ingress,
                      publication_on_done *fn, void *ctx);

#endif
