/*
 * fan: subscribers of one channel and one publisher. Publishing begins when
 * every subscriber is confirmed; the window opens after the warm-up. With
 * --rate 0 the publishing connections go as fast as they are answered, which
 * makes it the test of the publishing side.
 */
#include "loadgen_cmd.h"

#include "loadgen_proc.h"
#include "loadgen_pub.h"
#include "loadgen_sub.h"
#include "loadgen_util.h"

#include <sys/resource.h>

#define SETTLE_MS 300
#define QUIET_MS  1500 /* nothing came for so long: nothing will */

struct fan {
    const struct options *options;
    struct sub_set subs;
    struct tally tally;
    struct publisher publisher;
    struct proc_set procs;
    double window_s;
    double own_cpu_s;
    uint32_t window_acked;
};

static int64_t ms(int64_t count)
{
    return count * (int64_t)NS_PER_MS;
}

static double own_cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure(struct fan *fan, int64_t from_ns, int64_t to_ns)
{
    double own_before;
    int64_t begin;

    sub_set_run(&fan->subs, from_ns);
    own_before = own_cpu_s();
    proc_set_begin(&fan->procs);
    fan->window_acked = atomic_load(&fan->tally.log[0].acked);
    begin = now_ns();
    fan->tally.measuring = true;
    sub_set_run(&fan->subs, to_ns);
    fan->tally.measuring = false;
    fan->window_s = (double)(now_ns() - begin) / NS_PER_SEC;
    fan->window_acked =
        atomic_load(&fan->tally.log[0].acked) - fan->window_acked;
    proc_set_end(&fan->procs);
    fan->own_cpu_s = own_cpu_s() - own_before;
}

/* Until all has arrived, or nothing comes any more, or time is up. */
static void drain(struct fan *fan)
{
    int64_t now = now_ns(), quiet_since = now;
    int64_t deadline = now + ms(fan->options->drain_ms);
    uint64_t seen = fan->tally.unique[0];

    while (now < deadline) {
        if (atomic_load(&fan->publisher.done) &&
            (tally_complete(&fan->tally) || now - quiet_since > ms(QUIET_MS)))
            break;
        sub_set_run(&fan->subs, now + ms(20));
        now = now_ns();
        if (fan->tally.unique[0] != seen)
            quiet_since = now;
        seen = fan->tally.unique[0];
    }
}

/* What neither the contender nor this program used: a busy machine. */
static double others_cores(const struct fan *fan)
{
    double others = fan->procs.machine_busy_s - fan->own_cpu_s -
                    proc_set_total_us(&fan->procs) / 1e6;

    return others > 0 ? others / fan->window_s : 0;
}

static void print_result(const struct fan *fan)
{
    const struct tally *tally = &fan->tally;
    const struct options *options = fan->options;
    double deliveries =
        tally->window_deliveries ? (double)tally->window_deliveries : 1;

    printf("{\"cmd\":\"fan\",\"proto\":\"%s\",\"subs\":%ld,\"rate\":%ld,"
           "\"size\":%ld,\"window_s\":%.3f,",
           options->proto, options->subs, options->rate, options->size,
           fan->window_s);
    tally_print(tally, 0, stdout);
    printf(",\"deliveries\":%lu,\"deliveries_per_s\":%.1f,"
           "\"published_per_s\":%.1f,\"frame_bytes\":%.0f,\"closed\":%u,",
           tally->window_deliveries,
           (double)tally->window_deliveries / fan->window_s,
           (double)fan->window_acked / fan->window_s,
           (double)tally->window_bytes / deliveries, fan->subs.closed);
    printf("\"cpu_us\":%.4f,\"cpu_user_us\":%.4f,\"cpu\":",
           proc_set_total_us(&fan->procs) / deliveries,
           proc_set_user_us(&fan->procs) / deliveries);
    proc_set_print(&fan->procs, stdout);
    printf(",\"generator_cores\":%.3f,\"others_cores\":%.3f,"
           "\"publisher_late_max_us\":%.0f,"
           "\"publisher_reconnects\":%u,\"latency_us\":",
           fan->own_cpu_s / fan->window_s, others_cores(fan),
           (double)fan->publisher.late_max_ns / 1e3, fan->publisher.reconnects);
    hist_print_us(&tally->latency, stdout);
    fputs(",\"answer_us\":", stdout);
    hist_print_us(&fan->publisher.latency, stdout);
    printf(",\"error\":\"%s\",\"publish_error\":\"%s\"}\n",
           fan->subs.first_error, fan->publisher.first_error);
}

int cmd_fan(const struct options *options)
{
    static struct fan fan;
    int64_t start, from, to;

    fan.options = options;
    proc_set_parse(&fan.procs, options->pids);
    tally_init(&fan.tally, (uint32_t)options->subs, 1,
               publisher_capacity(options));
    sub_set_init(&fan.subs, options, (uint32_t)options->subs, &fan.tally);
    sub_set_open_all(&fan.subs);
    sub_set_run(&fan.subs, now_ns() + ms(SETTLE_MS));

    start = now_ns() + ms(50);
    from = start + ms(options->warmup_ms);
    to = from + ms(options->window_ms);
    publisher_start(&fan.publisher, options, &fan.tally, start, to);
    atomic_store(&fan.publisher.measure_from_ns, from);
    atomic_store(&fan.publisher.measure_to_ns, to);
    measure(&fan, from, to);
    drain(&fan);
    publisher_join(&fan.publisher);
    print_result(&fan);
    return 0;
}
