#include "loadgen_sub.h"

#include "loadgen_util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define CONNECTING_AT_ONCE 128
#define TICK_NS            (20 * (int64_t)NS_PER_MS)

static const struct sub_proto *const PROTOS[] = {
    &SUB_FANFARE,   &SUB_SSE,  &SUB_FLOOR,      &SUB_NCHAN,
    &SUB_NCHAN_SSE, &SUB_NATS, &SUB_CENTRIFUGO,
};

const struct sub_proto *sub_proto_find(const char *name)
{
    for (size_t i = 0; i < sizeof(PROTOS) / sizeof(PROTOS[0]); i++)
        if (strcmp(PROTOS[i]->name, name) == 0)
            return PROTOS[i];
    die("no such protocol: %s", name);
}

void sub_set_init(struct sub_set *set, const struct options *options,
                  uint32_t count, struct tally *tally)
{
    memset(set, 0, sizeof(*set));
    loop_init(&set->loop);
    set->options = options;
    set->proto = sub_proto_find(options->proto);
    set->tally = tally;
    set->count = count;
    set->subs = must_alloc(count, sizeof(*set->subs));
    if (*options->channel)
        set->channels[set->channel_count++] = options->channel;
    if (*options->plain_channel)
        set->channels[set->channel_count++] = options->plain_channel;
    if (options->endpoint_count == 0)
        die("--url is missing");
    for (uint32_t i = 0; i < count; i++) {
        set->subs[i].set = set;
        set->subs[i].index = i;
        set->subs[i].conn.fd = -1;
    }
}

static void set_state(struct sub *sub, enum sub_state state)
{
    if (sub->state == SUB_LIVE)
        sub->set->live--;
    if (state == SUB_LIVE)
        sub->set->live++;
    sub->state = (uint8_t)state;
}

static void note_error(struct sub_set *set, const char *reason,
                       const char *data, size_t len)
{
    if (*set->first_error)
        return;
    snprintf(set->first_error, sizeof(set->first_error), "%s: %.*s", reason,
             len > 200 ? 200 : (int)len, data);
    for (char *at = set->first_error; *at; at++)
        if (*at < ' ' || *at == '"' || *at == '\\')
            *at = ' ';
}

void sub_fail(struct sub *sub, const char *reason, const char *data, size_t len)
{
    struct sub_set *set = sub->set;

    if (sub->state == SUB_CLOSED)
        return;
    note_error(set, reason, data, len);
    sub_cut(sub);
    set->closed++;
    if (set->hooks.on_closed)
        set->hooks.on_closed(sub);
}

void sub_cut(struct sub *sub)
{
    set_state(sub, SUB_CLOSED);
    conn_close(&sub->conn, true);
}

void sub_confirm(struct sub *sub)
{
    struct sub_set *set = sub->set;

    if (sub->state != SUB_JOINING || ++sub->joined < set->channel_count)
        return;
    set_state(sub, SUB_LIVE);
    if (set->hooks.on_live)
        set->hooks.on_live(sub);
}

bool sub_deliver(struct sub *sub, const char *data, size_t len,
                 size_t wire_bytes)
{
    struct sub_set *set = sub->set;
    struct mark mark;

    if (!set->tally || !tally_delivery(set->tally, sub->index, data, len,
                                       wire_bytes, set->read_ns, &mark))
        return false;
    if (set->hooks.on_delivery)
        set->hooks.on_delivery(sub, &mark, data, len);
    return true;
}

void sub_send_text(struct sub *sub, const char *text, size_t len)
{
    char frame[1024 + WS_HEADER_MAX];

    if (len > sizeof(frame) - WS_HEADER_MAX)
        die("a request of %zu bytes is too long", len);
    if (!conn_send(&sub->conn, frame, ws_encode(WS_TEXT, text, len, frame)))
        sub_fail(sub, "send", "", 0);
}

bool sub_ws_data(struct sub *sub, const struct ws_frame *frame)
{
    char pong[125 + WS_HEADER_MAX];

    if (frame->opcode == WS_TEXT || frame->opcode == WS_BINARY)
        return true;
    if (frame->opcode == WS_PING && frame->len <= 125)
        conn_send(&sub->conn, pong,
                  ws_encode(WS_PONG, frame->payload, frame->len, pong));
    if (frame->opcode == WS_CLOSE) {
        char code[16] = "none";

        if (frame->len >= 2)
            snprintf(code, sizeof(code), "%d",
                     (uint8_t)frame->payload[0] << 8 |
                         (uint8_t)frame->payload[1]);
        sub_fail(sub, "closed by the service", code, strlen(code));
    }
    return false;
}

static void enter_joining(struct sub *sub)
{
    set_state(sub, SUB_JOINING);
    if (sub->set->proto->opened)
        sub->set->proto->opened(sub);
}

/* The HTTP head has come whole or not; the bytes behind it stay. */
static size_t feed_head(struct sub *sub, char *data, size_t len)
{
    const char *end = find_text(data, len, "\r\n\r\n");
    size_t head;

    if (!end)
        return len;
    head = (size_t)(end - data) + 4;
    if (len < 12 || strtol(data + 9, NULL, 10) != sub->set->proto->status) {
        sub_fail(sub, "refused", data, len);
        return 0;
    }
    sub->chunked = find_text(data, head, "hunked") != NULL;
    memmove(data, data + head, len - head);
    enter_joining(sub);
    return len - head;
}

static void read_some(struct sub *sub)
{
    struct sub_set *set = sub->set;
    size_t len, left;

    if (!conn_read(&sub->conn, &len)) {
        sub_fail(sub, "connection lost", "", 0);
        return;
    }
    set->read_ns = now_ns();
    left = len;
    if (sub->state == SUB_HANDSHAKE)
        left = feed_head(sub, set->loop.buffer, len);
    if (sub->state >= SUB_JOINING && left > 0)
        left = set->proto->feed(sub, set->loop.buffer, left);
    if (sub->state != SUB_CLOSED)
        conn_keep(&sub->conn, left);
}

static void send_request(struct sub *sub)
{
    struct sub_set *set = sub->set;
    struct options const *options = set->options;
    const struct endpoint *endpoint =
        &options->endpoints[sub->index % options->endpoint_count];
    char path[512], request[1024];
    size_t len;

    snprintf(path, sizeof(path), "%s", endpoint->path);
    if (set->proto->path)
        set->proto->path(sub, path, sizeof(path));
    if (set->proto->status == 101)
        len = ws_upgrade(endpoint->host, path, set->proto->accept, request,
                         sizeof(request));
    else
        len = (size_t)snprintf(request, sizeof(request),
                               "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path,
                               endpoint->host, set->proto->accept);
    set_state(sub, SUB_HANDSHAKE);
    if (!conn_send(&sub->conn, request, len))
        sub_fail(sub, "send", "", 0);
}

static void finish_connect(struct sub *sub)
{
    if (!conn_finish(&sub->conn))
        sub_fail(sub, "connect", "", 0);
    else if (sub->set->proto->status == 0)
        enter_joining(sub);
    else
        send_request(sub);
}

static void on_event(struct conn *conn, uint32_t events)
{
    struct sub *sub = (struct sub *)conn;

    if (!conn->connected) {
        finish_connect(sub);
        return;
    }
    if ((events & EPOLLOUT) && !conn_flush(conn)) {
        sub_fail(sub, "send", "", 0);
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_some(sub);
}

void sub_open(struct sub *sub)
{
    struct sub_set *set = sub->set;
    const struct endpoint *endpoint =
        &set->options->endpoints[sub->index % set->options->endpoint_count];

    sub->joined = 0;
    sub->decoded = 0;
    sub->chunk_left = 0;
    sub->chunked = 0;
    set_state(sub, SUB_CONNECTING);
    if (!conn_open(&sub->conn, &set->loop, &endpoint->address, on_event))
        sub_fail(sub, "connect", "", 0);
}

void sub_set_open_all(struct sub_set *set)
{
    int64_t deadline = now_ns() + set->options->connect_ms * (int64_t)NS_PER_MS;
    uint32_t opened = 0;

    while (set->live < set->count) {
        while (opened < set->count &&
               opened - set->live - set->closed < CONNECTING_AT_ONCE)
            sub_open(&set->subs[opened++]);
        loop_wait(&set->loop, TICK_NS);
        if (set->closed || now_ns() > deadline)
            die("%u of %u are subscribed, %u were closed; %s", set->live,
                set->count, set->closed, set->first_error);
    }
}

void sub_set_run(struct sub_set *set, int64_t until_ns)
{
    int64_t now = now_ns();

    while (now < until_ns) {
        int64_t left = until_ns - now;

        loop_wait(&set->loop, left < TICK_NS ? left : TICK_NS);
        now = now_ns();
    }
}
