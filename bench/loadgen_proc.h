/*
 * loadgen_proc - what processes cost, read from /proc: run time by the
 * scheduler's own clock (exact, nanoseconds, summed over the threads), its
 * split into user and system (sampled by the kernel's tick), private memory.
 */
#ifndef LOADGEN_PROC_H
#define LOADGEN_PROC_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PROC_MAX 16

struct proc_usage {
    int64_t run_ns;
    int64_t user_ticks;
    int64_t system_ticks;
};

struct proc {
    char name[32];
    pid_t pid;
    struct proc_usage before;
    struct proc_usage after;
};

struct proc_set {
    double machine_busy_s; /* all processors, between begin and end */
    unsigned count;
    struct proc procs[PROC_MAX];
};

/* "gateway:123,nats:456"; dies on anything else. */
void proc_set_parse(struct proc_set *set, const char *text);

void proc_set_begin(struct proc_set *set);
void proc_set_end(struct proc_set *set);

/* Between begin and end, microseconds of all processes together. */
double proc_set_total_us(const struct proc_set *set);
double proc_set_user_us(const struct proc_set *set);

/* [{"name":…,"pid":…,"total_us":…,"user_us":…},…] */
void proc_set_print(const struct proc_set *set, FILE *out);

/* Private_Dirty and Rss of a process, bytes; -1 where it is gone. */
int64_t proc_private_bytes(pid_t pid);
int64_t proc_resident_bytes(pid_t pid);

#endif
