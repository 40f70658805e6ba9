#ifndef GATEWAY_MEMBERS_H
#define GATEWAY_MEMBERS_H

/*
 * Who is on this gateway: the users of each channel, by the number of their
 * connections there, and the channels that have subscribers of any kind. The
 * truth of which presence keeps the sum. Pure; on the service's loop.
 *
 * about: what others see of a user, as JSON members with a comma before each:
 * ,"name":"Ann","info":{…}; may be empty. The newest one counts.
 */

#include "ff_mem.h"

/* One row. Texts are borrowed for the call. */
struct members_item {
    const char *app, *channel;
    const char *user;  /* NULL: the channel has subscribers */
    const char *about; /* of a user that is on */
    bool on;
};

struct members;

/* Called when a row comes, goes, or is told differently. */
typedef void members_on_change(void *ctx, unsigned partition,
                               const struct members_item *item);
struct members *members_new(members_on_change *fn, void *ctx);
void members_free(struct members **members);

void members_join(struct members *members, const char *app, const char *channel,
                  const char *user, const char *about);
/* Once for each join. */
void members_leave(struct members *members, const char *app,
                   const char *channel, const char *user);
/* Twice the same changes nothing. */
void members_occupy(struct members *members, const char *app,
                    const char *channel, bool occupied);

/* All rows of a partition that are on; fn must not change them. */
void members_each(const struct members *members, unsigned partition,
                  void (*fn)(void *ctx, const struct members_item *item),
                  void *ctx);

#endif
