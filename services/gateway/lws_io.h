#ifndef GATEWAY_LWS_IO_H
#define GATEWAY_LWS_IO_H

/*
 * A worker's event loop: libev below, which libwebsockets joins. Everything
 * is for the loop's thread but io_wake and io_stop, which are for any.
 */

#include "ff_mem.h"

struct io;
struct io_timer;
struct io_watch;

struct io *io_new(void);
void io_free(struct io **io);
void io_run(struct io *io); /* until io_stop */
void io_stop(struct io *io);
/* One pass that waits for at most timeout_ms: for tests. */
void io_step(struct io *io, int timeout_ms);

/* fn runs once on the loop for any number of io_wake(io) before it. */
void io_on_wake(struct io *io, void (*fn)(void *ctx), void *ctx);
void io_wake(void *io);

/* fn runs after everything that a pass had to do, before the loop sleeps. */
void io_on_turn(struct io *io, void (*fn)(void *ctx), void *ctx);

/* Every period_ms (0: once) after first_ms. Freeing it in fn is allowed. */
struct io_timer *io_timer_new(struct io *io, int64_t first_ms,
                              int64_t period_ms, void (*fn)(void *ctx),
                              void *ctx);
void io_timer_free(struct io_timer **timer);

/* While fd is readable, or writable. Freed before the descriptor is closed. */
struct io_watch *io_watch_new(struct io *io, int fd, bool want_write,
                              void (*fn)(void *ctx), void *ctx);
void io_watch_free(struct io_watch **watch);

/* The struct ev_loop, for lws_server.c. */
void *io_loop(struct io *io);

#endif
