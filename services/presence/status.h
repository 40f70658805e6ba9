#ifndef PRESENCE_STATUS_H
#define PRESENCE_STATUS_H

/*
 * Statuses of users: the bucket ff_status, made, followed and written here. A record is {"app","user_id","status",
 * "activity","invisible","at","last_seen"?}; a user without one is online, visible, and does nothing in particular.
 * Writes go over the revision that was read, so replicas do not undo each other. On the bus' loop thread.
 */

#include "ff_kv.h"
#include "messages.h"

/* Records that say more than when somebody was last seen are kept in memory. */
struct status_record {
    char *app, *user_id, *activity;
    const char *status; /* static */
    bool invisible;
};

typedef void status_on_invisible(void *ctx, const char *app,
                                 const char *user_id, bool invisible);

struct status;
struct status *status_new(struct ff_bus *bus, int replicas,
                          status_on_invisible *fn, void *ctx);
void status_free(struct status **status);
/* Connected: see that the bucket is there. */
void status_on_bus(struct status *status);
/* The bucket is there and was read. */
bool status_stands(const struct status *status, struct ff_why *why);

/* NULL: as a user without a record. Borrowed until the loop turns. */
const struct status_record *status_find(const struct status *status,
                                        const char *app, const char *user_id);
/* FF_E_INVALID: not a status. */
FF_MUST_USE ff_err status_check(const struct presence_set *set,
                                struct ff_why *why);

/* record is borrowed, NULL on error. */
typedef void status_on_record(void *ctx, ff_err err, json_t *record);
/* What set leaves out stays as it is. */
void status_set(struct status *status, const struct presence_set *set,
                status_on_record *fn, void *ctx);
void status_get(struct status *status, const char *app, const char *user_id,
                status_on_record *fn, void *ctx);

/* A user's last connection went. Queued; what does not fit into the queue is lost. */
void status_seen(struct status *status, const char *app, const char *user_id,
                 int64_t unix_ms);
/* Nothing is queued or under way of those. */
bool status_is_idle(const struct status *status);

#endif
