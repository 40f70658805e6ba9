#ifndef SESSION_STEPS_H
#define SESSION_STEPS_H

/* The steps of which tests of sessions are made. */

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session_fake.h"

static inline int steps_setup(void **state)
{
    *state = fake_new();
    return 0;
}

static inline int steps_teardown(void **state)
{
    struct fake *f = *state;

    fake_free(&f);
    return 0;
}

#define step(test)                                                             \
    cmocka_unit_test_setup_teardown(test, steps_setup, steps_teardown)

/* --- what a client is told ------------------------------------------------- */

static inline char *take_said(struct conn *conn)
{
    if (conn->first == conn->count)
        fail_msg("%s was told nothing", conn->info.name);
    return conn->said[conn->first++];
}

static inline void said(struct conn *conn, const char *wanted)
{
    char *text = take_said(conn);

    assert_string_equal(text, wanted);
    free(text);
}

/* '*' stands for anything; nothing else is special. */
static inline bool like(const char *wanted, const char *text)
{
    struct ff_buf pattern = {0};

    for (const char *c = wanted; *c != '\0'; c++) {
        if (strchr("[]?\\", *c) != NULL)
            ff_buf_addc(&pattern, '\\');
        ff_buf_addc(&pattern, *c);
    }
    bool same = fnmatch(pattern.data, text, 0) == 0;
    ff_buf_fini(&pattern);
    return same;
}

static inline void said_like(struct conn *conn, const char *wanted)
{
    char *text = take_said(conn);

    if (!like(wanted, text))
        fail_msg("told: %s\nwanted: %s", text, wanted);
    free(text);
}

static inline void said_nothing(const struct conn *conn)
{
    if (conn->first < conn->count)
        fail_msg("%s was told: %s", conn->info.name, conn->said[conn->first]);
}

/* --- what a client does ---------------------------------------------------- */

static inline void send_text(struct conn *conn, const char *text)
{
    session_text(conn->session, ff_slice_str(text));
}

static inline void send_binary(struct conn *conn, const char *text)
{
    session_binary(conn->session, ff_slice_str(text));
}

static inline void ask_to_subscribe(struct conn *conn, const char *channel)
{
    char text[300];

    snprintf(text, sizeof(text),
             "{\"action\":\"subscribe\",\"data\":{\"channel\":\"%s\"}}",
             channel);
    send_text(conn, text);
}

/* --- what the hub does ----------------------------------------------------- */

static inline struct to_hub *next(struct fake *f, enum to_hub_type type)
{
    struct to_hub *item = fake_next(f);

    assert_non_null(item);
    assert_int_equal(item->type, type);
    return item;
}

/* position NULL: a channel without history. */
static inline void answer_subscribed(struct fake *f,
                                     const struct position *position)
{
    struct to_worker out =
        fake_answer(next(f, TO_HUB_SUBSCRIBE), TO_WORKER_SUBSCRIBED);

    if (position != NULL)
        out.position = *position;
    sessions_take(f->all, &out);
}

/* Messages with these offsets, whose body is the offset. */
static inline void give_messages(struct to_worker *out, const char *channel,
                                 uint64_t from, uint64_t to)
{
    char body[24];

    out->message_count = (size_t)(to - from + 1);
    out->messages = ff_alloc(out->message_count * sizeof(struct message *));
    for (uint64_t offset = from; offset <= to; offset++) {
        snprintf(body, sizeof(body), "%llu", (unsigned long long)offset);
        out->messages[offset - from] = fake_text(channel, body, offset);
    }
}

/* The channel's history ends at end; of it these messages were missed. */
static inline void answer_recovered(struct fake *f, struct to_hub *item,
                                    uint64_t from, uint64_t to, uint64_t end)
{
    struct to_worker out = fake_answer(item, TO_WORKER_SUBSCRIBED);

    out.position = fake_at("e1", end);
    out.recovered = RECOVERED_YES;
    give_messages(&out, out.channel, from, to);
    sessions_take(f->all, &out);
}

/* text NULL: none. */
static inline void answer_called(struct fake *f, struct to_hub *item,
                                 const char *text, ff_err err)
{
    struct to_worker out = fake_answer(item, TO_WORKER_CALLED);

    out.text = ff_strdup(text);
    out.err = err;
    sessions_take(f->all, &out);
}

static inline void answer_published(struct fake *f, struct to_hub *item,
                                    const char *id, uint64_t offset)
{
    struct to_worker out = fake_answer(item, TO_WORKER_PUBLISHED);

    snprintf(out.id, sizeof(out.id), "%s", id);
    if (offset > 0)
        out.position = fake_at("e1", offset);
    sessions_take(f->all, &out);
}

static inline struct ff_identity *identity(const char *user, const char *role)
{
    struct ff_identity *who = ff_new(struct ff_identity);

    who->user_id = ff_strdup(user);
    who->role = ff_strdup(role);
    return who;
}

/* Takes who; NULL: refused with err. */
static inline void answer_verified(struct fake *f, struct ff_identity *who,
                                   ff_err err)
{
    struct to_worker out =
        fake_answer(next(f, TO_HUB_VERIFY), TO_WORKER_VERIFIED);

    out.identity = who;
    out.err = err;
    sessions_take(f->all, &out);
}

/* --- several of them ------------------------------------------------------- */

/* An anonymous WebSocket that was welcomed. */
static inline struct conn *open_ws(struct fake *f)
{
    struct conn *conn = fake_open(f, CONN_WS, NULL);

    free(take_said(conn));
    return conn;
}

/* A user's WebSocket that was welcomed. */
static inline struct conn *open_as(struct fake *f, const char *user,
                                   const char *role)
{
    struct session_open how = {.token = "t"};
    struct conn *conn = fake_open(f, CONN_WS, &how);

    answer_verified(f, identity(user, role), FF_OK);
    free(take_said(conn));
    return conn;
}

static inline void subscribe(struct fake *f, struct conn *conn,
                             const char *channel)
{
    ask_to_subscribe(conn, channel);
    answer_subscribed(f, NULL);
    said_like(conn, "{\"action\":\"subscribed\",*}");
}

#endif
