#include "ff_loop.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "ff_mailbox.h"

#define TASKS_MAX    65536
#define TASKS_A_PASS 1024 /* then descriptors and timers have their turn */

struct task {
    void (*fn)(void *arg);
    void *arg;
};

struct pass {
    void (*fn)(void *ctx); /* NULL: a free place */
    void *ctx;
};

struct ff_loop {
    uv_loop_t uv;
    uv_async_t async;
    uv_prepare_t prepare;
    uv_timer_t limit; /* of ff_loop_step */
    struct ff_mailbox *tasks;
    struct pass *passes;
    size_t pass_count, pass_cap;
    atomic_bool stop;
};

/* In each of these the handle comes first, so that it is freed as a whole. */
struct ff_timer {
    uv_timer_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

struct ff_watch {
    uv_poll_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

struct ff_wake {
    uv_async_t uv;
    void (*fn)(void *ctx);
    void *ctx;
};

struct on_signal {
    uv_signal_t uv;
    void (*fn)(void *ctx, int signo);
    void *ctx;
};

static void must(int status, const char *what)
{
    if (status < 0)
        ff_bug("%s: %s", what, uv_strerror(status));
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

/* Handles inside struct ff_loop carry the loop as data, all others nothing. */
static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, handle->data ? NULL : free_handle);
}

static void run_task(void *ctx, void *item)
{
    (void)ctx;
    struct task task = *(struct task *)item;
    task.fn(task.arg);
}

static void on_async(uv_async_t *async)
{
    struct ff_loop *loop = async->data;
    ff_mailbox_drain(loop->tasks, TASKS_A_PASS, run_task, NULL);
    if (atomic_exchange(&loop->stop, false))
        uv_stop(&loop->uv);
}

/* Right before the loop waits: whatever the events left behind is seen here. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct ff_loop *loop = prepare->data;
    for (size_t i = 0; i < loop->pass_count; i++) {
        struct pass pass = loop->passes[i];
        if (pass.fn)
            pass.fn(pass.ctx);
    }
}

static void wake_loop(void *loop)
{
    uv_async_send(&((struct ff_loop *)loop)->async);
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
}

struct ff_loop *ff_loop_new(void)
{
    struct ff_loop *loop = ff_new(struct ff_loop);
    must(uv_loop_init(&loop->uv), "uv_loop_init");
    must(uv_async_init(&loop->uv, &loop->async, on_async), "uv_async_init");
    must(uv_prepare_init(&loop->uv, &loop->prepare), "uv_prepare_init");
    must(uv_timer_init(&loop->uv, &loop->limit), "uv_timer_init");
    loop->async.data = loop->prepare.data = loop->limit.data = loop;
    loop->tasks =
        ff_mailbox_new(sizeof(struct task), TASKS_MAX, wake_loop, loop);
    return loop;
}

void ff_loop_free(struct ff_loop **loop)
{
    struct ff_loop *l = *loop;
    if (!l)
        return;
    while (ff_mailbox_drain(l->tasks, TASKS_A_PASS, run_task, NULL) > 0) {
    }
    uv_walk(&l->uv, close_handle, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    must(uv_loop_close(&l->uv), "uv_loop_close");
    ff_mailbox_free(&l->tasks);
    free(l->passes);
    free(l);
    *loop = NULL;
}

void ff_loop_run(struct ff_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void ff_loop_stop(struct ff_loop *loop)
{
    atomic_store(&loop->stop, true);
    wake_loop(loop);
}

void ff_loop_step(struct ff_loop *loop, int timeout_ms)
{
    if (timeout_ms <= 0) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return;
    }
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->limit, on_limit, (uint64_t)timeout_ms, 0);
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_timer_stop(&loop->limit);
}

ff_err ff_loop_post(struct ff_loop *loop, void (*fn)(void *arg), void *arg)
{
    return ff_mailbox_post(loop->tasks, &(struct task){fn, arg});
}

static void on_timer(uv_timer_t *uv)
{
    struct ff_timer *timer = (struct ff_timer *)uv;
    timer->fn(timer->ctx);
}

struct ff_timer *ff_timer_new(struct ff_loop *loop, int64_t first_ms,
                              int64_t period_ms, void (*fn)(void *ctx),
                              void *ctx)
{
    struct ff_timer *timer = ff_new(struct ff_timer);
    timer->fn = fn;
    timer->ctx = ctx;
    must(uv_timer_init(&loop->uv, &timer->uv), "uv_timer_init");
    uv_update_time(&loop->uv); /* a long callback must not make it early */
    uv_timer_start(&timer->uv, on_timer, first_ms > 0 ? (uint64_t)first_ms : 0,
                   period_ms > 0 ? (uint64_t)period_ms : 0);
    return timer;
}

void ff_timer_free(struct ff_timer **timer)
{
    if (*timer)
        close_handle((uv_handle_t *)&(*timer)->uv, NULL);
    *timer = NULL;
}

/* An error is an event too: reading or writing will tell it. */
static void on_watch(uv_poll_t *uv, int status, int events)
{
    (void)status;
    (void)events;
    struct ff_watch *watch = (struct ff_watch *)uv;
    watch->fn(watch->ctx);
}

struct ff_watch *ff_watch_new(struct ff_loop *loop, int fd, bool want_write,
                              void (*fn)(void *ctx), void *ctx)
{
    struct ff_watch *watch = ff_new(struct ff_watch);
    watch->fn = fn;
    watch->ctx = ctx;
    must(uv_poll_init(&loop->uv, &watch->uv, fd), "uv_poll_init");
    must(uv_poll_start(&watch->uv, want_write ? UV_WRITABLE : UV_READABLE,
                       on_watch),
         "uv_poll_start");
    return watch;
}

void ff_watch_free(struct ff_watch **watch)
{
    if (*watch)
        close_handle((uv_handle_t *)&(*watch)->uv, NULL);
    *watch = NULL;
}

static void pass_add(struct ff_loop *loop, struct pass pass)
{
    size_t i = 0;
    while (i < loop->pass_count && loop->passes[i].fn)
        i++;
    if (i == loop->pass_count) {
        loop->passes =
            ff_grow(loop->passes, &loop->pass_cap, i + 1, sizeof(struct pass));
        loop->pass_count++;
    }
    loop->passes[i] = pass;
    uv_prepare_start(&loop->prepare, on_prepare);
}

static void pass_remove(struct ff_loop *loop, const void *ctx)
{
    size_t left = 0;
    for (size_t i = 0; i < loop->pass_count; i++) {
        if (loop->passes[i].ctx == ctx)
            loop->passes[i].fn = NULL;
        left += loop->passes[i].fn != NULL;
    }
    if (left == 0)
        uv_prepare_stop(&loop->prepare);
}

void ff_loop_on_pass(struct ff_loop *loop, void (*fn)(void *ctx), void *ctx)
{
    if (fn)
        pass_add(loop, (struct pass){fn, ctx});
    else
        pass_remove(loop, ctx);
}

static void on_wake(uv_async_t *uv)
{
    struct ff_wake *wake = (struct ff_wake *)uv;
    wake->fn(wake->ctx);
}

struct ff_wake *ff_wake_new(struct ff_loop *loop, void (*fn)(void *ctx),
                            void *ctx)
{
    struct ff_wake *wake = ff_new(struct ff_wake);
    wake->fn = fn;
    wake->ctx = ctx;
    must(uv_async_init(&loop->uv, &wake->uv, on_wake), "uv_async_init");
    return wake;
}

void ff_wake_up(void *wake)
{
    uv_async_send(&((struct ff_wake *)wake)->uv);
}

void ff_wake_free(struct ff_wake **wake)
{
    if (*wake)
        close_handle((uv_handle_t *)&(*wake)->uv, NULL);
    *wake = NULL;
}

static void on_uv_signal(uv_signal_t *uv, int signo)
{
    struct on_signal *on = (struct on_signal *)uv;
    on->fn(on->ctx, signo);
}

void ff_loop_on_signal(struct ff_loop *loop, int signo,
                       void (*fn)(void *ctx, int signo), void *ctx)
{
    struct on_signal *on = ff_new(struct on_signal);
    on->fn = fn;
    on->ctx = ctx;
    must(uv_signal_init(&loop->uv, &on->uv), "uv_signal_init");
    must(uv_signal_start(&on->uv, on_uv_signal, signo), "uv_signal_start");
}
