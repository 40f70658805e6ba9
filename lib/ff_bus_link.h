#ifndef FF_BUS_LINK_H
#define FF_BUS_LINK_H

/*
 * The bus thread: takes commands from the owner's thread, keeps a connection up, has every subscription made on it,
 * and hands messages to the owner. Inside of the bus.
 *
 * Signs of life: the link publishes to the bus' own inbox, which is the subscription with slot 0. "u<generation>" is
 * the first echo of a new connection, sent behind all its subscriptions; "beat" comes every other second. When nothing
 * at all came for 10 s the connection is given up.
 *
 * Pace: a mark "m<number>" is sent behind every 4 MiB, and no more than four are on their way. A burst that comes back to
 * this process would else pile up at the server, which cuts off who has 64 MB waiting (from 2.10 on it hardly slows the
 * sender down before).
 */

#include "ff_bus.h"
#include "ff_mailbox.h"

struct ff_bus_link;

/* What the owner finds in its mailbox, in order. */
struct ff_bus_event {
    uint64_t sub;           /* id of the subscription */
    struct ff_bus_msg *msg; /* the owner's; NULL: the connection was lost */
};

/* Ids of subscriptions: the lower half is the slot, the upper half tells its users apart. */
static inline uint32_t ff_bus_slot(uint64_t sub_id)
{
    return (uint32_t)sub_id;
}

/* events: of struct ff_bus_event, written beyond its limit; the link limits bytes. inbox: without the last token. */
struct ff_bus_link *ff_bus_link_new(const struct ff_bus_options *options,
                                    const char *inbox,
                                    struct ff_mailbox *events);
/* Begin to connect; the inbox is subscribed to before. */
void ff_bus_link_start(struct ff_bus_link *link);
/* Sends what is queued (at most 1 s), then ends the thread. No event is posted after it. */
void ff_bus_link_free(struct ff_bus_link **link);

/* All below: the owner's thread. FF_E_BUSY, FF_E_TOO_BIG. */
FF_MUST_USE ff_err ff_bus_link_publish(struct ff_bus_link *link,
                                       const char *reply,
                                       const struct ff_bus_out *out);
void ff_bus_link_subscribe(struct ff_bus_link *link, uint64_t id,
                           const char *subject, const char *queue);
void ff_bus_link_unsubscribe(struct ff_bus_link *link, uint64_t id);
/* The owner has taken an event of these bytes out of the mailbox. */
void ff_bus_link_taken(struct ff_bus_link *link, size_t bytes);
/* Rises as long as the thread lives; it must not stand still for long. */
unsigned ff_bus_link_turns(struct ff_bus_link *link);

#endif
