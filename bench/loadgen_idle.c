/*
 * idle: the memory of a process before and after many connections that do
 * nothing. The difference counts all that came with them, also what the
 * service allocates only once.
 */
#include "loadgen_cmd.h"

#include "loadgen_proc.h"
#include "loadgen_sub.h"
#include "loadgen_util.h"

#include <stdio.h>

#define SETTLE_NS (1500 * (int64_t)NS_PER_MS)

static int64_t memory_of(const struct proc_set *procs,
                         int64_t (*read_bytes)(pid_t pid))
{
    int64_t sum = 0;

    for (unsigned i = 0; i < procs->count; i++) {
        int64_t bytes = read_bytes(procs->procs[i].pid);

        if (bytes < 0)
            die("process %d is gone", procs->procs[i].pid);
        sum += bytes;
    }
    return sum;
}

static void print_result(const struct options *options, int64_t before,
                         int64_t after, int64_t resident)
{
    printf("{\"cmd\":\"idle\",\"proto\":\"%s\",\"subs\":%ld,"
           "\"subscribed\":%s,\"private_before\":%ld,\"private_after\":%ld,"
           "\"bytes_per_connection\":%.0f,\"resident_after\":%ld}\n",
           options->proto, options->subs, *options->channel ? "true" : "false",
           before, after, (double)(after - before) / (double)options->subs,
           resident);
}

int cmd_idle(const struct options *options)
{
    static struct sub_set set;
    static struct proc_set procs;
    int64_t before, after;

    proc_set_parse(&procs, options->pids);
    sub_set_init(&set, options, (uint32_t)options->subs, NULL);
    before = memory_of(&procs, proc_private_bytes);
    sub_set_open_all(&set);
    sub_set_run(&set, now_ns() + SETTLE_NS);
    after = memory_of(&procs, proc_private_bytes);
    if (set.live < set.count)
        die("%u connections were closed: %s", set.count - set.live,
            set.first_error);
    print_result(options, before, after,
                 memory_of(&procs, proc_resident_bytes));
    return 0;
}
