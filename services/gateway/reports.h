#ifndef GATEWAY_REPORTS_H
#define GATEWAY_REPORTS_H

/*
 * What presence is told of this gateway's members: changes, some milliseconds
 * of them in one message for each partition, and on request the whole truth
 * of a partition, in one order under rising numbers. A number that is missing
 * makes the owner ask for the whole. A change after which nothing comes would
 * not be missed, so each partition says its number again every ten seconds.
 *
 * What could not be sent is not sent later: the whole partition is, once it
 * can be. On the service's loop.
 */

#include "ff_loop.h"
#include "members.h"

struct reports_options {
    struct ff_loop *loop;
    const char *gateway; /* a subject token as it is */
    int64_t boot_ms;     /* when it started, as its signs of life say */
    /* Any error: it was not sent. */
    ff_err (*send)(void *ctx, unsigned partition, struct ff_slice json);
    void *ctx;
};

struct reports;
struct reports *reports_new(const struct reports_options *options);
void reports_free(struct reports **reports);

/* Its changes are reported. */
struct members *reports_members(struct reports *reports);

/* What changed until now, without waiting for more. */
void reports_flush(struct reports *reports);
/* The whole truth of a partition: begin, more…, end. */
void reports_tell_all(struct reports *reports, unsigned partition);
/* The bus is a new one: what it had may be lost. */
void reports_renew(struct reports *reports);
void reports_tick(struct reports *reports); /* every second */

#endif
