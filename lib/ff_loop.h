#ifndef FF_LOOP_H
#define FF_LOOP_H

/*
 * The loop that owns a service's state: timers, file descriptors, and tasks posted from other threads. libuv below.
 * Everything but ff_loop_post and ff_loop_stop is for the loop's own thread.
 */

#include "ff_mem.h"

struct ff_loop;
struct ff_timer;
struct ff_watch;

struct ff_loop *ff_loop_new(void);
/* Tasks that still wait are run; timers, watches, wakes and signals that are left are freed with it. */
void ff_loop_free(struct ff_loop **loop);
void ff_loop_run(struct ff_loop *loop);  /* until ff_loop_stop */
void ff_loop_stop(struct ff_loop *loop); /* any thread */

/* One pass that waits for at most timeout_ms: for tests. */
void ff_loop_step(struct ff_loop *loop, int timeout_ms);

/*
 * Run fn(arg) on the loop, in order of posting. FF_E_BUSY beyond 65,536 waiting ones: arg stays the caller's.
 * Any thread.
 */
FF_MUST_USE ff_err ff_loop_post(struct ff_loop *loop, void (*fn)(void *arg),
                                void *arg);

/* Call fn every period_ms (0: once) after first_ms; ended by ff_timer_free, which is allowed inside fn. */
struct ff_timer *ff_timer_new(struct ff_loop *loop, int64_t first_ms,
                              int64_t period_ms, void (*fn)(void *ctx),
                              void *ctx);
void ff_timer_free(struct ff_timer **timer);

/* Call fn while fd is readable (or, with want_write, writable). */
struct ff_watch *ff_watch_new(struct ff_loop *loop, int fd, bool want_write,
                              void (*fn)(void *ctx), void *ctx);
void ff_watch_free(struct ff_watch **watch);

/*
 * Call fn(ctx) once in every pass, right before the loop waits, so that it sees what all events of the pass did.
 * Several may be there; fn NULL ends those with this ctx. For what must pump a library.
 */
void ff_loop_on_pass(struct ff_loop *loop, void (*fn)(void *ctx), void *ctx);
/* Wake the loop; used as the wake function of a mailbox. Any thread. */
struct ff_wake;
struct ff_wake *ff_wake_new(struct ff_loop *loop, void (*fn)(void *ctx),
                            void *ctx);
void ff_wake_up(void *wake); /* a struct ff_wake; any thread */
void ff_wake_free(struct ff_wake **wake);
/* fn(ctx, signo) on the loop. */
void ff_loop_on_signal(struct ff_loop *loop, int signo,
                       void (*fn)(void *ctx, int signo), void *ctx);

#endif
