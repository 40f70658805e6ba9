#include <stdio.h>
#include <stdlib.h>

#include "ff_bus_cmd.h"
#include "ff_bus_link_priv.h"
#include "ff_hash.h"
#include "ff_log.h"
#include "ff_metric.h"

enum {
    TICK_MS = 250,
    BEAT_MS = 2000,
    SILENCE_MS = 10000,
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 1000,
    KEEP_CLOSED_MS = 1000,
    BATCH = 1024,
    PART = 8,               /* of a batch, between two looks for room */
    SOCKET_BYTES = 4 << 20, /* more is kept in our own queue */
    MARK_BYTES = 4 << 20,   /* sent between two marks */
    MARKS_MAX = 4,          /* not echoed yet: then nothing is sent */
};

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

static void on_lost(void *ctx)
{
    struct ff_bus_link *link = ctx;
    uv_async_send(&link->wake);
}

static void on_written(void *ctx)
{
    struct ff_bus_link *link = ctx;
    if (ff_mailbox_count(link->commands) > 0)
        ff_bus_thread_on_wake(&link->wake);
}

static void greet(struct ff_bus_link *link, const char *url)
{
    char token[32];
    int64_t now = ff_bus_now_ms();
    link->generation++;
    link->marks_before = link->marks;
    link->unmarked_bytes = 0;
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
        ff_bus_conn_forget_unsent(link->conn);
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

static void mark(struct ff_bus_link *link)
{
    char token[32];
    link->unmarked_bytes = 0;
    snprintf(token, sizeof(token), "m%llu", (unsigned long long)++link->marks);
    echo(link, token, "");
}

/* Not when the socket is full, nor when the last marks are still on their way. */
static bool has_room(struct ff_bus_link *link)
{
    if (link->conn == NULL)
        return true;
    uint64_t heard = atomic_load(&link->mark_heard);
    if (heard < link->marks_before)
        heard = link->marks_before;
    return link->marks - heard < MARKS_MAX &&
           ff_bus_conn_buffered(link->conn) < SOCKET_BYTES;
}

static void do_publish(struct ff_bus_link *link, const struct ff_bus_cmd *cmd)
{
    atomic_fetch_sub(&link->out_bytes, cmd->bytes);
    if (link->conn == NULL)
        return;
    ff_metric_add(FF_M_BUS_SENT, 1);
    ff_bus_conn_publish(link->conn, &cmd->send);
    link->unmarked_bytes += cmd->bytes;
    if (link->unmarked_bytes >= MARK_BYTES)
        mark(link);
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
    for (int n = 0; n < BATCH && has_room(link); n += PART)
        if (ff_mailbox_drain(link->commands, PART, take_command, link) < PART)
            break;
    if (link->conn != NULL) {
        ff_bus_conn_settle(link->conn);
        waiting = ff_bus_conn_buffered(link->conn);
    }
    atomic_store(&link->socket_bytes, waiting);
}

void ff_bus_thread_on_wake(uv_async_t *wake)
{
    struct ff_bus_link *link = wake->data;
    if (link->conn != NULL && ff_bus_conn_lost(link->conn))
        drop(link, "closed");
    if (atomic_exchange(&link->overflown, false))
        drop(link, "overflow");
    if (has_room(link))
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

void ff_bus_thread_run(void *arg)
{
    struct ff_bus_link *link = arg;
    take_commands(link); /* the inbox comes before the first connection */
    uv_timer_start(&link->retry, on_retry, 0, 0);
    uv_timer_start(&link->tick, on_tick, TICK_MS, TICK_MS);
    run_loop(link);
    take_down(link);
}
