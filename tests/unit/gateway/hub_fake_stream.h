#ifndef HUB_FAKE_STREAM_H
#define HUB_FAKE_STREAM_H

/*
 * The history stream in hub_fake.h, and the truth of it: what was ever stored
 * stays known, also what was evicted, removed, or went with an older stream.
 */

#include "hub_fake_around.h"

struct fake_entry {
    unsigned epoch;
    uint64_t offset, previous;
    unsigned channel;
    uint64_t mark;    /* a mark of a removal up to here; 0: a message */
    bool gone;        /* not in the stream any more */
    bool removed;     /* because somebody wanted it so */
    uint64_t gone_at; /* the next offset when it went: replicas may lag */
    int64_t time_ms;
};

#define STREAM_MAX 65536
static struct {
    struct fake_entry entries[STREAM_MAX];
    size_t count;
    unsigned epoch;
    uint64_t next;
    unsigned per_channel; /* messages kept of one */
    unsigned lag;         /* in 1000: reads that do not see the newest */
    uint64_t cut_off_at;  /* who answers was cut off then; 0: nobody was */
    unsigned reads;
    const char *prefix; /* of the channels' names: a namespace */
} stream;

static inline void stream_name(unsigned channel, char out[32])
{
    snprintf(out, 32, "%s:%u", stream.prefix, channel);
}

static inline void stream_open(void)
{
    memset(&stream, 0, sizeof(stream));
    stream.epoch = 1;
    stream.next = 1;
    stream.per_channel = 1000;
    stream.prefix = "room";
}

static inline bool stream_has(const struct fake_entry *e, unsigned channel)
{
    return e->epoch == stream.epoch && e->channel == channel && !e->gone;
}

/* A message as it is live (ff.ch) or read (ff.in). */
static inline struct ff_bus_msg *stream_msg(const struct fake_entry *e,
                                            bool live)
{
    char name[32], id[32], body[64], offset[24], previous[24];
    struct ff_message_out out;

    stream_name(e->channel, name);
    snprintf(id, sizeof(id), "m%u-%llu", e->epoch,
             (unsigned long long)e->offset);
    snprintf(body, sizeof(body), "{\"offset\":%llu}",
             (unsigned long long)e->mark);
    const struct ff_message message = {
        .app = FF_SLICE_LIT("dev"),
        .channel = ff_slice_str(name),
        .id = ff_slice_str(id),
        .kind = ff_slice_str(e->mark > 0 ? "removed" : NULL),
        .time_ms = FAKE_UNIX_MS + e->time_ms,
        .body = ff_slice_str(body),
    };
    assert_int_equal(ff_message_write(&message,
                                      live ? FF_SUBJ_LIVE : FF_SUBJ_STORE, NULL,
                                      UINT64_MAX, &out),
                     FF_OK);
    snprintf(offset, sizeof(offset), "%llu", (unsigned long long)e->offset);
    snprintf(previous, sizeof(previous), "%llu",
             (unsigned long long)e->previous);
    out.headers[out.out.header_count++] =
        (struct ff_bus_header){"Nats-Sequence", ff_slice_str(offset)};
    if (live)
        out.headers[out.out.header_count++] = (struct ff_bus_header){
            "Nats-Last-Sequence", ff_slice_str(previous)};
    return ff_bus_msg_new(&out.out);
}

static inline void stream_drop(struct fake_entry *e)
{
    e->gone = true;
    e->gone_at = stream.next;
}

/* Also a leader knows nothing that came after it was cut off. */
static inline bool stream_knows(uint64_t offset)
{
    return stream.cut_off_at == 0 || offset <= stream.cut_off_at;
}

static inline uint64_t stream_end(unsigned channel)
{
    for (size_t i = stream.count; i > 0; i--) {
        const struct fake_entry *e = &stream.entries[i - 1];
        if (stream_has(e, channel) && stream_knows(e->offset))
            return e->offset;
    }
    return 0;
}

static inline void stream_evict(unsigned channel)
{
    unsigned kept = 0;

    for (size_t i = stream.count; i > 0; i--) {
        struct fake_entry *e = &stream.entries[i - 1];
        if (stream_has(e, channel) && ++kept > stream.per_channel)
            stream_drop(e);
    }
}

#define STREAM_AGE_MS 60000

/* What is old goes. */
static inline void stream_expire(void)
{
    for (size_t i = 0; i < stream.count; i++) {
        struct fake_entry *e = &stream.entries[i];
        if (!e->gone && e->time_ms + STREAM_AGE_MS <= fake.now_ms)
            stream_drop(e);
    }
}

static inline uint64_t stream_add(unsigned channel, uint64_t mark)
{
    struct fake_entry *e = &stream.entries[stream.count++];

    assert_true(stream.count < STREAM_MAX);
    stream_expire();
    *e = (struct fake_entry){
        .epoch = stream.epoch,
        .offset = stream.next,
        .previous = stream_end(channel),
        .channel = channel,
        .mark = mark,
        .time_ms = fake.now_ms,
    };
    stream.next += 1 + fake_random(3); /* other channels' messages */
    stream_evict(channel);
    struct ff_bus_msg *msg = stream_msg(e, true);
    fake_send(msg);
    ff_bus_msg_unref(&msg);
    return e->offset;
}

static inline uint64_t stream_publish(unsigned channel)
{
    return stream_add(channel, 0);
}

/* As the ingress does it: remove, then say so in the stream. */
static inline void stream_remove(unsigned channel)
{
    uint64_t end = stream_end(channel);

    if (end == 0)
        return;
    for (size_t i = 0; i < stream.count; i++) {
        struct fake_entry *e = &stream.entries[i];
        if (stream_has(e, channel)) {
            stream_drop(e);
            e->removed = true;
        }
    }
    stream_add(channel, end);
}

/* Deleted and made anew. */
static inline void stream_renew(void)
{
    stream.epoch++;
    stream.next = 1 + fake_random(3);
}

static inline void stream_epoch_text(char out[FF_EPOCH_MAX])
{
    snprintf(out, FF_EPOCH_MAX, "e%u", stream.epoch);
}

#endif
