#include "ff_bus_link.h"

#include <stdlib.h>
#include <string.h>

#include "ff_bus_cmd.h"
#include "ff_bus_link_priv.h"
#include "ff_bus_msg.h"
#include "ff_metric.h"

enum {
    FLUSH_MS = 1000,
    CMD_LIMIT = 1 << 20,
    OUT_BYTES = 64 << 20,
    IN_BYTES = 256 << 20,
};

/* --- messages: on libnats' delivery thread --------------------------------- */

/* The subject is "<inbox>.<token>" and ends by NUL. */
static void on_echo(struct ff_bus_link *link, const struct ff_bus_msg *msg)
{
    const char *token = ff_bus_msg_subject(msg).data + strlen(link->inbox) + 1;
    if (*token == 'm')
        atomic_store(&link->mark_heard, strtoull(token + 1, NULL, 10));
    else if (ff_slice_is(ff_bus_msg_body(msg), "flushed"))
        atomic_store(&link->flushed, true);
    else
        return;
    uv_async_send(&link->wake);
}

static void on_message(void *ctx, uint64_t sub, struct ff_bus_msg *msg)
{
    struct ff_bus_link *link = ctx;
    struct ff_bus_event event = {sub, msg};
    size_t bytes = ff_bus_msg_bytes(msg);
    atomic_fetch_add_explicit(&link->heard, 1, memory_order_relaxed);
    ff_metric_add(FF_M_BUS_RECEIVED, 1);
    if (ff_bus_slot(sub) == 0)
        on_echo(link, msg);
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

/* --- life ------------------------------------------------------------------ */

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
        uv_async_init(&link->loop, &link->wake, ff_bus_thread_on_wake) != 0)
        ff_bug("the bus' loop cannot be made");
    uv_timer_init(&link->loop, &link->tick);
    uv_timer_init(&link->loop, &link->retry);
    link->wake.data = link->tick.data = link->retry.data = link;
    return link;
}

void ff_bus_link_start(struct ff_bus_link *link)
{
    if (uv_thread_create(&link->thread, ff_bus_thread_run, link) != 0)
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
