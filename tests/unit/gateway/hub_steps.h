#ifndef HUB_STEPS_H
#define HUB_STEPS_H

/* What tests of the hub say as workers. */

#include "hub_fake_history.h"

/* A hub with these namespaces and an empty stream, some time after its start. */
static inline int hub_set_up(const char *spaces)
{
    stream_open();
    fake_open(1, spaces);
    fake_run(100);
    fake_skip_mail();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    fake_close();
    return 0;
}

static inline struct to_hub step(enum to_hub_type type, unsigned worker,
                                 const char *channel, conn_id conn)
{
    return (struct to_hub){
        .type = type,
        .worker = worker,
        .channel = ff_strdup(channel),
        .reply = {.conn = conn, .ref = ff_strdup("7"), .tag = 3},
    };
}

static inline void subscribe(unsigned worker, const char *channel, conn_id conn)
{
    struct to_hub item = step(TO_HUB_SUBSCRIBE, worker, channel, conn);

    fake_say(&item);
}

static inline void resume(unsigned worker, const char *channel, conn_id conn,
                          uint64_t offset, const char *epoch)
{
    struct to_hub item = step(TO_HUB_SUBSCRIBE, worker, channel, conn);

    item.recover_asked = true;
    item.recover.known = true;
    item.recover.offset = offset;
    snprintf(item.recover.epoch, FF_EPOCH_MAX, "%s", epoch);
    fake_say(&item);
}

static inline void drop(unsigned worker, const char *channel)
{
    struct to_hub item = step(TO_HUB_DROP, worker, channel, 0);

    fake_say(&item);
}

static inline void say(unsigned worker, const char *channel, conn_id conn,
                       const char *body)
{
    struct to_hub item = step(TO_HUB_PUBLISH, worker, channel, conn);

    item.body = ff_strdup(body);
    item.body_len = strlen(body);
    item.want_ack = true;
    fake_say(&item);
}

/* A plain message as another process publishes it. */
static inline void others_say(const char *channel, const char *body)
{
    const struct ff_message message = {
        .app = FF_SLICE_LIT("dev"),
        .channel = ff_slice_str(channel),
        .id = FF_SLICE_LIT("id1"),
        .time_ms = FAKE_UNIX_MS,
        .body = ff_slice_str(body),
    };

    assert_int_equal(ff_message_publish(NULL, &message), FF_OK);
}

/* --- what a worker is told ------------------------------------------------------ */

static inline void told_subscribed(unsigned worker, conn_id conn, ff_err err)
{
    struct to_worker item = fake_expect(worker, TO_WORKER_SUBSCRIBED);

    assert_int_equal(item.err, err);
    assert_int_equal(item.reply.conn, conn);
    assert_string_equal(item.reply.ref, "7");
    assert_int_equal(item.reply.tag, 3);
    to_worker_fini(&item);
}

/* The offsets of what is replayed: "5 7 9 | 9", behind the bar the position. */
static inline void told_recovered(unsigned worker, enum recovered recovered,
                                  const char *want)
{
    struct to_worker item = fake_expect(worker, TO_WORKER_SUBSCRIBED);
    struct ff_buf got = {0};

    assert_int_equal(item.err, FF_OK);
    assert_int_equal(item.recovered, recovered);
    for (size_t i = 0; i < item.message_count; i++)
        ff_buf_addf(&got, "%llu ",
                    (unsigned long long)item.messages[i]->m.offset);
    ff_buf_addf(&got, "| %llu", (unsigned long long)item.position.offset);
    assert_string_equal(got.data, want);
    ff_buf_fini(&got);
    to_worker_fini(&item);
}

/* Without a look at which messages. */
static inline void told_resumed(unsigned worker, enum recovered recovered,
                                size_t count)
{
    struct to_worker item = fake_expect(worker, TO_WORKER_SUBSCRIBED);

    assert_int_equal(item.recovered, recovered);
    assert_int_equal(item.message_count, count);
    to_worker_fini(&item);
}

static inline void told_answer(unsigned worker, enum to_worker_type type,
                               ff_err err)
{
    struct to_worker item = fake_expect(worker, type);

    assert_int_equal(item.err, err);
    to_worker_fini(&item);
}

static inline void told_message(unsigned worker, const char *body)
{
    struct to_worker item = fake_expect(worker, TO_WORKER_DELIVER);

    assert_true(ff_slice_is(item.message->m.body, body));
    to_worker_fini(&item);
}

static inline void told_offset(unsigned worker, uint64_t offset)
{
    struct to_worker item = fake_expect(worker, TO_WORKER_DELIVER);

    assert_int_equal(item.message->m.offset, offset);
    to_worker_fini(&item);
}

static inline void told_lost(unsigned worker, uint64_t offset)
{
    struct to_worker item = fake_expect(worker, TO_WORKER_LOST);

    assert_int_equal(item.position.offset, offset);
    to_worker_fini(&item);
}

#endif
