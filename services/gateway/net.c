#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG   4096
#define OWN_FILES 256 /* of the process beside its clients */

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Connections inherit these from the listening socket. */
static int open_one(const struct addrinfo *at, bool shared,
                    unsigned dead_peer_ms)
{
    int fd =
        socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
               at->ai_protocol);
    if (fd < 0)
        return -1;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (shared)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)dead_peer_ms);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

static ff_err find(const char *host, uint16_t port, struct addrinfo **out_found,
                   struct ff_why *why)
{
    char service[8];
    snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int failed = getaddrinfo(host, service, &hints, out_found);
    if (failed)
        return ff_why_set(why, FF_E_IO, "host", "%s: %s", host,
                          gai_strerror(failed));
    return FF_OK;
}

static ff_err open_all(const struct addrinfo *at, size_t count,
                       unsigned dead_peer_ms, int *fds)
{
    /* A shared port can be taken unseen by another process of ours. */
    int probe = count > 1 ? open_one(at, false, dead_peer_ms) : 0;
    if (probe < 0)
        return FF_E_IO;
    if (count > 1)
        close(probe);
    for (size_t i = 0; i < count; i++) {
        fds[i] = open_one(at, count > 1, dead_peer_ms);
        if (fds[i] >= 0)
            continue;
        int cause = errno;
        while (i-- > 0)
            close(fds[i]);
        errno = cause;
        return FF_E_IO;
    }
    return FF_OK;
}

ff_err net_listen(const char *host, uint16_t port, size_t count,
                  unsigned dead_peer_ms, int *out_fds, struct ff_why *why)
{
    struct addrinfo *found;
    FF_TRY(find(host, port, &found, why));
    ff_err err = open_all(found, count, dead_peer_ms, out_fds);
    if (err != FF_OK)
        ff_why_set(why, err, "port", "cannot listen at %s port %u: %s", host,
                   port, strerror(errno));
    freeaddrinfo(found);
    return err;
}

int net_accept(int listener, bool *out_full)
{
    *out_full = false;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        *out_full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                    errno == ENOMEM;
        return -1;
    }
}

void net_peer(int fd, char out[ADDRESS_MAX])
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {0};
    socklen_t len = sizeof(at);
    snprintf(out, ADDRESS_MAX, "unknown");
    if (getpeername(fd, &at.any, &len) != 0)
        return;
    if (at.any.sa_family == AF_INET)
        inet_ntop(AF_INET, &at.v4.sin_addr, out, ADDRESS_MAX);
    else if (at.any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &at.v6.sin6_addr, out, ADDRESS_MAX);
}

ssize_t net_send(int fd, const struct iovec *iov, int n)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)iov,
                             .msg_iovlen = (size_t)n};
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    ssize_t sent = n == 1 ? send(fd, iov->iov_base, iov->iov_len, flags)
                          : sendmsg(fd, &message, flags);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -1;
}

bool net_skip(int fd, size_t max)
{
    char waste[4096];
    for (size_t total = 0; total <= max;) {
        ssize_t n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        if (n == 0)
            return false;
        total += (size_t)n;
    }
    return false;
}

void net_finish(int fd)
{
    shutdown(fd, SHUT_WR);
    (void)net_skip(fd, 1 << 16);
}

size_t net_allow_files(size_t sockets)
{
    struct rlimit limit;
    rlim_t want = (rlim_t)sockets + OWN_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return sockets;
    /*
     * Just what is needed: tables of libwebsockets are as long as the limit,
     * which in containers can be a thousand million.
     */
    limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return sockets;
    size_t now = (size_t)limit.rlim_cur;
    return now > 2 * OWN_FILES ? now - OWN_FILES : now / 2;
}
