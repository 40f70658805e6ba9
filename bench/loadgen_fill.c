/*
 * fill: some messages into each of very many channels with history, by
 * batches over HTTP, one round over all channels after the other; then, with
 * --url, --subs connections that share the subscriptions to all of them. The
 * resident memory of --pids is read at the start and after each step.
 */
#include "loadgen_cmd.h"

#include "loadgen_proc.h"
#include "loadgen_pub.h"
#include "loadgen_sub.h"
#include "loadgen_util.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define BATCH          50
#define BATCH_BYTES    (BATCH * 320 + 512)
#define FILL_WITHIN_NS (300 * (int64_t)NS_PER_SEC)
#define SETTLE_NS      (1500 * (int64_t)NS_PER_MS)

struct filler {
    struct conn conn; /* first */
    bool busy;
};

struct fill {
    const struct options *options;
    struct loop loop;
    struct proc_set procs;
    int64_t next; /* message number over all */
    int64_t total;
    int64_t sent;
    int64_t answered;
    int64_t failed;
    char first_error[160];
    struct sub_set subs;
    int64_t subscribed;
};

static struct fill F;

static size_t channel_name(char *out, size_t size, int64_t number)
{
    return (size_t)snprintf(out, size, "%s-%ld", F.options->channel, number);
}

/* The next BATCH messages as one request body; how many it holds. */
static int64_t write_batch(char *out, size_t size, size_t *out_len)
{
    static const char body[] = "{\"bench\":\"a message of some length, as "
                               "chats and feeds and dashboards send them, "
                               "with a little more text behind it\"}";
    size_t len = (size_t)snprintf(out, size, "{\"messages\":[");
    int64_t count = 0;

    for (; count < BATCH && F.next < F.total; count++, F.next++) {
        char channel[128];

        channel_name(channel, sizeof(channel), F.next % F.options->channels);
        len += (size_t)snprintf(out + len, size - len,
                                "%s{\"channel\":\"%s\",\"message\":%s}",
                                count ? "," : "", channel, body);
    }
    len += (size_t)snprintf(out + len, size - len, "]}");
    *out_len = len;
    return count;
}

static void send_batch(struct filler *filler)
{
    char body[BATCH_BYTES], request[BATCH_BYTES + 512];
    size_t body_len, len;

    if (F.next == F.total)
        return;
    F.sent += write_batch(body, sizeof(body), &body_len);
    len = (size_t)snprintf(request, sizeof(request),
                           "POST /v1/batch HTTP/1.1\r\nHost: %s\r\n"
                           "Content-Type: application/json\r\n"
                           "X-API-Key: %s\r\nContent-Length: %zu\r\n\r\n%s",
                           F.options->pub_endpoint.host, F.options->api_key,
                           body_len, body);
    filler->busy = true;
    if (!conn_send(&filler->conn, request, len))
        die("the ingress closed the connection");
}

static int64_t count_text(const char *data, size_t len, const char *text)
{
    int64_t count = 0;
    const char *at;

    while ((at = find_text(data, len, text))) {
        count++;
        len -= (size_t)(at - data) + 1;
        data = at + 1;
    }
    return count;
}

static void on_answer(int status, const char *data, size_t len)
{
    int64_t errors = count_text(data, len, "\"error\"");

    if (status != 200)
        errors = BATCH;
    F.failed += errors;
    if (errors && !*F.first_error)
        snprintf(F.first_error, sizeof(F.first_error), "%.*s",
                 (int)(len < 150 ? len : 150), data);
}

static void on_event(struct conn *conn, uint32_t events)
{
    struct filler *filler = (struct filler *)conn;
    size_t len, used;
    int status = 0;

    if (!conn->connected) {
        if (!conn_finish(conn))
            die("cannot connect to %s", F.options->pub_url);
        send_batch(filler);
        return;
    }
    if (((events & EPOLLOUT) && !conn_flush(conn)) || !conn_read(conn, &len))
        die("the ingress closed the connection");
    used = http_answer(F.loop.buffer, len, &status);
    if (used) {
        on_answer(status, F.loop.buffer, used);
        F.answered++;
        filler->busy = false;
        send_batch(filler);
    }
    memmove(F.loop.buffer, F.loop.buffer + used, len - used);
    conn_keep(conn, len - used);
}

static double fill_all(void)
{
    static struct filler fillers[64];
    int64_t begin = now_ns(), batches = (F.total + BATCH - 1) / BATCH;

    for (int64_t i = 0; i < F.options->pub_conns && i < 64; i++)
        if (!conn_open(&fillers[i].conn, &F.loop,
                       &F.options->pub_endpoint.address, on_event))
            die("cannot connect to %s", F.options->pub_url);
    while (F.answered < batches) {
        loop_wait(&F.loop, 100 * (int64_t)NS_PER_MS);
        if (now_ns() - begin > FILL_WITHIN_NS)
            die("%ld of %ld batches were answered in time", F.answered,
                batches);
    }
    return (double)(now_ns() - begin) / NS_PER_SEC;
}

/* This connection's share of the channels. */
static void on_live(struct sub *sub)
{
    int64_t count = F.options->channels, connections = F.options->subs;

    for (int64_t i = sub->index; i < count; i += connections) {
        char channel[128], text[256];

        channel_name(channel, sizeof(channel), i);
        sub_send_text(sub, text,
                      (size_t)snprintf(text, sizeof(text),
                                       "{\"action\":\"subscribe\",\"data\":"
                                       "{\"channel\":\"%s\"}}",
                                       channel));
    }
}

static void on_control(struct sub *sub, const char *data, size_t len)
{
    (void)sub;
    if (find_text(data, len, "\"action\":\"subscribed\""))
        F.subscribed++;
}

static void subscribe_all(void)
{
    int64_t deadline = now_ns() + FILL_WITHIN_NS;

    sub_set_init(&F.subs, F.options, (uint32_t)F.options->subs, NULL);
    F.subs.channel_count = 0;
    F.subs.hooks.on_live = on_live;
    F.subs.hooks.on_control = on_control;
    sub_set_open_all(&F.subs);
    while (F.subscribed < F.options->channels && F.subs.closed == 0 &&
           now_ns() < deadline)
        sub_set_run(&F.subs, now_ns() + 50 * NS_PER_MS);
    sub_set_run(&F.subs, now_ns() + SETTLE_NS);
}

static void print_memory(const char *step)
{
    printf("\"%s\":{", step);
    for (unsigned i = 0; i < F.procs.count; i++)
        printf("%s\"%s\":%ld", i ? "," : "", F.procs.procs[i].name,
               proc_resident_bytes(F.procs.procs[i].pid));
    printf("},");
}

int cmd_fill(const struct options *options)
{
    double seconds;

    F.options = options;
    F.total = options->channels * options->per_channel;
    loop_init(&F.loop);
    proc_set_parse(&F.procs, options->pids);
    printf("{\"cmd\":\"fill\",\"channels\":%ld,\"per_channel\":%ld,",
           options->channels, options->per_channel);
    print_memory("resident_before");
    seconds = fill_all();
    print_memory("resident_filled");
    if (options->endpoint_count)
        subscribe_all();
    print_memory("resident_subscribed");
    printf("\"messages\":%ld,\"failed\":%ld,\"messages_per_s\":%.0f,"
           "\"subscribed\":%ld,\"error\":\"%s%s\"}\n",
           F.total, F.failed, (double)F.total / seconds, F.subscribed,
           *F.first_error ? "a batch was refused" : "", F.subs.first_error);
    return 0;
}
