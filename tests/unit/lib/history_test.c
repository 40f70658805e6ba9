#include "history_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ff_history_config history_config = {
    .storage = "file",
    .replicas = 1,
    .max_age_s = 3600,
    .max_per_channel = 10000,
    .max_bytes = 100 << 20,
    .dedup_window_s = 120,
};

static void on_ensured(void *ctx, ff_err err, const char *text)
{
    struct history_result *r = ctx;
    r->calls++;
    r->err = err;
    ff_buf_clear(&r->text);
    ff_buf_adds(&r->text, text != NULL ? text : "");
}

ff_err history_ensure(struct bus_test *t, const struct ff_history_config *c)
{
    struct history_result r = {0};
    ff_history_ensure(t->bus, c, on_ensured, &r);
    wait_for(t, r.calls == 1);
    if (r.err != FF_OK)
        assert_true(r.text.len > 0);
    ff_buf_fini(&r.text);
    return r.err;
}

static void on_epoch(void *ctx, ff_err err, const char *epoch)
{
    struct history_result *r = ctx;
    r->calls++;
    r->err = err;
    snprintf(r->epoch, sizeof(r->epoch), "%s", epoch);
}

struct history_result history_epoch(struct bus_test *t)
{
    struct history_result r = {0};
    ff_history_epoch(t->bus, WAIT_MS, on_epoch, &r);
    wait_for(t, r.calls == 1);
    return r;
}

void history_on_stored(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    struct history_result *r = ctx;
    r->calls++;
    r->err = err;
    r->offset = offset;
    r->duplicate = duplicate;
}

void history_begin_store(struct bus_test *t, const char *channel,
                         const char *body, const char *key, uint64_t expected,
                         struct history_result *r)
{
    char id[FF_MESSAGE_ID_MAX];
    ff_message_new_id(id);
    struct ff_message message = {.app = FF_SLICE_LIT("dev"),
                                 .channel = ff_slice_str(channel),
                                 .id = ff_slice_str(id),
                                 .body = ff_slice_str(body)};
    ff_history_store(t->bus, &message, key, expected, 2000, 10,
                     history_on_stored, r);
}

struct history_result history_store(struct bus_test *t, const char *channel,
                                    const char *body, const char *key,
                                    uint64_t expected)
{
    struct history_result r = {0};
    history_begin_store(t, channel, body, key, expected, &r);
    wait_for(t, r.calls == 1);
    return r;
}

uint64_t history_stored(struct bus_test *t, const char *channel,
                        const char *body)
{
    struct history_result r = history_store(t, channel, body, NULL, UINT64_MAX);
    assert_int_equal(r.err, FF_OK);
    return r.offset;
}

void history_add_message(struct ff_buf *b, struct ff_bus_msg *msg)
{
    struct ff_message_names names;
    struct ff_message m;
    assert_int_equal(ff_message_read(msg, &names, &m), FF_OK);
    ff_buf_addf(b, "%llu=", (unsigned long long)m.offset);
    ff_buf_addslice(b, m.body);
    ff_buf_addc(b, ';');
}

void history_on_page(void *ctx, ff_err err, const struct ff_history_page *page)
{
    struct history_result *r = ctx;
    r->calls++;
    r->err = err;
    ff_buf_clear(&r->text);
    ff_buf_adds(&r->text, "");
    if (err != FF_OK)
        return;
    for (size_t i = 0; i < page->count; i++)
        history_add_message(&r->text, page->msgs[i]);
    r->cut = page->cut;
    r->from_seen = page->from_seen;
    snprintf(r->epoch, sizeof(r->epoch), "%s", page->epoch);
}

struct history_result history_read(struct bus_test *t,
                                   const struct ff_history_query *query)
{
    struct history_result r = {0};
    struct ff_history_query q = *query;
    q.app = "dev";
    q.timeout_ms = WAIT_MS;
    if (q.max_bytes == 0)
        q.max_bytes = 1 << 20;
    ff_history_read(t->bus, &q, history_on_page, &r);
    wait_for(t, r.calls == 1);
    return r;
}
