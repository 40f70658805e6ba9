#include "tools/up/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ff_clock.h"
#include "tools/up/files.h"
#include "tools/up/report.h"

#define START_TIMEOUT_MS 90000 /* sanitizers on a busy machine */
#define STOP_TIMEOUT_MS  20000 /* above every service's own limit */
#define TICK_MS          50
#define TAIL_LINES       15

struct supervisor {
    struct cluster *cl;
    bool up;      /* everything was ready once */
    bool stop;    /* asked to stop */
    bool hurry;   /* asked twice */
    int failures; /* children that did not start or ended badly */
};

static void wanted_signals(sigset_t *set)
{
    static const int signals[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(set, signals[i]);
}

void supervisor_block_signals(void)
{
    sigset_t set;
    wanted_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* One signal, or the tick is over. */
static void wait_signal(struct supervisor *s)
{
    struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    sigset_t set;
    wanted_signals(&set);
    int sig = sigtimedwait(&set, NULL, &tick);
    if (sig <= 0 || sig == SIGCHLD)
        return;
    s->hurry = s->stop;
    s->stop = true;
}

static struct child *by_pid(struct cluster *cl, pid_t pid)
{
    for (size_t i = 0; i < cl->count; i++)
        if (cl->children[i].pid == pid)
            return &cl->children[i];
    return NULL;
}

static void describe_status(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "was ended by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

/* What an end means depends on when it comes. */
static void on_end(struct supervisor *s, struct child *c, int status)
{
    char what[64];
    bool orderly = c->stopping && status == 0;
    child_on_end(c);
    if (orderly)
        return;
    describe_status(status, what, sizeof(what));
    if (c->stopping || !c->was_ready) {
        fprintf(stderr, "fanfare-up: %s %s; the end of %s:\n", c->name, what,
                c->log);
        files_print_tail(c->log, TAIL_LINES);
        if (c->stopping || !s->up)
            s->failures++;
        return;
    }
    printf("%s %s; it starts again in %.1f s\n", c->name, what,
           (double)c->backoff_ms / 1000);
}

static bool reap(struct supervisor *s)
{
    bool changed = false;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *c = by_pid(s->cl, pid);
        if (!c)
            continue;
        on_end(s, c, status);
        changed = true;
    }
    return changed;
}

static void note_ready(struct supervisor *s, struct child *c)
{
    c->state = CHILD_READY;
    c->was_ready = true;
    if (s->up)
        printf("%s is ready again\n", c->name);
}

/* One turn: who ended, who is ready, who is due to start again. */
static void turn(struct supervisor *s)
{
    bool changed = reap(s);
    for (size_t i = 0; i < s->cl->count; i++) {
        struct child *c = &s->cl->children[i];
        if (c->state == CHILD_STARTING && child_is_ready(c))
            note_ready(s, c);
        if (s->up && child_is_due(c))
            changed = child_start(c) || changed;
    }
    if (s->up && changed)
        report_write(s->cl);
    fflush(stdout);
}

static bool order_is_ready(const struct cluster *cl, int order)
{
    for (size_t i = 0; i < cl->count; i++)
        if (cl->children[i].order == order &&
            cl->children[i].state != CHILD_READY)
            return false;
    return true;
}

static void tell_unready(struct supervisor *s, int order)
{
    for (size_t i = 0; i < s->cl->count; i++) {
        const struct child *c = &s->cl->children[i];
        if (c->order != order || c->state == CHILD_READY)
            continue;
        fprintf(stderr, "fanfare-up: %s did not become ready; the end of %s:\n",
                c->name, c->log);
        files_print_tail(c->log, TAIL_LINES);
        s->failures++;
    }
}

/* Starts one order and waits until all of it is ready. */
static bool start_order(struct supervisor *s, int order)
{
    int64_t deadline = ff_clock_steady_ms() + START_TIMEOUT_MS;
    for (size_t i = 0; i < s->cl->count; i++)
        if (s->cl->children[i].order == order)
            child_start(&s->cl->children[i]);
    for (;;) {
        turn(s);
        if (s->failures || s->stop)
            return false;
        if (order_is_ready(s->cl, order))
            return true;
        if (ff_clock_steady_ms() >= deadline) {
            tell_unready(s, order);
            return false;
        }
        wait_signal(s);
    }
}

/* Children are in start order. */
static bool start_all(struct supervisor *s)
{
    int last = -1;
    for (size_t i = 0; i < s->cl->count; i++) {
        int order = s->cl->children[i].order;
        if (order != last && !start_order(s, order))
            return false;
        last = order;
    }
    return true;
}

/* Marks, signals, and counts those of an order that still run. */
static size_t stop_order(struct supervisor *s, int order, bool force)
{
    size_t running = 0;
    for (size_t i = 0; i < s->cl->count; i++) {
        struct child *c = &s->cl->children[i];
        if (c->order != order)
            continue;
        if (force)
            child_signal(c, SIGKILL);
        else if (!c->stopping)
            child_signal(c, c->stop_signal);
        c->stopping = true;
        running += c->pid != 0;
    }
    return running;
}

/* Asks, waits, and in the end forces. */
static void stop_and_wait(struct supervisor *s, int order)
{
    int64_t deadline = ff_clock_steady_ms() + STOP_TIMEOUT_MS;
    while (stop_order(s, order, s->hurry || ff_clock_steady_ms() >= deadline)) {
        wait_signal(s);
        reap(s);
    }
}

static void stop_all(struct supervisor *s)
{
    for (size_t i = s->cl->count; i-- > 0;)
        if (i + 1 == s->cl->count ||
            s->cl->children[i].order != s->cl->children[i + 1].order)
            stop_and_wait(s, s->cl->children[i].order);
}

int supervisor_run(struct cluster *cl)
{
    struct supervisor s = {.cl = cl};
    if (start_all(&s)) {
        s.up = true;
        if (report_write(cl))
            report_greet(cl);
        else
            s.stop = true;
    }
    fflush(stdout);
    while (s.up && !s.stop) {
        wait_signal(&s);
        turn(&s);
    }
    stop_all(&s);
    return s.failures ? 1 : 0;
}
