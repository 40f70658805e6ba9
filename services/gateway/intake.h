#ifndef GATEWAY_INTAKE_H
#define GATEWAY_INTAKE_H

/*
 * What a client sent and what must wait: behind a token that is being verified, behind a subscription that the hub has not
 * answered, or behind too many unanswered actions. Kept as it came, run later in order. One thread.
 */

#include "ff_mem.h"

/* Beyond either one the client is not read any further. */
#define INTAKE_ITEMS_MAX 64
#define INTAKE_BYTES_MAX 65536

enum intake_kind {
    INTAKE_TEXT,   /* a text frame */
    INTAKE_BINARY, /* a binary frame */
    INTAKE_INNER,  /* an action of a batch */
    INTAKE_ANSWER, /* not from the client: an answer whose turn comes here */
};

struct intake_item {
    struct intake_item *next;
    enum intake_kind kind;
    size_t len;
    char data[];
};

/* Zeroed memory is an empty one. */
struct intake {
    struct intake_item *head, *tail;
    size_t count, bytes;
};

void intake_add(struct intake *intake, enum intake_kind kind,
                struct ff_slice data);
/* The first one, the caller's now; NULL: empty. Ended by free(). */
struct intake_item *intake_take(struct intake *intake);
void intake_put_back(struct intake *intake, struct intake_item *item);
/* All of first, which is empty then, before what is there. */
void intake_put_before(struct intake *intake, struct intake *first);
bool intake_is_full(const struct intake *intake);
void intake_fini(struct intake *intake);

#endif
