#include "http_client.h"

#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ff_clock.h"

void client_open(struct client *c, struct ff_loop *loop, const char *host,
                 uint16_t port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    char service[8];

    snprintf(service, sizeof service, "%u", (unsigned)port);
    assert_int_equal(getaddrinfo(host, service, &hints, &found), 0);
    *c = (struct client){.loop = loop};
    c->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    assert_int_equal(connect(c->fd, found->ai_addr, found->ai_addrlen), 0);
    freeaddrinfo(found);
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    ff_buf_fini(&c->in);
}

/* What has come in until now. */
static void take(struct client *c)
{
    char part[65536];
    ssize_t n;

    while ((n = recv(c->fd, part, sizeof part, MSG_DONTWAIT)) > 0)
        ff_buf_add(&c->in, part, (size_t)n);
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        c->closed = true;
}

static void turn(struct client *c)
{
    ff_loop_step(c->loop, 5);
    take(c);
}

void client_send(struct client *c, const void *data, size_t len)
{
    int64_t end = ff_clock_steady_ms() + CLIENT_WAIT_MS;
    const char *at = data;

    while (len > 0 && !c->closed) {
        ssize_t n = send(c->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
            continue;
        }
        if (errno != EAGAIN)
            return;
        assert_true(ff_clock_steady_ms() < end);
        turn(c);
    }
}

void client_sends(struct client *c, const char *text)
{
    client_send(c, text, strlen(text));
}

static size_t body_length(const char *head)
{
    const char *field = strcasestr(head, "\r\ncontent-length:");

    return field ? (size_t)strtoul(field + 17, NULL, 10) : 0;
}

static bool whole(const struct client *c, size_t *out_head, size_t *out_all)
{
    const char *end = c->in.data ? strstr(c->in.data, "\r\n\r\n") : NULL;

    if (!end)
        return false;
    *out_head = (size_t)(end - c->in.data) + 4;
    char *head = ff_strndup(c->in.data, *out_head);
    *out_all = *out_head + body_length(head);
    free(head);
    return c->in.len >= *out_all;
}

void client_read(struct client *c, struct answer *out)
{
    int64_t end = ff_clock_steady_ms() + CLIENT_WAIT_MS;
    size_t head = 0, all = 0;

    take(c);
    while (!whole(c, &head, &all)) {
        assert_false(c->closed);
        assert_true(ff_clock_steady_ms() < end);
        turn(c);
    }
    out->head = ff_strndup(c->in.data, head);
    out->body_len = all - head;
    out->body = ff_strndup(c->in.data + head, out->body_len);
    assert_int_equal(strncmp(out->head, "HTTP/1.1 ", 9), 0);
    out->status = (int)strtol(out->head + 9, NULL, 10);
    ff_buf_drop(&c->in, all);
}

void answer_fini(struct answer *a)
{
    free(a->head);
    free(a->body);
    *a = (struct answer){0};
}

int client_ask(struct client *c, const char *text)
{
    struct answer a = {0};

    client_sends(c, text);
    client_read(c, &a);
    int status = a.status;
    answer_fini(&a);
    return status;
}

void client_wait_closed(struct client *c)
{
    int64_t end = ff_clock_steady_ms() + CLIENT_WAIT_MS;

    while (!c->closed) {
        assert_true(ff_clock_steady_ms() < end);
        turn(c);
    }
}

/* --- the server ---------------------------------------------------------------- */

static void echo(struct ff_http_req *req)
{
    struct ff_buf b = {0};
    const char *q = ff_http_query(req, "q");
    const char *h = ff_http_header(req, "x-test");

    ff_buf_addf(&b, "%s %s q=%s h=%s peer=%s body=", ff_http_method(req),
                ff_http_path(req), q ? q : "-", h ? h : "-", ff_http_peer(req));
    ff_buf_addslice(&b, ff_http_body(req));
    ff_http_reply(req, 200, "text/plain", ff_buf_slice(&b));
    ff_buf_fini(&b);
}

void server_on_request(void *ctx, struct ff_http_req *req)
{
    struct server *s = ctx;

    s->calls++;
    if (s->later)
        s->kept[s->kept_count++] = req;
    else
        echo(req);
}

void server_answer_kept(struct server *s)
{
    for (size_t i = 0; i < s->kept_count; i++)
        echo(s->kept[i]);
    s->kept_count = 0;
}

void server_start(struct server *s, const struct ff_http_options *options)
{
    static const struct ff_http_options usual = {
        .host = "127.0.0.1",
        .max_body_bytes = 1000,
        .max_connections = 1000,
        .idle_timeout_s = 60,
        .server_name = "test",
    };
    struct ff_why why = {0};

    *s = (struct server){.loop = ff_loop_new()};
    assert_int_equal(ff_http_new(s->loop, options ? options : &usual,
                                 server_on_request, s, &s->http, &why),
                     FF_OK);
    assert_int_not_equal(ff_http_port(s->http), 0);
}

void server_stop(struct server *s)
{
    ff_http_free(&s->http);
    ff_loop_free(&s->loop);
}

void client_reach(struct client *c, const struct server *s)
{
    client_open(c, s->loop, "127.0.0.1", ff_http_port(s->http));
}
