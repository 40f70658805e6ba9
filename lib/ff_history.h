#ifndef FF_HISTORY_H
#define FF_HISTORY_H

/*
 * Channels that remember: the stream FF_HISTORY behind them, by JetStream's plain request API. Offset = stream
 * sequence (rises per channel, has holes); epoch = identity of the stream. Limits per channel that are tighter than the
 * stream's (history_size, history_ttl_s) are applied where a channel is read.
 *
 * On the bus' loop thread. Callbacks always come, exactly once, unless said otherwise.
 */

#include "ff_bus.h"
#include "ff_message.h"

#define FF_EPOCH_MAX 24

/* How the stream should be; see proto/settings/auth.def. */
struct ff_history_config {
    const char *storage; /* file, memory */
    int64_t replicas, max_age_s, max_per_channel, max_bytes, dedup_window_s;
};

/*
 * Create the stream or update it. What JetStream refuses for good (another storage, too many replicas, no room) is
 * FF_E_CONFIG; text is its reason, NULL without an error.
 */
void ff_history_ensure(struct ff_bus *bus,
                       const struct ff_history_config *config,
                       void (*fn)(void *ctx, ff_err err, const char *text),
                       void *ctx);

/* The stream's epoch: base 36 of the nanoseconds at which it was created. FF_E_NOT_FOUND: no stream. */
typedef void ff_history_on_epoch(void *ctx, ff_err err, const char *epoch);
void ff_history_epoch(struct ff_bus *bus, int timeout_ms,
                      ff_history_on_epoch *fn, void *ctx);

/*
 * The same, and where the stream is now. Messages leave it at its front: none with an offset of first or more was ever evicted,
 * but for those of a channel that had per_channel newer ones.
 */
struct ff_history_state {
    char epoch[FF_EPOCH_MAX];
    uint64_t first,
        last; /* offsets, of any channel; first > last: it is empty */
    uint64_t per_channel; /* messages kept of one channel; 0: no limit */
};
typedef void ff_history_on_state(void *ctx, ff_err err,
                                 const struct ff_history_state *state);
void ff_history_ask_state(struct ff_bus *bus, int timeout_ms,
                          ff_history_on_state *fn, void *ctx);

/*
 * Store a message; fn gets its offset once the stream has acknowledged it. Tried again with the same key after a lost
 * acknowledgement or connection, until tries * timeout_ms have passed: a bus that is not connected is waited for. key:
 * idempotency key, of this channel alone (NULL: the message's id). duplicate: the key was known; offset is the first one's. expected: UINT64_MAX, or the offset that the channel's
 * last message must have (0: none yet), else FF_E_CONFLICT. FF_E_FULL: no room.
 */
typedef void ff_history_on_stored(void *ctx, ff_err err, uint64_t offset,
                                  bool duplicate);
void ff_history_store(struct ff_bus *bus, const struct ff_message *message,
                      const char *key, uint64_t expected, int timeout_ms,
                      int tries, ff_history_on_stored *fn, void *ctx);

/*
 * The last message of a channel; FF_E_NOT_FOUND. msg is borrowed; read it with ff_message_read. A replica may lag and tell an
 * older one; but that there is none is the leader's word.
 */
typedef void ff_history_on_msg(void *ctx, ff_err err, struct ff_bus_msg *msg);
void ff_history_last(struct ff_bus *bus, const char *app, const char *channel,
                     ff_history_on_msg *fn, void *ctx);

/* The offset of a channel's last message, 0 if there is none: the word of the stream's leader. */
typedef void ff_history_on_offset(void *ctx, ff_err err, uint64_t offset);
void ff_history_last_offset(struct ff_bus *bus, const char *app,
                            const char *channel, ff_history_on_offset *fn,
                            void *ctx);

/*
 * Read a channel: messages with from <= offset <= to in order, at most limit of them and max_bytes of bodies (but
 * one at least); newest: of more than that the newest ones are given, still in rising order. The page is borrowed for
 * the call; its messages may be kept by ff_bus_msg_ref.
 *
 * Everything that the stream held in [from, to] on this channel when the reading ended is in the page, unless cut: there
 * was more than limit or max_bytes. from_seen: the message at offset from itself was still in the stream then; so
 * nothing behind it was evicted, for the oldest of a channel always goes first. No replica's lag shows in a page that
 * has no end (to); one with an end may lack the newest messages before it. epoch and the stream's own numbers are those after reading.
 *
 * 32 reads run at once, 1,024 wait for them; FF_E_BUSY: too many wait. FF_E_UNAVAILABLE: no stream, no connection.
 * FF_E_TIMEOUT.
 */
struct ff_history_page {
    struct ff_bus_msg **msgs;
    size_t count;
    bool cut, from_seen;
    char epoch[FF_EPOCH_MAX];
    uint64_t first, last, per_channel; /* as in struct ff_history_state */
};
struct ff_history_query {
    const char *app, *channel;
    uint64_t from, to; /* to 0: no end */
    size_t limit, max_bytes;
    bool newest;
    int timeout_ms;
};
typedef void ff_history_on_page(void *ctx, ff_err err,
                                const struct ff_history_page *page);
void ff_history_read(struct ff_bus *bus, const struct ff_history_query *query,
                     ff_history_on_page *fn, void *ctx);

/* Remove all of a channel up to and including offset (0: everything). How many went. */
void ff_history_remove(struct ff_bus *bus, const char *app, const char *channel,
                       uint64_t offset,
                       void (*fn)(void *ctx, ff_err err, uint64_t removed),
                       void *ctx);

#endif
