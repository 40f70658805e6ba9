#ifndef PRESENCE_LEASES_H
#define PRESENCE_LEASES_H

/*
 * The gateways, by their signs of life: each has a number (below LEASES_MAX) that stands for it in rosters. A gateway that
 * is silent for longer than its lease is gone with all that it had; one that leaves, or that starts anew under its
 * name, gives its users the grace to come back elsewhere. Pure: time is given. One thread.
 */

#include "ff_mem.h"

#define LEASES_MAX 1000 /* gateways; further ones are not heard */

struct lease {
    char *name;
    unsigned number;
    int64_t boot_ms;  /* when it started, as it says */
    int64_t heard_ms; /* steady */
    bool leaving;     /* has said that it stops */
};

/* Called from within leases_hear and leases_expire; they must not call back. */
struct leases_events {
    /* The first sign of it, or of what started anew under its name. */
    void (*came)(void *ctx, const struct lease *lease);
    /* at_once: without grace. It may be free after it. */
    void (*gone)(void *ctx, const struct lease *lease, bool at_once);
    void *ctx;
};

struct leases;
struct leases *leases_new(int64_t lease_ms, const struct leases_events *events);
void leases_free(struct leases **leases);

/*
 * A sign of life of the gateway that started at boot_ms. NULL: not to be listened to, it is one from before a new start
 * or after it left, or there are too many.
 */
const struct lease *leases_hear(struct leases *leases, const char *name,
                                int64_t boot_ms, bool leaving, int64_t now_ms);
void leases_expire(struct leases *leases, int64_t now_ms);
/* Nobody is known; nothing is told. */
void leases_reset(struct leases *leases);

/* By number; NULL: none with it, or it is leaving. */
const struct lease *leases_at(const struct leases *leases, unsigned number);
/* Numbers are below it. */
unsigned leases_limit(const struct leases *leases);

#endif
