#include "tools/up/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 300

static bool wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, WAIT_MS) == 1;
}

static bool connect_to(int fd, int port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int error = 0;
    socklen_t len = sizeof(error);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return true;
    return wait_for(fd, POLLOUT) &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
           error == 0;
}

/* The status line comes in the first bytes, all we want. */
static bool ask(int fd, const char *path)
{
    char text[256];
    int len = snprintf(text, sizeof(text),
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Connection: close\r\n\r\n",
                       path);
    if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len ||
        !wait_for(fd, POLLIN))
        return false;
    ssize_t n = recv(fd, text, sizeof(text), 0);
    return n >= 12 && memcmp(text + 8, " 200", 4) == 0;
}

bool probe_http_ok(int port, const char *path)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool ok = connect_to(fd, port) && ask(fd, path);
    close(fd);
    return ok;
}
