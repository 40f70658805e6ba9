#include "gate.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/queue.h>

struct job {
    STAILQ_ENTRY(job) link;
    void (*fn)(void *ctx);
    void *ctx;
};

STAILQ_HEAD(job_list, job);

struct gate {
    unsigned limit, running;
    bool pumping;
    struct job_list jobs;
};

struct gate *gate_new(unsigned limit)
{
    struct gate *gate = ff_new(struct gate);

    gate->limit = limit;
    STAILQ_INIT(&gate->jobs);
    return gate;
}

/* A loop, not a recursion: a job may be done before it returns. */
static void pump(struct gate *gate)
{
    struct job *job;

    if (gate->pumping)
        return;
    gate->pumping = true;
    while (gate->running < gate->limit &&
           (job = STAILQ_FIRST(&gate->jobs)) != NULL) {
        STAILQ_REMOVE_HEAD(&gate->jobs, link);
        gate->running++;
        job->fn(job->ctx);
        free(job);
    }
    gate->pumping = false;
}

void gate_free(struct gate **gate)
{
    struct gate *gone = *gate;

    *gate = NULL;
    gone->limit = UINT_MAX;
    pump(gone);
    free(gone);
}

void gate_run(struct gate *gate, void (*fn)(void *ctx), void *ctx)
{
    struct job *job = ff_new(struct job);

    job->fn = fn;
    job->ctx = ctx;
    STAILQ_INSERT_TAIL(&gate->jobs, job, link);
    pump(gate);
}

void gate_done(struct gate *gate)
{
    if (gate == NULL)
        return;
    gate->running--;
    pump(gate);
}
