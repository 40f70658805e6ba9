#include "loadgen_conn.h"

#include "loadgen_util.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 512

void loop_init(struct loop *loop)
{
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        die("epoll_create1: %s", strerror(errno));
    loop->buffer_bytes = LOOP_BUFFER_BYTES;
    loop->buffer = must_alloc(1, loop->buffer_bytes);
}

void loop_wait(struct loop *loop, int64_t timeout_ns)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    struct timespec timeout = {0, 0};
    int count;

    if (timeout_ns > 0) {
        timeout.tv_sec = timeout_ns / NS_PER_SEC;
        timeout.tv_nsec = timeout_ns % NS_PER_SEC;
    }
    count =
        epoll_pwait2(loop->epoll_fd, events, EVENTS_AT_ONCE, &timeout, NULL);
    if (count < 0 && errno != EINTR)
        die("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        struct conn *conn = events[i].data.ptr;

        conn->on_event(conn, events[i].events);
    }
}

static void conn_watch(struct conn *conn, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = conn};

    if (epoll_ctl(conn->loop->epoll_fd, operation, conn->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

bool conn_open(struct conn *conn, struct loop *loop,
               const struct sockaddr_in *address, conn_event_fn *on_event)
{
    int one = 1;

    conn->loop = loop;
    conn->on_event = on_event;
    conn->connected = false;
    conn->kept_bytes = conn->out_bytes = 0;
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0)
        die("socket: %s (raise `ulimit -n`?)", strerror(errno));
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(conn->fd, (const struct sockaddr *)address, sizeof(*address)) !=
            0 &&
        errno != EINPROGRESS) {
        close(conn->fd);
        conn->fd = -1;
        return false;
    }
    conn_watch(conn, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
    return true;
}

bool conn_finish(struct conn *conn)
{
    int error = 0;
    socklen_t size = sizeof(error);

    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return false;
    conn->connected = true;
    conn_watch(conn, EPOLL_CTL_MOD, EPOLLIN);
    return true;
}

void conn_close(struct conn *conn, bool reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    if (conn->fd < 0)
        return;
    if (reset)
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(conn->fd);
    conn->fd = -1;
    conn->connected = false;
    free(conn->kept);
    free(conn->out);
    conn->kept = conn->out = NULL;
    conn->kept_bytes = conn->out_bytes = 0;
}

static void queue_output(struct conn *conn, const char *data, size_t len)
{
    if (len == 0)
        return;
    if (conn->out_bytes == 0)
        conn_watch(conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    conn->out = must_grow(conn->out, conn->out_bytes + len);
    memcpy(conn->out + conn->out_bytes, data, len);
    conn->out_bytes += (uint32_t)len;
}

bool conn_send(struct conn *conn, const void *data, size_t len)
{
    ssize_t sent = 0;

    if (conn->fd < 0)
        return false;
    if (conn->out_bytes == 0) {
        sent = send(conn->fd, data, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent < 0)
            sent = 0;
    }
    queue_output(conn, (const char *)data + sent, len - (size_t)sent);
    return true;
}

bool conn_flush(struct conn *conn)
{
    ssize_t sent;

    if (conn->out_bytes == 0)
        return true;
    sent = send(conn->fd, conn->out, conn->out_bytes, MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    conn->out_bytes -= (uint32_t)sent;
    memmove(conn->out, conn->out + sent, conn->out_bytes);
    if (conn->out_bytes == 0)
        conn_watch(conn, EPOLL_CTL_MOD, EPOLLIN);
    return true;
}

bool conn_read(struct conn *conn, size_t *out_len)
{
    struct loop *loop = conn->loop;
    size_t wanted = conn->kept_bytes + (size_t)LOOP_BUFFER_BYTES;
    ssize_t got;

    if (loop->buffer_bytes < wanted) {
        loop->buffer = must_grow(loop->buffer, wanted);
        loop->buffer_bytes = wanted;
    }
    got = recv(conn->fd, loop->buffer + conn->kept_bytes, LOOP_BUFFER_BYTES, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        return false;
    if (conn->kept_bytes)
        memcpy(loop->buffer, conn->kept, conn->kept_bytes);
    *out_len = conn->kept_bytes + (got > 0 ? (size_t)got : 0);
    return true;
}

void conn_keep(struct conn *conn, size_t len)
{
    if (len > conn->kept_bytes)
        conn->kept = must_grow(conn->kept, len);
    if (len == 0 && conn->kept) {
        free(conn->kept);
        conn->kept = NULL;
    }
    if (len)
        memcpy(conn->kept, conn->loop->buffer, len);
    conn->kept_bytes = (uint32_t)len;
}
