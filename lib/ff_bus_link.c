#include "ff_bus_link.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_bus_cmd.h"
#include "ff_bus_msg.h"
#include "ff_bus_subs.h"
#include "ff_hash.h"
#include "ff_log.h"
#include "ff_metric.h"

enum {
    TICK_MS = 250,
    BEAT_MS = 2000,
    SILENCE_MS = 10000,
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 1000,
    FLUSH_MS = 1000,
    KEEP_CLOSED_MS = 1000,
    BATCH = 1024,
    CMD_LIMIT = 1 << 20,
    SOCKET_BYTES = 4 << 20, /* more is kept in our own queue */
    OUT_BYTES = 64 << 20,
    IN_BYTES = 256 << 20,
};

struct ff_bus_link {
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t tick, retry;
    struct ff_mailbox *commands; /* of struct ff_bus_cmd * */
    struct ff_mailbox *events;
    char **urls;
    size_t url_count, url_at;
    char *name, *user, *password, *inbox;

    /* the bus thread's */
    struct ff_bus_conn *conn;
    struct ff_bus_subs *subs;
    uint64_t generation;
    int64_t beat_at, heard_at, ticked_at;
    unsigned heard_seen, slow_seen;
    bool told_down, stopping;

    /* any thread's */
    atomic_size_t out_bytes, socket_bytes, in_bytes, max_payload;
    atomic_uint heard, turns;
    atomic_bool overflown, flushed;
    _Atomic int64_t stop_by; /* 0: not asked to stop */
};

/* --- messages: on libnats' delivery thread --------------------------------- */

static void on_message(void *ctx, uint64_t sub, struct ff_bus_msg *msg)
{
    struct ff_bus_link *link = ctx;
    struct ff_bus_event event = {sub, msg};
    size_t bytes = ff_bus_msg_bytes(msg);
    atomic_fetch_add_explicit(&link->heard, 1, memory_order_relaxed);
    ff_metric_add(FF_M_BUS_RECEIVED, 1);
    if (ff_bus_slot(sub) == 0 && ff_slice_is(ff_bus_msg_body(msg), "flushed")) {
        atomic_store(&link->flushed, true);
        uv_async_send(&link->wake);
    }
    if (atomic_load(&link->in_bytes) + bytes > IN_BYTES) {
        ff_metric_add(FF_M_BUS_DROPPED, 1);
        ff_bus_msg_unref(&event.msg);
        if (!atomic_exchange(&link->overflown, true))
            uv_async_send(&link->wake);
        return;
    }
    atomic_fetch_add(&link->in_bytes, bytes);
    ff_mailbox_force(link->events, &event);
}

void ff_bus_link_taken(struct ff_bus_link *link, size_t bytes)
{
    atomic_fetch_sub(&link->in_bytes, bytes);
}

/* --- the connection -------------------------------------------------------- */

static void echo(struct ff_bus_link *link, const char *token, const char *body)
{
    char subject[FF_SUBJECT_MAX + 1];
    struct ff_bus_send send = {.subject = subject, .body = ff_slice_str(body)};
    snprintf(subject, sizeof(subject), "%s.%s", link->inbox, token);
    ff_bus_conn_publish(link->conn, &send);
}

static void schedule(struct ff_bus_link *link);

/* Give the connection up, tell the owner, and try again after a pause. */
static void drop(struct ff_bus_link *link, const char *reason)
{
    if (link->conn == NULL)
        return;
    if (!link->stopping)
        ff_warn("bus_disconnected", ff_fs("reason", reason));
    ff_bus_conn_close(link->conn);
    ff_bus_subs_unbind(link->subs);
    ff_bus_subs_bury(link->subs, link->conn);
    link->conn = NULL;
    atomic_store(&link->socket_bytes, 0);
    ff_mailbox_force(link->events, &(struct ff_bus_event){0, NULL});
    uv_async_send(&link->wake); /* for commands that waited for the socket */
    schedule(link);
}

static void on_wake(uv_async_t *wake);

static void on_lost(void *ctx)
{
    struct ff_bus_link *link = ctx;
    uv_async_send(&link->wake);
}

static void on_written(void *ctx)
{
    struct ff_bus_link *link = ctx;
    if (ff_mailbox_count(link->commands) > 0)
        on_wake(&link->wake);
}

static void greet(struct ff_bus_link *link, const char *url)
{
    char token[32];
    int64_t now = ff_bus_now_ms();
    link->generation++;
    atomic_store(&link->max_payload, ff_bus_conn_max_payload(link->conn));
    ff_bus_subs_bind(link->subs, link->conn);
    snprintf(token, sizeof(token), "u%llu",
             (unsigned long long)link->generation);
    echo(link, token, "");
    ff_bus_conn_settle(link->conn);
    link->heard_at = link->ticked_at = now;
    link->beat_at = now + BEAT_MS;
    link->told_down = false;
    ff_info("bus_connected", ff_fs("url", url),
            ff_fi("generation", (int64_t)link->generation));
}

static void on_retry(uv_timer_t *timer)
{
    struct ff_bus_link *link = timer->data;
    const char *text, *url = link->urls[link->url_at];
    struct ff_bus_conn_options options = {
        &link->loop,    url,     link->name, link->user,
        link->password, on_lost, on_written, link};
    if (link->conn != NULL || link->stopping)
        return;
    link->url_at = (link->url_at + 1) % link->url_count;
    if (ff_bus_conn_open(&options, &link->conn, &text) == FF_OK) {
        greet(link, url);
        return;
    }
    if (!link->told_down)
        ff_warn("bus_connect_failed", ff_fs("url", url), ff_fs("text", text));
    link->told_down = true;
    schedule(link);
}

static void schedule(struct ff_bus_link *link)
{
    uint32_t noise;
    ff_random(&noise, sizeof(noise));
    uv_timer_start(&link->retry, on_retry,
                   PAUSE_MIN_MS + noise % (PAUSE_MAX_MS - PAUSE_MIN_MS), 0);
}

/* --- the tick: signs of life ----------------------------------------------- */

static void watch_silence(struct ff_bus_link *link, int64_t now)
{
    unsigned heard = atomic_load(&link->heard);
    /* When we stood still ourselves, the silence says nothing. */
    if (heard != link->heard_seen || now - link->ticked_at > BEAT_MS)
        link->heard_at = now;
    link->heard_seen = heard;
    link->ticked_at = now;
    if (now - link->heard_at > SILENCE_MS) {
        drop(link, "silence");
        return;
    }
    if (now < link->beat_at)
        return;
    link->beat_at = now + BEAT_MS;
    echo(link, "beat", "");
    ff_bus_conn_settle(link->conn);
}

static void on_tick(uv_timer_t *timer)
{
    struct ff_bus_link *link = timer->data;
    int64_t now = ff_bus_now_ms();
    unsigned slow = ff_bus_conn_slow_count();
    atomic_fetch_add(&link->turns, 1);
    ff_bus_subs_dig(link->subs, now - KEEP_CLOSED_MS);
    if (slow != link->slow_seen)
        drop(link, "slow");
    link->slow_seen = slow;
    if (link->conn != NULL)
        watch_silence(link, now);
}

/* --- commands -------------------------------------------------------------- */

static void do_publish(struct ff_bus_link *link, const struct ff_bus_cmd *cmd)
{
    atomic_fetch_sub(&link->out_bytes, cmd->bytes);
    if (link->conn == NULL)
        return;
    ff_metric_add(FF_M_BUS_SENT, 1);
    ff_bus_conn_publish(link->conn, &cmd->send);
}

static void do_subscribe(struct ff_bus_link *link, const struct ff_bus_cmd *cmd)
{
    ff_bus_subs_add(link->subs, cmd->sub, cmd->send.subject, cmd->send.reply,
                    link->conn);
}

static void do_unsubscribe(struct ff_bus_link *link,
                           const struct ff_bus_cmd *cmd)
{
    ff_bus_subs_remove(link->subs, cmd->sub);
}

static void do_stop(struct ff_bus_link *link, const struct ff_bus_cmd *cmd)
{
    (void)cmd;
    link->stopping = true;
    if (link->conn != NULL)
        echo(link, "flush", "flushed");
}

static void take_command(void *ctx, void *item)
{
    static void (*const run[])(struct ff_bus_link *,
                               const struct ff_bus_cmd *) = {
        [FF_BUS_CMD_PUBLISH] = do_publish,
        [FF_BUS_CMD_SUBSCRIBE] = do_subscribe,
        [FF_BUS_CMD_UNSUBSCRIBE] = do_unsubscribe,
        [FF_BUS_CMD_STOP] = do_stop,
    };
    struct ff_bus_cmd *cmd = *(struct ff_bus_cmd **)item;
    run[cmd->kind](ctx, cmd);
    free(cmd);
}

/* Some at a time, so that the socket is read in between: the mailbox wakes us again for the rest. */
static void take_commands(struct ff_bus_link *link)
{
    size_t waiting = 0;
    ff_mailbox_drain(link->commands, BATCH, take_command, link);
    if (link->conn != NULL) {
        ff_bus_conn_settle(link->conn);
        waiting = ff_bus_conn_buffered(link->conn);
    }
    atomic_store(&link->socket_bytes, waiting);
}

static void on_wake(uv_async_t *wake)
{
    struct ff_bus_link *link = wake->data;
    if (link->conn != NULL && ff_bus_conn_lost(link->conn))
        drop(link, "closed");
    if (atomic_exchange(&link->overflown, false))
        drop(link, "overflow");
    if (link->conn == NULL || ff_bus_conn_buffered(link->conn) < SOCKET_BYTES)
        take_commands(link);
}

/* --- life ------------------------------------------------------------------ */

static void on_handle_closed(uv_handle_t *handle)
{
    (void)handle;
}

static bool out_of_time(struct ff_bus_link *link)
{
    int64_t by = atomic_load(&link->stop_by);
    return by != 0 && ff_bus_now_ms() > by;
}

/* Until all commands are taken, and then until the echo behind them came. The tick bounds each turn. */
static void run_loop(struct ff_bus_link *link)
{
    while (!link->stopping && !out_of_time(link))
        uv_run(&link->loop, UV_RUN_ONCE);
    link->stopping = true;
    while (link->conn != NULL && !atomic_load(&link->flushed) &&
           !out_of_time(link))
        uv_run(&link->loop, UV_RUN_ONCE);
}

static void take_down(struct ff_bus_link *link)
{
    drop(link, "stopped");
    ff_bus_subs_free(&link->subs);
    uv_close((uv_handle_t *)&link->wake, on_handle_closed);
    uv_close((uv_handle_t *)&link->tick, on_handle_closed);
    uv_close((uv_handle_t *)&link->retry, on_handle_closed);
    uv_run(&link->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&link->loop) != 0)
        ff_bug("a handle of the bus is still open");
}

static void run(void *arg)
{
    struct ff_bus_link *link = arg;
    take_commands(link); /* the inbox comes before the first connection */
    uv_timer_start(&link->retry, on_retry, 0, 0);
    uv_timer_start(&link->tick, on_tick, TICK_MS, TICK_MS);
    run_loop(link);
    take_down(link);
}

static void wake_link(void *ctx)
{
    struct ff_bus_link *link = ctx;
    uv_async_send(&link->wake);
}

static void copy_options(struct ff_bus_link *link,
                         const struct ff_bus_options *options)
{
    while (options->urls[link->url_count] != NULL)
        link->url_count++;
    if (link->url_count == 0)
        ff_bug("a bus without an URL");
    link->urls = ff_zalloc(link->url_count * sizeof(char *));
    for (size_t i = 0; i < link->url_count; i++)
        link->urls[i] = ff_strdup(options->urls[i]);
    link->name = ff_strdup(options->name);
    link->user = ff_strdup(options->user);
    link->password = ff_strdup(options->password);
}

struct ff_bus_link *ff_bus_link_new(const struct ff_bus_options *options,
                                    const char *inbox,
                                    struct ff_mailbox *events)
{
    struct ff_bus_link *link = ff_new(struct ff_bus_link);
    copy_options(link, options);
    link->inbox = ff_strdup(inbox);
    link->events = events;
    link->slow_seen = ff_bus_conn_slow_count();
    link->subs = ff_bus_subs_new(on_message, link);
    link->commands =
        ff_mailbox_new(sizeof(struct ff_bus_cmd *), CMD_LIMIT, wake_link, link);
    if (uv_loop_init(&link->loop) != 0 ||
        uv_async_init(&link->loop, &link->wake, on_wake) != 0)
        ff_bug("the bus' loop cannot be made");
    uv_timer_init(&link->loop, &link->tick);
    uv_timer_init(&link->loop, &link->retry);
    link->wake.data = link->tick.data = link->retry.data = link;
    return link;
}

void ff_bus_link_start(struct ff_bus_link *link)
{
    if (uv_thread_create(&link->thread, run, link) != 0)
        ff_bug("the bus' thread cannot be made");
}

static void post(struct ff_bus_link *link, struct ff_bus_cmd *cmd)
{
    ff_mailbox_force(link->commands, &cmd);
}

static void discard_command(void *ctx, void *item)
{
    (void)ctx;
    free(*(struct ff_bus_cmd **)item);
}

void ff_bus_link_free(struct ff_bus_link **link)
{
    struct ff_bus_link *old = *link;
    *link = NULL;
    atomic_store(&old->stop_by, ff_bus_now_ms() + FLUSH_MS);
    post(old, ff_bus_cmd_new(FF_BUS_CMD_STOP, 0, NULL, NULL));
    uv_thread_join(&old->thread);
    ff_mailbox_drain(old->commands, SIZE_MAX, discard_command, NULL);
    ff_mailbox_free(&old->commands);
    for (size_t i = 0; i < old->url_count; i++)
        free(old->urls[i]);
    free(old->urls);
    free(old->name);
    free(old->user);
    free(old->password);
    free(old->inbox);
    free(old);
}

/* --- the owner's side ------------------------------------------------------ */

ff_err ff_bus_link_publish(struct ff_bus_link *link, const char *reply,
                           const struct ff_bus_out *out)
{
    if (ff_bus_out_payload(out) > atomic_load(&link->max_payload))
        return FF_E_TOO_BIG;
    struct ff_bus_cmd *cmd = ff_bus_cmd_new(FF_BUS_CMD_PUBLISH, 0, reply, out);
    size_t before = atomic_fetch_add(&link->out_bytes, cmd->bytes);
    if (before + atomic_load(&link->socket_bytes) + cmd->bytes <= OUT_BYTES &&
        ff_mailbox_post(link->commands, &cmd) == FF_OK)
        return FF_OK;
    atomic_fetch_sub(&link->out_bytes, cmd->bytes);
    free(cmd);
    return FF_E_BUSY;
}

void ff_bus_link_subscribe(struct ff_bus_link *link, uint64_t id,
                           const char *subject, const char *queue)
{
    struct ff_bus_out out = {.subject = subject};
    post(link, ff_bus_cmd_new(FF_BUS_CMD_SUBSCRIBE, id, queue, &out));
}

void ff_bus_link_unsubscribe(struct ff_bus_link *link, uint64_t id)
{
    post(link, ff_bus_cmd_new(FF_BUS_CMD_UNSUBSCRIBE, id, NULL, NULL));
}

unsigned ff_bus_link_turns(struct ff_bus_link *link)
{
    return atomic_load(&link->turns);
}
