/*
 * loadgen_conn - non-blocking TCP connections on an epoll loop. A loop belongs
 * to one thread. All connections of a loop read into its one big buffer; what
 * a parser could not finish is kept per connection until the next read.
 */
#ifndef LOADGEN_CONN_H
#define LOADGEN_CONN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LOOP_BUFFER_BYTES (256 * 1024)

struct loop {
    int epoll_fd;
    char *buffer; /* LOOP_BUFFER_BYTES + what a connection kept */
    size_t buffer_bytes;
};

struct conn;
typedef void conn_event_fn(struct conn *conn, uint32_t events);

struct conn {
    struct loop *loop;
    conn_event_fn *on_event;
    char *kept; /* bytes read and not yet parsed */
    char *out;  /* bytes not yet written */
    uint32_t kept_bytes;
    uint32_t out_bytes;
    int fd; /* -1 when closed */
    bool connected;
};

void loop_init(struct loop *loop);

/* Handle what happens within timeout_ns (0: only what is there now). */
void loop_wait(struct loop *loop, int64_t timeout_ns);

/*
 * Begin to connect. conn_finish() tells, at the first event, how it ended;
 * false where the connection could not even be begun.
 */
bool conn_open(struct conn *conn, struct loop *loop,
               const struct sockaddr_in *address, conn_event_fn *on_event);
bool conn_finish(struct conn *conn);

/* Close; with a reset nothing lingers, as when a line is cut. */
void conn_close(struct conn *conn, bool reset);

/* Write now, or keep for later; false when the connection is broken. */
bool conn_send(struct conn *conn, const void *data, size_t len);
bool conn_flush(struct conn *conn);

/*
 * Read once: loop->buffer then holds what was kept and what came, *out_len
 * bytes. False when the peer closed or the connection broke.
 */
bool conn_read(struct conn *conn, size_t *out_len);

/* Keep the first `len` bytes of loop->buffer for the next read. */
void conn_keep(struct conn *conn, size_t len);

#endif
