#ifndef HISTORY_TEST_H
#define HISTORY_TEST_H

/* What the tests of ff_history share: calls that wait for their result. */

#include "bus_test.h"

#include "ff_history.h"

struct history_result {
    int calls;
    ff_err err;
    uint64_t offset;
    bool duplicate, cut, from_seen;
    char epoch[FF_EPOCH_MAX];
    struct ff_buf text;
};

extern const struct ff_history_config history_config;

ff_err history_ensure(struct bus_test *t, const struct ff_history_config *c);
struct history_result history_epoch(struct bus_test *t);
void history_begin_store(struct bus_test *t, const char *channel,
                         const char *body, const char *key, uint64_t expected,
                         struct history_result *r);
struct history_result history_store(struct bus_test *t, const char *channel,
                                    const char *body, const char *key,
                                    uint64_t expected);
/* For ff_history_store. */
void history_on_stored(void *ctx, ff_err err, uint64_t offset, bool duplicate);
/* It must succeed; its offset. */
uint64_t history_stored(struct bus_test *t, const char *channel,
                        const char *body);
/* "offset=body;" */
void history_add_message(struct ff_buf *b, struct ff_bus_msg *msg);
/* For ff_history_read: text is all messages. */
void history_on_page(void *ctx, ff_err err, const struct ff_history_page *page);
struct history_result history_read(struct bus_test *t,
                                   const struct ff_history_query *query);

#endif
