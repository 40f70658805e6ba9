/*
 * One process that fanfare-up keeps: a NATS server or a service. It runs in its own process group (Ctrl-C reaches
 * only the supervisor, which stops in order) and dies with the supervisor.
 */
#ifndef FANFARE_UP_CHILD_H
#define FANFARE_UP_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_NATS (-1)

enum child_state {
    CHILD_DOWN,     /* to be started at retry_ms */
    CHILD_STARTING, /* runs, not ready yet */
    CHILD_READY,
    CHILD_ENDED, /* not to be started again */
};

struct child {
    char *name;  /* "gateway-1", "nats-2" */
    int service; /* enum ff_service or CHILD_NATS */
    int order;   /* children start in rising order; NATS has 0 */
    int port;    /* of clients; 0: none */
    int admin;   /* where ready_path answers */
    const char *ready_path;
    int stop_signal;
    char **argv;        /* ended by NULL */
    char *env_password; /* "FANFARE_NATS_PASSWORD=..." or NULL */
    char *log;
    char *hold; /* while this file exists, it is not started again */

    enum child_state state;
    pid_t pid; /* 0 while it does not run */
    bool was_ready;
    bool stopping;
    int64_t started_ms, retry_ms; /* steady clock */
    int64_t backoff_ms;
};

/* Appends a copy of arg to argv. */
void child_arg(struct child *c, const char *arg);
void child_fini(struct child *c);

/* False when no process could be made. A program that cannot be run says so in its log and ends with 127. */
bool child_start(struct child *c);
/* Its process ended: down, with a longer pause each time it dies young. */
void child_on_end(struct child *c);
/* Down, its pause is over, and nobody holds it. */
bool child_is_due(const struct child *c);
void child_signal(const struct child *c, int sig);
/* Asks ready_path once, for at most some hundred milliseconds. */
bool child_is_ready(const struct child *c);

#endif
