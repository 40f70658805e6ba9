#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

/* A raw HTTP client on the test's own thread: it turns the server's loop while it waits. */

#include "ff_http.h"
#include "ff_loop.h"

#define CLIENT_WAIT_MS 30000

struct client {
    struct ff_loop *loop;
    int fd;
    struct ff_buf in;
    bool closed;
};

struct answer {
    int status;
    char *head, *body; /* texts, owned */
    size_t body_len;
};

void client_open(struct client *c, struct ff_loop *loop, const char *host,
                 uint16_t port);
void client_close(struct client *c);
/* Stops when the peer no longer reads. */
void client_send(struct client *c, const void *data, size_t len);
void client_sends(struct client *c, const char *text);
/* Waits for one whole answer. */
void client_read(struct client *c, struct answer *out);
void answer_fini(struct answer *a);
/* Sends, reads one answer, and returns its status. */
int client_ask(struct client *c, const char *text);
void client_wait_closed(struct client *c);

/* A server that answers with what it got, at once or later. */
struct server {
    struct ff_loop *loop;
    struct ff_http *http;
    bool later;
    unsigned calls;
    struct ff_http_req *kept[512];
    size_t kept_count;
};

void server_start(struct server *s, const struct ff_http_options *options);
void server_stop(struct server *s);
/* client_open at 127.0.0.1. */
void client_reach(struct client *c, const struct server *s);
void server_on_request(void *ctx, struct ff_http_req *req);
void server_answer_kept(struct server *s);

/* Turns the loop until cond; fails the test after CLIENT_WAIT_MS. */
#define turn_until(loop, cond)                                                 \
    do {                                                                       \
        int64_t turn_end_ = ff_clock_steady_ms() + CLIENT_WAIT_MS;             \
        while (!(cond)) {                                                      \
            assert_true(ff_clock_steady_ms() < turn_end_);                     \
            ff_loop_step(loop, 10);                                            \
        }                                                                      \
    } while (0)

#endif
