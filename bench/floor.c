/*
 * fanfare-bench-floor - the kernel's own price of a delivery: no protocol, no
 * parsing, no tables. Subscribers connect to one port, a publisher to another;
 * each line of the publisher becomes one ready-made WebSocket frame of a given
 * length, and every subscriber gets exactly one send() of what has come in
 * one turn of the loop. Whatever a real service adds is its own.
 *
 * Subscribers are greeted, ask, and are answered, with as many bytes as
 * Fanfare's clients are: one that has spoken delays its acknowledgements, and
 * then two messages bring one, taken in our send() of the second. Clients that
 * only listen acknowledge each message when they read it, in their own time.
 *
 *   fanfare-bench-floor FRAME_BYTES     prints {"sub":PORT,"pub":PORT}
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SUBSCRIBERS_MAX 20000
#define LOG_BYTES       (64u << 20)
#define LINES_BYTES     (64u << 10)
#define FRAME_MAX       60000
#define FRAME_MIN       64

/* What epoll hands back: who is to be asked, first in every source. */
typedef void on_ready_fn(void *source);

/* All subscribers get the same bytes: a log of them, and a place in it each. */
struct subscriber {
    on_ready_fn *on_ready;
    int fd;
    size_t sent;
    bool spoke;
};

struct source {
    on_ready_fn *on_ready;
    int fd;
};

static struct {
    int epoll_fd;
    size_t frame_bytes;
    char *log;
    size_t log_bytes;
    struct source publisher;
    char lines[LINES_BYTES], waste[4096];
    size_t lines_bytes;
    struct subscriber *subs[SUBSCRIBERS_MAX];
    unsigned sub_count;
} floor_state;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "fanfare-bench-floor: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void watch(int fd, void *source)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

    if (epoll_ctl(floor_state.epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static unsigned listen_on_loopback(struct source *source)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    source->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (source->fd < 0 ||
        bind(source->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(source->fd, 4096) != 0 ||
        getsockname(source->fd, (struct sockaddr *)&address, &size) != 0)
        die("listen");
    watch(source->fd, source);
    return ntohs(address.sin_port);
}

static int accept_one(const struct source *listener)
{
    int one = 1;
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK);

    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void drop_subscriber(unsigned i)
{
    close(floor_state.subs[i]->fd);
    free(floor_state.subs[i]);
    floor_state.subs[i] = floor_state.subs[--floor_state.sub_count];
}

/* One send() to each; the log begins anew when everybody has all of it. */
static void send_to_all(void)
{
    size_t least = floor_state.log_bytes;

    for (unsigned i = floor_state.sub_count; i-- > 0;) {
        struct subscriber *sub = floor_state.subs[i];
        ssize_t sent = send(sub->fd, floor_state.log + sub->sent,
                            floor_state.log_bytes - sub->sent, MSG_NOSIGNAL);

        if (sent < 0 && errno != EAGAIN) {
            drop_subscriber(i);
            continue;
        }
        sub->sent += sent > 0 ? (size_t)sent : 0;
        if (sub->sent < least)
            least = sub->sent;
    }
    if (least < floor_state.log_bytes)
        return;
    floor_state.log_bytes = 0;
    for (unsigned i = 0; i < floor_state.sub_count; i++)
        floor_state.subs[i]->sent = 0;
}

/* text, filled up with spaces. How many bytes. */
static size_t make_frame(uint8_t *frame, const char *text, size_t len)
{
    size_t size = floor_state.frame_bytes;
    size_t header = size < 2 + 126 ? 2 : 4;
    size_t payload = size - header;

    frame[0] = 0x81;
    frame[1] = header == 2 ? (uint8_t)payload : 126;
    if (header == 4) {
        frame[2] = (uint8_t)(payload >> 8);
        frame[3] = (uint8_t)payload;
    }
    memset(frame + header, ' ', payload);
    memcpy(frame + header, text, len < payload ? len : payload);
    return size;
}

static void append_frame(const char *line, size_t len)
{
    uint8_t *frame = (uint8_t *)floor_state.log + floor_state.log_bytes;

    if (floor_state.log_bytes + floor_state.frame_bytes > LOG_BYTES)
        die("subscribers are too slow: the log is full");
    floor_state.log_bytes += make_frame(frame, line, len);
}

static void read_publisher(void *ready)
{
    struct source *source = ready;
    char *data = floor_state.lines;
    ssize_t got = recv(source->fd, data + floor_state.lines_bytes,
                       LINES_BYTES - floor_state.lines_bytes, 0);
    size_t len, at = 0;
    char *end;

    if (got <= 0) {
        if (got < 0 && errno == EAGAIN)
            return;
        close(source->fd);
        source->fd = -1;
        return;
    }
    len = floor_state.lines_bytes + (size_t)got;
    while ((end = memchr(data + at, '\n', len - at))) {
        append_frame(data + at, (size_t)(end - data) - at);
        at = (size_t)(end - data) + 1;
    }
    memmove(data, data + at, len - at);
    floor_state.lines_bytes = len - at;
    send_to_all();
}

static void leave(const struct subscriber *sub)
{
    for (unsigned i = 0; i < floor_state.sub_count; i++)
        if (floor_state.subs[i] == sub) {
            drop_subscriber(i);
            return;
        }
}

/* A frame before any message. */
static void say(int fd, const char *text)
{
    uint8_t frame[FRAME_MAX];
    size_t size = make_frame(frame, text, strlen(text));

    if (send(fd, frame, size, MSG_NOSIGNAL) < 0)
        perror("fanfare-bench-floor: send");
}

static void read_subscriber(void *ready)
{
    struct subscriber *sub = ready;
    ssize_t got = recv(sub->fd, floor_state.waste, sizeof(floor_state.waste),
                       MSG_DONTWAIT);

    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        leave(sub);
    } else if (!sub->spoke) {
        sub->spoke = true;
        say(sub->fd, "{\"action\":\"ready\"}");
        say(sub->fd, "{\"action\":\"subscribed\"}");
    }
}

static void accept_subscriber(void *listener)
{
    struct subscriber *sub;
    int fd = accept_one(listener);

    if (fd < 0)
        return;
    sub = malloc(sizeof(*sub));
    if (!sub || floor_state.sub_count == SUBSCRIBERS_MAX)
        die("too many subscribers");
    *sub =
        (struct subscriber){read_subscriber, fd, floor_state.log_bytes, false};
    floor_state.subs[floor_state.sub_count++] = sub;
    watch(fd, sub);
    say(fd, "{\"action\":\"welcome\"}");
}

/* One at a time: a new publisher takes the place of the last. */
static void accept_publisher(void *listener)
{
    struct source *publisher = &floor_state.publisher;
    int fd = accept_one(listener);

    if (fd < 0)
        return;
    if (publisher->fd >= 0)
        close(publisher->fd);
    publisher->fd = fd;
    floor_state.lines_bytes = 0;
    watch(fd, publisher);
}

static _Noreturn void run(void)
{
    for (;;) {
        struct epoll_event events[64];
        int timeout_ms = floor_state.log_bytes ? 1 : -1;
        int count = epoll_wait(floor_state.epoll_fd, events, 64, timeout_ms);

        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++)
            (*(on_ready_fn **)events[i].data.ptr)(events[i].data.ptr);
        if (count == 0)
            send_to_all();
    }
}

int main(int argc, char **argv)
{
    static struct source subscribers = {accept_subscriber, -1};
    static struct source publishers = {accept_publisher, -1};
    unsigned sub_port, pub_port;

    floor_state.frame_bytes = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (floor_state.frame_bytes < FRAME_MIN ||
        floor_state.frame_bytes > FRAME_MAX) {
        fputs("usage: fanfare-bench-floor FRAME_BYTES (64 to 60000)\n", stderr);
        return 2;
    }
    floor_state.publisher = (struct source){read_publisher, -1};
    floor_state.log = malloc(LOG_BYTES);
    floor_state.epoll_fd = epoll_create1(0);
    if (!floor_state.log || floor_state.epoll_fd < 0)
        die("start");
    sub_port = listen_on_loopback(&subscribers);
    pub_port = listen_on_loopback(&publishers);
    printf("{\"sub\":%u,\"pub\":%u}\n", sub_port, pub_port);
    fflush(stdout);
    run();
}
