#include "loadgen_proc.h"

#include "loadgen_util.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void proc_set_parse(struct proc_set *set, const char *text)
{
    while (*text) {
        struct proc *proc = &set->procs[set->count];
        int used = 0;

        if (set->count++ == PROC_MAX)
            die("more than %d processes to watch", PROC_MAX);
        if (sscanf(text, "%31[^:,]:%d%n", proc->name, &proc->pid, &used) != 2)
            die("--pids wants name:pid,name:pid, not %s", text);
        text += used;
        if (*text == ',')
            text++;
    }
}

static int64_t task_run_ns(pid_t pid, const char *task)
{
    char path[96];
    long long run = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", pid, task);
    file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lld", &run) != 1)
        run = 0;
    fclose(file);
    return run;
}

static int64_t all_tasks_run_ns(pid_t pid)
{
    char path[64];
    int64_t run_ns = 0;
    struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    tasks = opendir(path);
    if (!tasks)
        die("process %d is gone", pid);
    while ((entry = readdir(tasks)))
        if (entry->d_name[0] != '.')
            run_ns += task_run_ns(pid, entry->d_name);
    closedir(tasks);
    return run_ns;
}

static void read_ticks(pid_t pid, struct proc_usage *out_usage)
{
    char path[64], line[1024];
    long long user = 0, system = 0;
    const char *at;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (!file || !fgets(line, sizeof(line), file))
        die("process %d is gone", pid);
    fclose(file);
    at = strrchr(line, ')');
    if (!at ||
        sscanf(at + 2, "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld %lld",
               &user, &system) != 2)
        die("%s cannot be read", path);
    out_usage->user_ticks = user;
    out_usage->system_ticks = system;
}

static void read_usage(pid_t pid, struct proc_usage *out_usage)
{
    out_usage->run_ns = all_tasks_run_ns(pid);
    read_ticks(pid, out_usage);
}

/* Seconds in which a processor was not idle, of all since the start. */
static double machine_busy_s(void)
{
    long long user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
    FILE *file = fopen("/proc/stat", "r");

    if (!file || fscanf(file, "cpu %lld %lld %lld %*d %*d %lld %lld %lld",
                        &user, &nice, &system, &irq, &softirq, &steal) != 6)
        die("/proc/stat cannot be read");
    fclose(file);
    return (double)(user + nice + system + irq + softirq + steal) /
           (double)sysconf(_SC_CLK_TCK);
}

void proc_set_begin(struct proc_set *set)
{
    set->machine_busy_s = -machine_busy_s();
    for (unsigned i = 0; i < set->count; i++)
        read_usage(set->procs[i].pid, &set->procs[i].before);
}

void proc_set_end(struct proc_set *set)
{
    set->machine_busy_s += machine_busy_s();
    for (unsigned i = 0; i < set->count; i++)
        read_usage(set->procs[i].pid, &set->procs[i].after);
}

static double total_us(const struct proc *proc)
{
    return (double)(proc->after.run_ns - proc->before.run_ns) / 1e3;
}

static double user_us(const struct proc *proc)
{
    double user = (double)(proc->after.user_ticks - proc->before.user_ticks);
    double system =
        (double)(proc->after.system_ticks - proc->before.system_ticks);

    return user > 0 ? total_us(proc) * user / (user + system) : 0;
}

double proc_set_total_us(const struct proc_set *set)
{
    double sum = 0;

    for (unsigned i = 0; i < set->count; i++)
        sum += total_us(&set->procs[i]);
    return sum;
}

double proc_set_user_us(const struct proc_set *set)
{
    double sum = 0;

    for (unsigned i = 0; i < set->count; i++)
        sum += user_us(&set->procs[i]);
    return sum;
}

void proc_set_print(const struct proc_set *set, FILE *out)
{
    fputc('[', out);
    for (unsigned i = 0; i < set->count; i++)
        fprintf(out,
                "%s{\"name\":\"%s\",\"pid\":%d,\"total_us\":%.0f,"
                "\"user_us\":%.0f}",
                i ? "," : "", set->procs[i].name, set->procs[i].pid,
                total_us(&set->procs[i]), user_us(&set->procs[i]));
    fputc(']', out);
}

/* The "Name:   123 kB" line of a /proc file, in bytes. */
static int64_t read_kb_line(pid_t pid, const char *leaf, const char *name)
{
    char path[64], line[256];
    int64_t bytes = -1;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, leaf);
    file = fopen(path, "r");
    while (file && bytes < 0 && fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0)
            bytes = strtoll(line + strlen(name), NULL, 10) * 1024;
    if (file)
        fclose(file);
    return bytes;
}

int64_t proc_private_bytes(pid_t pid)
{
    return read_kb_line(pid, "smaps_rollup", "Private_Dirty:");
}

int64_t proc_resident_bytes(pid_t pid)
{
    return read_kb_line(pid, "status", "VmRSS:");
}
