#include "lws_io.h"

#include <ev.h>
#include <stdatomic.h>
#include <stdlib.h>

struct hook {
    void (*fn)(void *ctx);
    void *ctx;
};

struct io {
    struct ev_loop *loop;
    ev_async wake;
    ev_prepare turn;
    struct hook on_wake, on_turn;
    atomic_bool stop;
};

struct io_timer {
    ev_timer timer;
    struct io *io;
    struct hook hook;
};

struct io_watch {
    ev_io io_event;
    struct io *io;
    struct hook hook;
};

static void call(const struct hook *hook)
{
    if (hook->fn)
        hook->fn(hook->ctx);
}

static void woken(struct ev_loop *loop, ev_async *event, int revents)
{
    (void)revents;
    struct io *io = event->data;
    if (atomic_load(&io->stop))
        ev_break(loop, EVBREAK_ALL);
    else
        call(&io->on_wake);
}

static void turned(struct ev_loop *loop, ev_prepare *event, int revents)
{
    (void)loop;
    (void)revents;
    struct io *io = event->data;
    call(&io->on_turn);
}

struct io *io_new(void)
{
    struct io *io = ff_new(struct io);
    io->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (!io->loop)
        ff_bug("no event loop");
    ev_async_init(&io->wake, woken);
    io->wake.data = io;
    ev_async_start(io->loop, &io->wake);
    ev_prepare_init(&io->turn, turned);
    io->turn.data = io;
    ev_prepare_start(io->loop, &io->turn);
    return io;
}

void io_free(struct io **io)
{
    struct io *old = *io;
    if (!old)
        return;
    ev_prepare_stop(old->loop, &old->turn);
    ev_async_stop(old->loop, &old->wake);
    ev_loop_destroy(old->loop);
    free(old);
    *io = NULL;
}

void io_run(struct io *io)
{
    while (!atomic_load(&io->stop))
        ev_run(io->loop, 0);
}

void io_stop(struct io *io)
{
    atomic_store(&io->stop, true);
    ev_async_send(io->loop, &io->wake);
}

static void nothing(struct ev_loop *loop, ev_timer *event, int revents)
{
    (void)loop;
    (void)event;
    (void)revents;
}

void io_step(struct io *io, int timeout_ms)
{
    ev_timer limit;
    ev_timer_init(&limit, nothing, timeout_ms / 1000.0, 0);
    ev_timer_start(io->loop, &limit);
    ev_run(io->loop, EVRUN_ONCE);
    ev_timer_stop(io->loop, &limit);
    call(&io->on_turn);
}

void io_on_wake(struct io *io, void (*fn)(void *ctx), void *ctx)
{
    io->on_wake = (struct hook){fn, ctx};
}

void io_wake(void *io)
{
    struct io *self = io;
    ev_async_send(self->loop, &self->wake);
}

void io_on_turn(struct io *io, void (*fn)(void *ctx), void *ctx)
{
    io->on_turn = (struct hook){fn, ctx};
}

static void timed(struct ev_loop *loop, ev_timer *event, int revents)
{
    (void)loop;
    (void)revents;
    struct io_timer *timer = event->data;
    call(&timer->hook);
}

struct io_timer *io_timer_new(struct io *io, int64_t first_ms,
                              int64_t period_ms, void (*fn)(void *ctx),
                              void *ctx)
{
    struct io_timer *timer = ff_new(struct io_timer);
    timer->io = io;
    timer->hook = (struct hook){fn, ctx};
    ev_timer_init(&timer->timer, timed, (double)first_ms / 1000.0,
                  (double)period_ms / 1000.0);
    timer->timer.data = timer;
    ev_timer_start(io->loop, &timer->timer);
    return timer;
}

void io_timer_free(struct io_timer **timer)
{
    struct io_timer *old = *timer;
    if (!old)
        return;
    ev_timer_stop(old->io->loop, &old->timer);
    free(old);
    *timer = NULL;
}

static void ready(struct ev_loop *loop, ev_io *event, int revents)
{
    (void)loop;
    (void)revents;
    struct io_watch *watch = event->data;
    call(&watch->hook);
}

struct io_watch *io_watch_new(struct io *io, int fd, bool want_write,
                              void (*fn)(void *ctx), void *ctx)
{
    struct io_watch *watch = ff_new(struct io_watch);
    watch->io = io;
    watch->hook = (struct hook){fn, ctx};
    ev_io_init(&watch->io_event, ready, fd, want_write ? EV_WRITE : EV_READ);
    watch->io_event.data = watch;
    ev_io_start(io->loop, &watch->io_event);
    return watch;
}

void io_watch_free(struct io_watch **watch)
{
    struct io_watch *old = *watch;
    if (!old)
        return;
    ev_io_stop(old->io->loop, &old->io_event);
    free(old);
    *watch = NULL;
}

void *io_loop(struct io *io)
{
    return io->loop;
}
