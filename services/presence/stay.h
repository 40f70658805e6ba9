#ifndef PRESENCE_STAY_H
#define PRESENCE_STAY_H

/*
 * Something that is there as long as at least one gateway says so, and for some grace after it: a user on a channel, or
 * a channel's subscribers of any kind. Gateways are small numbers (leases.h). One thread; pure, time is given.
 */

#include "ff_mem.h"

#define STAY_GATEWAYS_MAX 0x7fff /* numbers are below it */
#define STAY_NO_GRACE     UINT32_MAX

struct stay {
    union {
        uint16_t few[4];
        uint16_t *many;
    } by; /* gateways; the highest bit marks what a report has told */
    uint16_t count, cap; /* cap 0: few */
    uint32_t grace;      /* place in the heap; STAY_NO_GRACE: none runs */
    bool is_channel;
    bool told;    /* others know that it is there */
    bool changed; /* its name or info is not what others know */
    bool dirty;   /* looked at by the next flush */
};

void stay_init(struct stay *stay, bool is_channel);
void stay_fini(struct stay *stay);
bool stay_is_there(const struct stay *stay); /* or in its grace */

/* False: was so before. mark: as told by a report. */
bool stay_add(struct stay *stay, unsigned gateway, bool mark);
bool stay_remove(struct stay *stay, unsigned gateway);
/* The end of a report: true when the gateway was in it without a mark and is removed. No marks of it are left. */
bool stay_sweep(struct stay *stay, unsigned gateway);
/* Forget its mark. */
void stay_unmark(struct stay *stay, unsigned gateway);

/* Graces that run, the earliest first. Zeroed memory is an empty one. */
struct graces {
    struct grace {
        int64_t due_ms;
        struct stay *stay;
    } * items;
    size_t count, cap;
};

void graces_fini(struct graces *graces);
void graces_add(struct graces *graces, struct stay *stay, int64_t due_ms);
/* Nothing happens when none runs. */
void graces_remove(struct graces *graces, struct stay *stay);
/* One whose time has come, removed; NULL: none. */
struct stay *graces_pop(struct graces *graces, int64_t now_ms);

#endif
