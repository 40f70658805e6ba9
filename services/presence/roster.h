#ifndef PRESENCE_ROSTER_H
#define PRESENCE_ROSTER_H

/*
 * Who is on the channels of one partition: channel -> users -> gateways that have them. A user is a member while at
 * least one gateway says so and for the channel's grace after it; an invisible one is a member whom nobody is told of.
 *
 * Changes are collected and told by roster_flush, channel by channel, as the difference to what was told before: for
 * each member joined and left strictly alternate. Each batch of a channel raises its version by one.
 *
 * Finding and changing one of n members takes O(log n). Pure: time and gateways' numbers are given. One thread.
 */

#include "face.h"
#include "messages.h"

#define ROSTER_MEMBERS_MAX 1000000      /* of one channel */
#define ROSTER_BATCH_MAX   1000         /* changes in one batch */
#define ROSTER_BATCH_BYTES (256 * 1024) /* of their texts */
#define ROSTER_USER_PREFIX "#user-" /* the channel that tells who is online */

struct roster;
struct channel; /* borrowed until the next flush */

struct roster_rules {
    int64_t (*grace_ms)(void *ctx, const char *app, const char *channel);
    bool (*is_invisible)(void *ctx, const char *app, const char *user_id);
    void *ctx;
};

/* version: what channels begin with; above all that an earlier roster of the same owner had. */
struct roster *roster_new(const struct roster_rules *rules, int64_t version);
void roster_free(struct roster **roster);

/* --- what gateways say -------------------------------------------------------- */

/* FF_E_LIMIT: the channel is full. marks: the item is of a full report. */
FF_MUST_USE ff_err roster_apply(struct roster *roster, int64_t now_ms,
                                unsigned gateway,
                                const struct presence_item *item, bool marks);
/* A full report: between the two, items are applied with marks; what the gateway did not name leaves. */
void roster_begin_report(struct roster *roster, unsigned gateway);
void roster_end_report(struct roster *roster, int64_t now_ms, unsigned gateway);
/* All that is there by this gateway leaves, with its grace or at once. */
void roster_drop_gateway(struct roster *roster, int64_t now_ms,
                         unsigned gateway, bool at_once);

/* --- what time and users do --------------------------------------------------- */

void roster_tick(struct roster *roster, int64_t now_ms);
/* No grace runs on. */
void roster_end_graces(struct roster *roster);
void roster_set_invisible(struct roster *roster, const char *app,
                          const char *user_id, bool invisible);

/* --- telling ------------------------------------------------------------------ */

enum roster_kind { ROSTER_JOINED, ROSTER_LEFT, ROSTER_CHANGED };

struct roster_change {
    enum roster_kind kind;
    const char *user_id;
    const struct face *face;
};

struct roster_batch {
    const char *app, *channel;
    bool is_user;           /* the channel is one of ROSTER_USER_PREFIX */
    int64_t version, count; /* after it */
    const struct roster_change *changes;
    size_t change_count;
};

/* They must not call back. */
struct roster_sink {
    void (*batch)(void *ctx, const struct roster_batch *batch);
    void (*occupancy)(void *ctx, const char *app, const char *channel,
                      bool occupied);
};

/* There is something to tell. */
bool roster_is_dirty(const struct roster *roster);
/* At most about this many members and channels; how many they were. The rest waits for the next flush. */
size_t roster_flush(struct roster *roster, size_t most,
                    const struct roster_sink *sink, void *ctx);
/* What is there now counts as told, without telling it. */
void roster_adopt(struct roster *roster);

/* --- reading: what was told --------------------------------------------------- */

/* NULL: nobody is there; it takes NULL below. */
const struct channel *roster_find(const struct roster *roster, const char *app,
                                  const char *name);
int64_t roster_version(const struct roster *roster, const struct channel *c);
size_t roster_count(const struct channel *c);
bool roster_is_occupied(const struct channel *c);
/* In order of user ids (of their bytes). */
void roster_walk(const struct channel *c,
                 void (*fn)(void *ctx, struct face *face), void *ctx);
size_t roster_online(const struct roster *roster, const char *app);
/* Ids of online users in order, until fn returns false. */
void roster_walk_online(const struct roster *roster, const char *app,
                        bool (*fn)(void *ctx, const char *user_id), void *ctx);
/* Members of all channels, told or not. */
size_t roster_members(const struct roster *roster);

#endif
