#ifndef HUB_FAKE_HISTORY_H
#define HUB_FAKE_HISTORY_H

/* ff_history.h, answered from the stream of hub_fake_stream.h. */

#include "hub_fake_stream.h"

enum stream_ask { ASK_STATE, ASK_LAST, ASK_END, ASK_READ, ASK_STORE };

struct stream_call {
    struct fake_call call;
    enum stream_ask kind;
    unsigned channel;
    struct ff_history_query query;
    struct ff_history_page page;
    struct ff_bus_msg *msg;
    ff_err err;
    uint64_t offset;
    ff_history_on_state *on_state;
    struct ff_history_state state;
    ff_history_on_msg *on_msg;
    ff_history_on_page *on_page;
    ff_history_on_offset *on_offset;
    ff_history_on_stored *on_stored;
    void *ctx;
};

static inline void stream_tell(struct stream_call *c, ff_err err)
{
    bool ok = err == FF_OK;

    if (c->kind == ASK_STATE)
        c->on_state(c->ctx, err, ok ? &c->state : NULL);
    else if (c->kind == ASK_LAST)
        c->on_msg(c->ctx, err, ok ? c->msg : NULL);
    else if (c->kind == ASK_END)
        c->on_offset(c->ctx, err, ok ? c->offset : 0);
    else if (c->kind == ASK_READ)
        c->on_page(c->ctx, err, ok ? &c->page : NULL);
    else
        c->on_stored(c->ctx, err, ok ? c->offset : 0, false);
}

static inline void stream_fail(struct fake_call *call, ff_err err)
{
    stream_tell((struct stream_call *)call, err);
}

static inline void stream_on_answer(void *arg)
{
    struct stream_call *c = arg;

    if (fake_call_end(&c->call))
        stream_tell(c, c->err);
    for (size_t i = 0; i < c->page.count; i++)
        ff_bus_msg_unref(&c->page.msgs[i]);
    free(c->page.msgs);
    ff_bus_msg_unref(&c->msg);
    free(c);
}

#define STREAM_LAG_MS 2000

/* The newest offset that a read sees: a replica may lag for a while. */
static inline uint64_t stream_horizon(void)
{
    int64_t lag_ms = fake_random(STREAM_LAG_MS);
    uint64_t horizon = 0;
    bool all = true;

    if (fake_random(1000) >= stream.lag)
        return UINT64_MAX;
    for (size_t i = 0; i < stream.count; i++) {
        const struct fake_entry *e = &stream.entries[i];
        if (e->epoch != stream.epoch)
            continue;
        if (e->time_ms + lag_ms <= fake.now_ms)
            horizon = e->offset;
        else
            all = false;
    }
    return all ? UINT64_MAX : horizon;
}

/* What a replica has that knows the stream up to the horizon. */
static inline bool stream_shows(const struct fake_entry *e, unsigned channel,
                                uint64_t horizon)
{
    return e->epoch == stream.epoch && e->channel == channel &&
           e->offset <= horizon && stream_knows(e->offset) &&
           (!e->gone || e->gone_at > horizon);
}

static inline bool stream_in(const struct stream_call *c,
                             const struct fake_entry *e, uint64_t horizon)
{
    return stream_shows(e, c->channel, horizon) && e->offset >= c->query.from &&
           (c->query.to == 0 || e->offset <= c->query.to);
}

static inline void stream_read(struct stream_call *c, uint64_t horizon)
{
    struct ff_history_page *page = &c->page;
    size_t total = 0, seen = 0;

    for (size_t i = 0; i < stream.count; i++)
        total += stream_in(c, &stream.entries[i], horizon);
    page->cut = total > c->query.limit;
    size_t skip = page->cut && c->query.newest ? total - c->query.limit : 0;
    page->msgs = ff_alloc((total + 1) * sizeof(*page->msgs));
    for (size_t i = 0; i < stream.count; i++) {
        const struct fake_entry *e = &stream.entries[i];
        if (!stream_in(c, e, horizon))
            continue;
        if (e->offset == c->query.from)
            page->from_seen = stream_has(e, c->channel); /* at the leader */
        if (seen++ >= skip && page->count < c->query.limit)
            page->msgs[page->count++] = stream_msg(e, false);
    }
}

static inline void stream_last(struct stream_call *c, uint64_t horizon)
{
    for (size_t i = stream.count; i > 0; i--) {
        const struct fake_entry *e = &stream.entries[i - 1];
        if (stream_shows(e, c->channel, horizon)) {
            c->msg = stream_msg(e, false);
            return;
        }
    }
    /* That there is none is the leader's word. */
    c->err = stream_end(c->channel) == 0 ? FF_E_NOT_FOUND : FF_E_UNAVAILABLE;
}

static inline void stream_state(struct ff_history_state *state)
{
    stream_epoch_text(state->epoch);
    state->last = stream.cut_off_at > 0 ? stream.cut_off_at : stream.next - 1;
    state->first = stream.next;
    state->per_channel = stream.per_channel;
    for (size_t i = stream.count; i > 0; i--) {
        const struct fake_entry *e = &stream.entries[i - 1];
        if (e->epoch == stream.epoch && !e->gone)
            state->first = e->offset;
    }
}

/* At the server: its answer is on its way back after this. */
static inline void stream_on_call(void *arg)
{
    struct stream_call *c = arg;
    uint64_t horizon = stream_horizon();

    stream_expire();
    stream_state(&c->state);
    memcpy(c->page.epoch, c->state.epoch, FF_EPOCH_MAX);
    c->page.first = c->state.first;
    c->page.last = c->state.last;
    c->page.per_channel = c->state.per_channel;
    if (fake_random(1000) < fake.fail_calls)
        c->err = FF_E_TIMEOUT;
    else if (c->kind == ASK_LAST)
        stream_last(c, horizon);
    else if (c->kind == ASK_READ) /* no lag shows without an end */
        stream_read(c, c->query.to == 0 ? UINT64_MAX : horizon);
    else if (c->kind == ASK_END)
        c->offset = stream_end(c->channel);
    else if (c->kind == ASK_STORE)
        c->offset = stream_publish(c->channel);
    fake_at(fake_soon(), stream_on_answer, c);
}

static inline struct stream_call *stream_ask(enum stream_ask kind,
                                             const char *channel, void *ctx)
{
    struct stream_call *c = ff_new(struct stream_call);

    c->kind = kind;
    c->ctx = ctx;
    if (channel != NULL)
        c->channel = (unsigned)atoi(strchr(channel, ':') + 1);
    fake_call_add(&c->call, stream_fail);
    c->err = fake.connected ? FF_OK : FF_E_UNAVAILABLE;
    fake_at(fake_soon(), fake.connected ? stream_on_call : stream_on_answer, c);
    return c;
}

void ff_history_ask_state(struct ff_bus *bus, int timeout_ms,
                          ff_history_on_state *fn, void *ctx)
{
    (void)bus, (void)timeout_ms;
    stream_ask(ASK_STATE, NULL, ctx)->on_state = fn;
}

void ff_history_last(struct ff_bus *bus, const char *app, const char *channel,
                     ff_history_on_msg *fn, void *ctx)
{
    (void)bus, (void)app;
    stream_ask(ASK_LAST, channel, ctx)->on_msg = fn;
}

void ff_history_last_offset(struct ff_bus *bus, const char *app,
                            const char *channel, ff_history_on_offset *fn,
                            void *ctx)
{
    (void)bus, (void)app;
    stream_ask(ASK_END, channel, ctx)->on_offset = fn;
}

void ff_history_read(struct ff_bus *bus, const struct ff_history_query *query,
                     ff_history_on_page *fn, void *ctx)
{
    struct stream_call *c = stream_ask(ASK_READ, query->channel, ctx);

    (void)bus;
    c->on_page = fn;
    c->query = *query;
    stream.reads++;
}

void ff_history_store(struct ff_bus *bus, const struct ff_message *message,
                      const char *key, uint64_t expected, int timeout_ms,
                      int tries, ff_history_on_stored *fn, void *ctx)
{
    struct ff_message_names names = {0};

    (void)bus, (void)key, (void)expected, (void)timeout_ms, (void)tries;
    memcpy(names.channel, message->channel.data, message->channel.len);
    stream_ask(ASK_STORE, names.channel, ctx)->on_stored = fn;
}

#endif
