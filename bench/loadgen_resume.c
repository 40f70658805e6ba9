/*
 * resume: clients of a channel with history (and, beside it, of a plain one)
 * whose connections are cut, by this program or because the gateways are
 * killed, and who come back asking for what they missed. Counted: what
 * everyone got in the end, its order, and how long coming back took.
 */
#include "loadgen_cmd.h"

#include "loadgen_proc.h"
#include "loadgen_pub.h"
#include "loadgen_sub.h"
#include "loadgen_util.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TICK_NS        (10 * (int64_t)NS_PER_MS)
#define SETTLE_NS      (300 * (int64_t)NS_PER_MS)
#define QUIET_NS       (3 * (int64_t)NS_PER_SEC)
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   5000

struct client {
    uint64_t offset; /* of the last message of the history channel */
    char epoch[64];
    int64_t due_ns; /* of the next cut, or of the next attempt */
    int64_t lost_ns;
    int64_t asked_ns;
    uint32_t target; /* seen this number: the replay is over */
    uint8_t attempts;
    bool was_live;
    bool catching_up;
};

struct resume {
    const struct options *options;
    struct sub_set subs;
    struct tally tally;
    struct publisher publisher;
    struct client *clients;
    uint64_t random;
    bool cutting;

    uint64_t cuts;        /* made here */
    uint64_t lost;        /* connections that the service dropped */
    uint64_t failed;      /* attempts that did not end in a connection */
    uint64_t recovered;   /* resumes answered with recovered:true */
    uint64_t unrecovered; /* … false */
    uint64_t offset_disorder;
    int64_t killed_ns;
    int64_t last_back_ns;
    struct hist back;   /* from the loss until subscribed again */
    struct hist replay; /* from subscribe until the last missed message */
};

static struct resume R;

static struct client *client_of(const struct sub *sub)
{
    return &R.clients[sub->index];
}

/* Half as long to one and a half times as long. */
static int64_t around_ns(int64_t mean_ms)
{
    return (mean_ms / 2 +
            (int64_t)random_below(&R.random, (uint64_t)mean_ms + 1)) *
           NS_PER_MS;
}

static void write_recover(const struct sub *sub, unsigned channel, char *out,
                          size_t size)
{
    struct client *client = client_of(sub);

    if (channel != 0 || !client->was_live)
        return;
    client->asked_ns = now_ns();
    client->target = atomic_load(&R.tally.log[0].acked_high);
    client->catching_up =
        client->target > tally_highest(&R.tally, sub->index, 0);
    snprintf(out, size, ",\"recover\":{\"offset\":%lu,\"epoch\":\"%s\"}",
             client->offset, client->epoch);
}

static void on_control(struct sub *sub, const char *data, size_t len)
{
    struct client *client = client_of(sub);
    bool recovered = find_text(data, len, "\"recovered\":true") != NULL;
    char channel[128];

    if (!find_text(data, len, "\"action\":\"subscribed\"") ||
        !find_string(data, len, "channel", channel, sizeof(channel)) ||
        strcmp(channel, R.options->channel) != 0)
        return;
    if (client->was_live && recovered) {
        R.recovered++;
        return;
    }
    if (client->was_live)
        R.unrecovered++;
    if (!find_number(data, len, "offset", &client->offset) ||
        !find_string(data, len, "epoch", client->epoch, sizeof(client->epoch)))
        die("no position in %.*s", (int)len, data);
}

static void on_live(struct sub *sub)
{
    struct client *client = client_of(sub);
    int64_t now = now_ns();

    if (client->was_live) {
        hist_add(&R.back, now - client->lost_ns);
        R.last_back_ns = now;
    }
    client->was_live = true;
    client->attempts = 0;
    client->due_ns = now + around_ns(R.options->cut_ms);
}

static void on_delivery(struct sub *sub, const struct mark *mark,
                        const char *data, size_t len)
{
    struct client *client = client_of(sub);
    uint64_t offset = 0;

    if (mark->stream != 0)
        return;
    if (!find_number(data, len, "offset", &offset) || offset <= client->offset)
        R.offset_disorder++;
    else
        client->offset = offset;
    if (client->catching_up &&
        tally_highest(&R.tally, sub->index, 0) >= client->target) {
        client->catching_up = false;
        hist_add(&R.replay, R.subs.read_ns - client->asked_ns);
        R.last_back_ns = R.subs.read_ns;
    }
}

/* Come back at a random moment, later after each failure. */
static void on_closed(struct sub *sub)
{
    struct client *client = client_of(sub);
    int64_t wait_ms = RETRY_FIRST_MS << client->attempts;

    if (client->attempts == 0) {
        R.lost++;
        client->lost_ns = now_ns();
    } else {
        R.failed++;
    }
    if (wait_ms > RETRY_MAX_MS)
        wait_ms = RETRY_MAX_MS;
    else
        client->attempts++;
    client->due_ns =
        now_ns() +
        (int64_t)random_below(&R.random, (uint64_t)wait_ms) * NS_PER_MS;
}

static void tick_client(struct sub *sub, int64_t now)
{
    struct client *client = client_of(sub);

    if (now < client->due_ns)
        return;
    if (sub->state == SUB_CLOSED) {
        client->due_ns = INT64_MAX;
        sub_open(sub);
    } else if (sub->state == SUB_LIVE && R.cutting && R.options->cut_ms > 0) {
        R.cuts++;
        client->lost_ns = now;
        client->due_ns = now + around_ns(R.options->offline_ms);
        sub_cut(sub);
    }
}

static void run_until(int64_t until_ns)
{
    int64_t now;

    while ((now = now_ns()) < until_ns) {
        sub_set_run(&R.subs, now + TICK_NS);
        now = now_ns();
        for (uint32_t i = 0; i < R.subs.count; i++)
            tick_client(&R.subs.subs[i], now);
    }
}

static void send_signals(void)
{
    struct proc_set procs = {0};

    proc_set_parse(&procs, R.options->kill_pids);
    R.killed_ns = now_ns();
    for (unsigned i = 0; i < procs.count; i++)
        if (kill(procs.procs[i].pid, (int)R.options->kill_signal) != 0)
            die("process %d cannot be signalled", procs.procs[i].pid);
}

/* Everybody back, and everything there, or nothing new for QUIET_NS. */
static void drain(void)
{
    int64_t now = now_ns(), quiet_since = now;
    int64_t deadline = now + R.options->drain_ms * NS_PER_MS;
    uint64_t seen = 0;

    while (now < deadline) {
        bool back = R.subs.live == R.subs.count;

        if (back && atomic_load(&R.publisher.done) &&
            (tally_lost(&R.tally, 0) == 0 || now - quiet_since > QUIET_NS))
            return;
        run_until(now + 10 * TICK_NS);
        now = now_ns();
        if (!back || R.tally.unique[0] != seen)
            quiet_since = now;
        seen = R.tally.unique[0];
    }
}

static void print_result(void)
{
    printf("{\"cmd\":\"resume\",\"clients\":%u,\"live\":%u,\"cuts\":%lu,"
           "\"dropped\":%lu,\"failed_attempts\":%lu,\"recovered\":%lu,"
           "\"unrecovered\":%lu,\"offset_disorder\":%lu,\"all_back_ms\":%.0f,",
           R.subs.count, R.subs.live, R.cuts, R.lost, R.failed, R.recovered,
           R.unrecovered, R.offset_disorder,
           R.killed_ns ? (double)(R.last_back_ns - R.killed_ns) / NS_PER_MS
                       : 0);
    fputs("\"history\":{", stdout);
    tally_print(&R.tally, 0, stdout);
    fputs("},", stdout);
    if (R.tally.streams > 1) {
        fputs("\"plain\":{", stdout);
        tally_print(&R.tally, 1, stdout);
        fputs("},", stdout);
    }
    fputs("\"back_us\":", stdout);
    hist_print_us(&R.back, stdout);
    fputs(",\"replay_us\":", stdout);
    hist_print_us(&R.replay, stdout);
    printf(",\"error\":\"%s\",\"publish_error\":\"%s\"}\n", R.subs.first_error,
           R.publisher.first_error);
}

static void prepare(const struct options *options)
{
    static const struct sub_hooks hooks = {
        .recover = write_recover,
        .on_control = on_control,
        .on_live = on_live,
        .on_delivery = on_delivery,
        .on_closed = on_closed,
    };

    R.options = options;
    R.random = (uint64_t)now_ns() | 1;
    R.clients = must_alloc((size_t)options->subs, sizeof(*R.clients));
    tally_init(&R.tally, (uint32_t)options->subs,
               *options->plain_channel ? 2 : 1, publisher_capacity(options));
    sub_set_init(&R.subs, options, (uint32_t)options->subs, &R.tally);
    R.subs.hooks = hooks;
    sub_set_open_all(&R.subs);
    sub_set_run(&R.subs, now_ns() + SETTLE_NS);
}

int cmd_resume(const struct options *options)
{
    int64_t start, end;

    prepare(options);
    start = now_ns() + TICK_NS;
    end = start + (options->warmup_ms + options->window_ms) * NS_PER_MS;
    publisher_start(&R.publisher, options, &R.tally, start, end);
    R.cutting = true;
    if (options->kill_after_ms) {
        run_until(start + options->kill_after_ms * NS_PER_MS);
        send_signals();
    }
    run_until(end);
    R.cutting = false;
    drain();
    publisher_join(&R.publisher);
    print_result();
    return 0;
}
