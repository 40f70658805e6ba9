#include "loadgen_pub.h"

#include "loadgen_util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define CLOSED_LOOP_CAPACITY (4u << 20)
#define ANSWERS_WITHIN_NS    (5 * (int64_t)NS_PER_SEC)
#define REQUEST_MAX          (80 * 1024)

uint32_t publisher_capacity(const struct options *options)
{
    int64_t span_ms = options->warmup_ms + options->window_ms;

    if (options->rate == 0)
        return CLOSED_LOOP_CAPACITY;
    return (uint32_t)(options->rate * span_ms / 1000 + 16);
}

static void fail(struct pub_conn *pc, const char *reason, const char *data,
                 size_t len)
{
    struct publisher *publisher = pc->publisher;

    if (pc->busy)
        tally_failed(publisher->tally, pc->mark.stream);
    pc->busy = false;
    if (*publisher->first_error)
        return;
    snprintf(publisher->first_error, sizeof(publisher->first_error), "%s: %.*s",
             reason, len > 200 ? 200 : (int)len, data);
    for (char *at = publisher->first_error; *at; at++)
        if (*at < ' ' || *at == '"' || *at == '\\')
            *at = ' ';
}

static void on_answer(struct pub_conn *pc, int status, const char *data,
                      size_t len)
{
    struct publisher *publisher = pc->publisher;
    int64_t now = now_ns();

    if (!pc->busy)
        return;
    if (status < 200 || status > 299) {
        fail(pc, "refused", data, len);
        return;
    }
    pc->busy = false;
    tally_acked(publisher->tally, pc->mark.stream, pc->mark.seq);
    if (now >= atomic_load(&publisher->measure_from_ns) &&
        now < atomic_load(&publisher->measure_to_ns))
        hist_add(&publisher->latency, now - pc->sent_ns);
}

static void read_answers(struct pub_conn *pc)
{
    size_t len = 0, used = 0;
    char *data;
    int status = 0;

    if (!conn_read(&pc->conn, &len)) {
        fail(pc, "connection lost", "", 0);
        conn_close(&pc->conn, true);
        return;
    }
    data = pc->publisher->loop.buffer;
    if (!pc->publisher->proto->answers) {
        if (find_text(data, len, "PING\r\n"))
            conn_send(&pc->conn, "PONG\r\n", 6);
        if (find_text(data, len, "-ERR"))
            fail(pc, "refused", data, len);
        return;
    }
    used = http_answer(data, len, &status);
    if (used)
        on_answer(pc, status, data, used);
    memmove(data, data + used, len - used);
    conn_keep(&pc->conn, len - used);
}

static void on_event(struct conn *conn, uint32_t events)
{
    struct pub_conn *pc = (struct pub_conn *)conn;
    const char *hello = pc->publisher->proto->hello;

    if (!conn->connected) {
        if (!conn_finish(conn) || !conn_send(conn, hello, strlen(hello)))
            die("cannot publish to %s", pc->publisher->options->pub_url);
        return;
    }
    if ((events & EPOLLOUT) && !conn_flush(conn)) {
        fail(pc, "send", "", 0);
        conn_close(conn, true);
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_answers(pc);
}

static void open_conn(struct publisher *publisher, struct pub_conn *pc)
{
    pc->publisher = publisher;
    if (!conn_open(&pc->conn, &publisher->loop,
                   &publisher->options->pub_endpoint.address, on_event))
        die("cannot publish to %s", publisher->options->pub_url);
}

static void issue(struct publisher *publisher, struct pub_conn *pc,
                  uint32_t stream, int64_t due_ns)
{
    char body[64 * 1024], request[REQUEST_MAX];
    size_t size = (size_t)publisher->options->size;
    int64_t now = now_ns();
    size_t len;

    pc->mark.stream = stream;
    pc->mark.seq = ++publisher->next_seq[stream];
    pc->mark.due_ns = due_ns;
    pc->sent_ns = now;
    if (now - due_ns > (int64_t)publisher->late_max_ns)
        publisher->late_max_ns = (uint64_t)(now - due_ns);
    mark_write(&pc->mark, body, size);
    body[size] = '\0';
    len = publisher->proto->request(publisher, stream, body, request,
                                    sizeof(request));
    tally_issued(publisher->tally, stream, pc->mark.seq);
    pc->busy = publisher->proto->answers;
    if (!conn_send(&pc->conn, request, len)) {
        pc->busy = true;
        fail(pc, "send", "", 0);
        conn_close(&pc->conn, true);
    } else if (!pc->busy) {
        tally_acked(publisher->tally, stream, pc->mark.seq);
    }
}

/* A connection that can take a request; a lost one is opened again. */
static struct pub_conn *idle_conn(struct publisher *publisher)
{
    for (int64_t i = 0; i < publisher->options->pub_conns; i++) {
        struct pub_conn *pc = &publisher->conns[i];

        if (pc->conn.fd < 0) {
            publisher->reconnects++;
            open_conn(publisher, pc);
        }
        if (pc->conn.connected && !pc->busy && pc->conn.out_bytes == 0)
            return pc;
    }
    return NULL;
}

/*
 * When message number k of all is due: evenly, but up to a quarter of the
 * period later, so that sending never falls into step with the kernel's
 * tick, which samples user and system time.
 */
static int64_t due_ns(struct publisher *publisher, uint64_t k)
{
    int64_t per_second = publisher->options->rate * publisher->channel_count;
    int64_t period = NS_PER_SEC / per_second;

    return publisher->start_ns +
           (int64_t)((double)k * NS_PER_SEC / (double)per_second) +
           (int64_t)random_below(&publisher->random, (uint64_t)period / 4);
}

static void run_at_rate(struct publisher *publisher)
{
    uint64_t k = 0;
    int64_t due = due_ns(publisher, k);

    while (due < publisher->end_ns) {
        int64_t now = now_ns();
        struct pub_conn *pc = now >= due ? idle_conn(publisher) : NULL;

        if (pc) {
            issue(publisher, pc, (uint32_t)(k % publisher->channel_count), due);
            due = due_ns(publisher, ++k);
            continue;
        }
        if (now > publisher->end_ns + ANSWERS_WITHIN_NS)
            break;
        loop_wait(&publisher->loop, now < due ? due - now : NS_PER_MS * 100);
    }
}

static void run_closed_loop(struct publisher *publisher)
{
    int64_t now;

    while ((now = now_ns()) < publisher->end_ns) {
        struct pub_conn *pc;

        while (now >= publisher->start_ns && (pc = idle_conn(publisher)))
            issue(publisher, pc, 0, now_ns());
        loop_wait(&publisher->loop, NS_PER_MS * 10);
    }
}

static bool all_idle(const struct publisher *publisher)
{
    for (int64_t i = 0; i < publisher->options->pub_conns; i++)
        if (publisher->conns[i].busy || publisher->conns[i].conn.out_bytes)
            return false;
    return true;
}

static void *run(void *argument)
{
    struct publisher *publisher = argument;
    int64_t deadline;

    if (publisher->options->rate > 0)
        run_at_rate(publisher);
    else
        run_closed_loop(publisher);
    deadline = now_ns() + ANSWERS_WITHIN_NS;
    while (!all_idle(publisher) && now_ns() < deadline)
        loop_wait(&publisher->loop, NS_PER_MS * 20);
    atomic_store(&publisher->done, true);
    return NULL;
}

void publisher_start(struct publisher *publisher, const struct options *options,
                     struct tally *tally, int64_t start_ns, int64_t end_ns)
{
    memset(publisher, 0, sizeof(*publisher));
    loop_init(&publisher->loop);
    publisher->options = options;
    publisher->proto = pub_proto_find(options->pub);
    publisher->tally = tally;
    publisher->random = (uint64_t)now_ns() | 1;
    publisher->start_ns = start_ns;
    publisher->end_ns = end_ns;
    atomic_store(&publisher->measure_to_ns, INT64_MAX);
    publisher->channels[publisher->channel_count++] = options->channel;
    if (*options->plain_channel)
        publisher->channels[publisher->channel_count++] =
            options->plain_channel;
    if (options->size < MARK_BODY_MIN || options->size > 60000)
        die("--size must be from %d to 60000", MARK_BODY_MIN);
    if (!*options->pub_url || options->pub_conns < 1)
        die("--pub-url is missing, or --pub-conns is 0");
    publisher->conns =
        must_alloc((size_t)options->pub_conns, sizeof(*publisher->conns));
    for (int64_t i = 0; i < options->pub_conns; i++)
        open_conn(publisher, &publisher->conns[i]);
    if (pthread_create(&publisher->thread, NULL, run, publisher) != 0)
        die("pthread_create: %s", strerror(errno));
}

void publisher_join(struct publisher *publisher)
{
    pthread_join(publisher->thread, NULL);
}
