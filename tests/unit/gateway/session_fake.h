#ifndef SESSION_FAKE_H
#define SESSION_FAKE_H

/*
 * What is around the session layer, for tests of it: connections that write down what they are told, and a hub whose mailbox the
 * test reads. A header, because only tests that do without the real conn.c may have these functions.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/gateway/session.h"

#define FAKE_CONNS_MAX 64

struct conn {
    struct conn_info info;
    struct session *session;
    char **said; /* "text" or, on a stream, "event|id|data" */
    size_t first, count, cap;
    bool closing, paused, replaying;
    size_t room; /* for what was missed; 0: enough */
    ff_err closed_as;
    char reason[128];
};

struct fake {
    struct handoff *handoff;
    struct sessions *all;
    struct conn *conns[FAKE_CONNS_MAX];
    size_t conn_count;
    struct to_hub *asked;
    size_t first, count, cap;
    struct ff_buf members; /* "+channel/user,about;-channel/user;" */
};

/* --- conn.h ---------------------------------------------------------------- */

const struct conn_info *conn_info(const struct conn *conn)
{
    return &conn->info;
}

struct session *conn_session(const struct conn *conn)
{
    return conn->session;
}

static inline void fake_note(struct conn *conn, char *text)
{
    conn->said =
        ff_grow(conn->said, &conn->cap, conn->count + 1, sizeof(*conn->said));
    conn->said[conn->count++] = text;
}

/* The payload of a WebSocket frame. */
static inline struct ff_slice fake_payload(const struct frame *frame)
{
    const unsigned char *head = (const unsigned char *)frame->data;
    size_t skip = head[1] < 126 ? 2 : head[1] == 126 ? 4 : 10;

    return (struct ff_slice){frame->data + skip, frame->len - skip};
}

void conn_send(struct conn *conn, const struct frame *frame)
{
    if (!conn->closing)
        fake_note(conn, ff_slice_dup(fake_payload(frame)));
}

void conn_send_json(struct conn *conn, const char *sse_event,
                    const char *sse_id, struct ff_slice json)
{
    if (conn->closing)
        return;
    if (conn->info.kind == CONN_WS)
        fake_note(conn, ff_slice_dup(json));
    else
        fake_note(conn, ff_asprintf("%s|%s|%.*s", sse_event,
                                    sse_id != NULL ? sse_id : "-",
                                    (int)json.len, json.data));
}

/* "event: E\ndata: D\n\n" is written down as "E|id|D". */
void conn_send_event(struct conn *conn, const struct frame *frame,
                     const char *sse_id)
{
    struct ff_slice all = {frame->data, frame->len};
    const char *end = memchr(all.data, '\n', all.len);
    int event = (int)(end - all.data) - 7;
    int data = (int)(all.len - (size_t)(end + 7 - all.data)) - 2;

    if (!conn->closing)
        fake_note(conn,
                  ff_asprintf("%.*s|%s|%.*s", event, all.data + 7,
                              sse_id != NULL ? sse_id : "-", data, end + 7));
}

bool conn_may_replay(const struct conn *conn, size_t bytes)
{
    return conn->room == 0 || bytes <= conn->room;
}

uint32_t conn_begin_replay(struct conn *conn)
{
    conn->replaying = true;
    return 0;
}

void conn_end_replay(struct conn *conn, uint32_t counted)
{
    if (!conn->replaying || counted != 0)
        ff_bug("a replay ends that did not begin");
    conn->replaying = false;
}

void conn_close(struct conn *conn, ff_err err, const char *reason)
{
    if (conn->closing)
        return;
    conn->closing = true;
    conn->closed_as = err;
    snprintf(conn->reason, sizeof(conn->reason), "%s", reason);
}

bool conn_is_closing(const struct conn *conn)
{
    return conn->closing;
}

void conn_pause(struct conn *conn, bool paused)
{
    conn->paused = paused;
}

/* --- the worker ------------------------------------------------------------ */

static inline struct conn *fake_find(void *ctx, conn_id id)
{
    struct fake *f = ctx;

    for (size_t i = 0; i < f->conn_count; i++) {
        if (f->conns[i]->info.id == id)
            return f->conns[i];
    }
    return NULL;
}

static inline void fake_each(void *ctx,
                             void (*fn)(void *arg, struct conn *conn),
                             void *arg)
{
    struct fake *f = ctx;

    for (size_t i = 0; i < f->conn_count; i++)
        fn(arg, f->conns[i]);
}

#define FAKE_APP                                                               \
    "{\"id\":\"dev\",\"name\":\"Dev\",\"enabled\":true,"                       \
    "\"namespaces\":{\"\":{\"publish\":\"any\"},"                              \
    "\"log\":{\"publish\":\"any\",\"history_size\":10},"                       \
    "\"bin\":{\"publish\":\"any\",\"binary\":true},"                           \
    "\"doc\":{\"publish\":\"any\",\"documents\":true},"                        \
    "\"quiet\":{\"whisper\":false},"                                           \
    "\"room\":{\"publish\":\"any\",\"presence\":true},"                        \
    "\"small\":{\"publish\":\"any\",\"max_message_bytes\":64},"                \
    "\"users\":{\"subscribe\":\"user\",\"publish\":\"user\"}}}"

static inline struct ff_app *fake_app(const char *text)
{
    json_t *record = NULL;
    struct ff_app *app = NULL;
    struct ff_why why = {0};

    if (ff_json_parse(ff_slice_str(text), &record, NULL) != FF_OK ||
        ff_app_decode(record, &app, &why) != FF_OK) {
        fprintf(stderr, "app: %s: %s\n", why.field, why.text);
        abort();
    }
    json_decref(record);
    return app;
}

static inline void fake_take_app(struct fake *f, const char *text)
{
    struct to_worker item = {.type = TO_WORKER_APP, .app = fake_app(text)};

    sessions_take(f->all, &item);
}

static inline struct fake *fake_new_with(int64_t per_minute)
{
    struct fake *f = ff_new(struct fake);
    struct sessions_options options = {
        .instance = "gw1",
        .app_id = "dev",
        .max_subscriptions = 4,
        .max_messages_per_minute = per_minute,
        .max_text_bytes = 100000,
        .max_binary_bytes = 100000,
        .heartbeat_interval_ms = 25000,
        .find = fake_find,
        .each = fake_each,
        .ctx = f,
    };

    f->handoff = handoff_new(1);
    options.handoff = f->handoff;
    f->all = sessions_new(&options);
    fake_take_app(f, FAKE_APP);
    return f;
}

static inline struct fake *fake_new(void)
{
    return fake_new_with(0);
}

/* A connection and its session; how NULL: anonymous. */
static inline struct conn *fake_open(struct fake *f, enum conn_kind kind,
                                     const struct session_open *how)
{
    static const struct session_open plain;
    struct conn *conn = ff_new(struct conn);
    conn_id id = CONN_ID(0, f->conn_count, 1);

    conn->info = (struct conn_info){
        .id = id, .kind = kind, .peer = "127.0.0.1", .path = "/v1/ws"};
    snprintf(conn->info.name, sizeof(conn->info.name), "c%zu", f->conn_count);
    f->conns[f->conn_count++] = conn;
    conn->session = session_new(f->all, conn, how != NULL ? how : &plain);
    return conn;
}

static inline void fake_free_conn(struct conn *conn)
{
    session_close(&conn->session);
    for (size_t i = conn->first; i < conn->count; i++)
        free(conn->said[i]);
    free(conn->said);
    free(conn);
}

/* The connection is gone. */
static inline void fake_gone(struct fake *f, struct conn *conn)
{
    size_t i = 0;

    while (f->conns[i] != conn)
        i++;
    f->conns[i] = f->conns[--f->conn_count];
    fake_free_conn(conn);
}

/* --- the hub --------------------------------------------------------------- */

/* Who came and went is told at any time: written down apart. */
static inline void fake_take_member(struct fake *f, struct to_hub *item)
{
    ff_buf_addf(&f->members, "%c%s/%s%s;", item->joined ? '+' : '-',
                item->channel, item->user,
                item->text != NULL ? item->text : "");
    to_hub_fini(item);
}

static inline void fake_take(void *ctx, struct to_hub *item)
{
    struct fake *f = ctx;

    if (item->type == TO_HUB_PRESENCE) {
        fake_take_member(f, item);
        return;
    }
    f->asked = ff_grow(f->asked, &f->cap, f->count + 1, sizeof(*f->asked));
    f->asked[f->count++] = *item;
}

static inline void fake_drain(struct fake *f)
{
    while (handoff_drain_hub(f->handoff, fake_take, f) > 0)
        ;
}

/* The next thing that the hub was told; NULL: nothing. End it with to_hub_fini. */
static inline struct to_hub *fake_next(struct fake *f)
{
    fake_drain(f);
    if (f->first == f->count)
        f->first = f->count = 0;
    return f->first < f->count ? &f->asked[f->first++] : NULL;
}

static inline void fake_free(struct fake **fake)
{
    struct fake *f = *fake;
    struct to_hub *item;

    *fake = NULL;
    for (size_t i = 0; i < f->conn_count; i++)
        fake_free_conn(f->conns[i]);
    while ((item = fake_next(f)) != NULL)
        to_hub_fini(item);
    sessions_free(&f->all);
    handoff_free(&f->handoff);
    ff_buf_fini(&f->members);
    free(f->asked);
    free(f);
}

/* An answer to it, which it ends: the caller fills in the rest and takes it. */
static inline struct to_worker fake_answer(struct to_hub *item,
                                           enum to_worker_type type)
{
    struct to_worker out = {.type = type, .verb = item->verb};

    snprintf(out.app_id, sizeof(out.app_id), "%s", item->app->id);
    out.channel = ff_strdup(item->channel);
    out.reply = item->reply;
    item->reply.ref = NULL;
    to_hub_fini(item);
    return out;
}

static inline struct position fake_at(const char *epoch, uint64_t offset)
{
    struct position at = {.known = true, .offset = offset};

    snprintf(at.epoch, sizeof(at.epoch), "%s", epoch);
    return at;
}

/* A message as it comes from the bus; offset 0: not stored. */
static inline struct message *fake_message(const struct ff_message *from,
                                           uint64_t offset)
{
    struct ff_message_out out;
    struct message *message;
    char text[24];
    struct ff_message m = *from;

    m.app = FF_SLICE_LIT("dev");
    if (m.time_ms == 0)
        m.time_ms = 1000;
    if (ff_message_write(&m,
                         m.channel.len > 0 ? FF_SUBJ_LIVE : FF_SUBJ_BROADCAST,
                         NULL, UINT64_MAX, &out) != FF_OK)
        abort();
    snprintf(text, sizeof(text), "%llu", (unsigned long long)offset);
    if (offset > 0)
        out.headers[out.out.header_count++] =
            (struct ff_bus_header){"Nats-Sequence", ff_slice_str(text)};
    struct ff_bus_msg *bus = ff_bus_msg_new(&out.out);
    if (message_new(bus, &message) != FF_OK)
        abort();
    ff_bus_msg_unref(&bus);
    return message;
}

static inline struct message *fake_text(const char *channel, const char *body,
                                        uint64_t offset)
{
    struct ff_message m = {.channel = ff_slice_str(channel),
                           .id = FF_SLICE_LIT("m1"),
                           .body = ff_slice_str(body)};

    return fake_message(&m, offset);
}

/* Takes the reference. */
static inline void fake_deliver(struct fake *f, struct message *message)
{
    struct to_worker item = {
        .type = TO_WORKER_DELIVER,
        .app_id = "dev",
        .channel = ff_slice_dup(message->m.channel),
        .message = message,
    };

    sessions_take(f->all, &item);
}

#endif
