#include "tools/up/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ff_clock.h"
#include "ff_mem.h"
#include "tools/up/probe.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define GROWN_UP_MS    10000 /* who lived longer starts again at once */

void child_arg(struct child *c, const char *arg)
{
    size_t n = 0;
    while (c->argv && c->argv[n])
        n++;
    c->argv = ff_realloc(c->argv, (n + 2) * sizeof(*c->argv));
    c->argv[n] = ff_strdup(arg);
    c->argv[n + 1] = NULL;
}

void child_fini(struct child *c)
{
    for (size_t i = 0; c->argv && c->argv[i]; i++)
        free(c->argv[i]);
    free(c->argv);
    free(c->name);
    free(c->env_password);
    free(c->log);
    free(c->hold);
}

static void redirect(const char *log)
{
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (in < 0 || out < 0)
        _exit(127);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
}

/* In the new process. */
static _Noreturn void become(const struct child *c, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    redirect(c->log);
    if (c->env_password)
        putenv(c->env_password);
    execv(c->argv[0], c->argv);
    fprintf(stderr, "cannot run %s: %s\n", c->argv[0], strerror(errno));
    _exit(127);
}

bool child_start(struct child *c)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(c, parent);
    c->started_ms = ff_clock_steady_ms();
    if (pid < 0) {
        child_on_end(c);
        return false;
    }
    c->pid = pid;
    c->state = CHILD_STARTING;
    return true;
}

void child_on_end(struct child *c)
{
    int64_t now = ff_clock_steady_ms();
    c->pid = 0;
    if (c->stopping) {
        c->state = CHILD_ENDED;
        return;
    }
    bool young = now - c->started_ms < GROWN_UP_MS;
    c->backoff_ms = young && c->backoff_ms ? c->backoff_ms * 2 : BACKOFF_MIN_MS;
    if (c->backoff_ms > BACKOFF_MAX_MS)
        c->backoff_ms = BACKOFF_MAX_MS;
    c->retry_ms = now + c->backoff_ms;
    c->state = CHILD_DOWN;
}

bool child_is_due(const struct child *c)
{
    return c->state == CHILD_DOWN && !c->stopping &&
           ff_clock_steady_ms() >= c->retry_ms && access(c->hold, F_OK) != 0;
}

void child_signal(const struct child *c, int sig)
{
    if (c->pid > 0)
        kill(c->pid, sig);
}

bool child_is_ready(const struct child *c)
{
    return probe_http_ok(c->admin, c->ready_path);
}
