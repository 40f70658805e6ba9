/* Records are read and written one by one, each over the revision that was read. */

#include <stdlib.h>
#include <sys/queue.h>

#include "ff_clock.h"
#include "ff_log.h"
#include "status_priv.h"

#define TRIES_MAX 10
#define WINDOW    64     /* seen users under way */
#define QUEUE_MAX 200000 /* seen users that wait */

/* One record's reading or change. */
struct job {
    STAILQ_ENTRY(job) next;
    struct status *status;
    char *app, *user_id;
    json_t *members; /* to be set; NULL: only read */
    int64_t seen_ms; /* 0: not about that */
    unsigned tries;
    json_t *record;
    status_on_record *fn;
    void *ctx;
};

struct status_writer {
    STAILQ_HEAD(job_list, job) waiting;
    size_t waiting_count, under_way;
};

struct status_writer *status_writer_new(void)
{
    struct status_writer *writer = ff_new(struct status_writer);

    STAILQ_INIT(&writer->waiting);
    return writer;
}

static void job_free(struct job *job)
{
    json_decref(job->members);
    json_decref(job->record);
    free(job->app);
    free(job->user_id);
    free(job);
}

void status_writer_free(struct status_writer **writer)
{
    struct job *job;

    while ((job = STAILQ_FIRST(&(*writer)->waiting)) != NULL) {
        STAILQ_REMOVE_HEAD(&(*writer)->waiting, next);
        job_free(job);
    }
    free(*writer);
    *writer = NULL;
}

static struct job *job_new(struct status *status, const char *app,
                           const char *user_id, status_on_record *fn, void *ctx)
{
    struct job *job = ff_new(struct job);

    job->status = status;
    job->app = ff_strdup(app);
    job->user_id = ff_strdup(user_id);
    job->fn = fn;
    job->ctx = ctx;
    return job;
}

static void finish(struct job *job, ff_err err)
{
    job->fn(job->ctx, err, err == FF_OK ? job->record : NULL);
    job_free(job);
}

/* --- read, change, write -------------------------------------------------------------- */

static void job_run(struct job *job);

static void on_put(void *ctx, ff_err err, uint64_t revision)
{
    struct job *job = ctx;

    (void)revision;
    if (err == FF_E_CONFLICT && ++job->tries < TRIES_MAX)
        job_run(job);
    else
        finish(job, err);
}

static void put(struct job *job, uint64_t revision)
{
    struct ff_kv_digest key = ff_kv_digest('u', job->app, job->user_id);
    struct ff_buf text = {0};

    ff_json_write(&text, job->record);
    ff_kv_put(job->status->bus, FF_BUCKET_STATUS, key.text, ff_buf_slice(&text),
              revision, on_put, job);
    ff_buf_fini(&text);
}

static json_t *record_new(const struct job *job)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b}", "app", job->app, "user_id",
                     job->user_id, "status", "online", "activity", "",
                     "invisible", 0);
}

/* Whether there is something to write. */
static bool change(struct job *job)
{
    const json_t *seen = json_object_get(job->record, "last_seen");

    if (job->members == NULL || (job->seen_ms > 0 && seen != NULL &&
                                 json_integer_value(seen) >= job->seen_ms))
        return false;
    json_object_update(job->record, job->members);
    return true;
}

static void on_got(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct job *job = ctx;

    if (err != FF_OK && err != FF_E_NOT_FOUND) {
        finish(job, err);
        return;
    }
    json_decref(job->record);
    job->record = NULL;
    if (err == FF_E_NOT_FOUND ||
        ff_json_parse_object(entry->value, &job->record, NULL) != FF_OK)
        job->record = record_new(job);
    if (change(job))
        put(job, entry->revision);
    else
        finish(job, FF_OK);
}

static void job_run(struct job *job)
{
    struct ff_kv_digest key = ff_kv_digest('u', job->app, job->user_id);
    ff_kv_get(job->status->bus, FF_BUCKET_STATUS, key.text, on_got, job);
}

void status_get(struct status *status, const char *app, const char *user_id,
                status_on_record *fn, void *ctx)
{
    job_run(job_new(status, app, user_id, fn, ctx));
}

void status_set(struct status *status, const struct presence_set *set,
                status_on_record *fn, void *ctx)
{
    struct job *job = job_new(status, set->app, set->user_id, fn, ctx);

    job->members = json_pack("{s:I}", "at", (json_int_t)ff_clock_ms());
    if (set->status != NULL)
        json_object_set_new(job->members, "status", json_string(set->status));
    if (set->activity != NULL)
        json_object_set_new(job->members, "activity",
                            json_string(set->activity));
    if (set->invisible != NULL)
        json_object_set_new(job->members, "invisible",
                            json_boolean(json_is_true(set->invisible)));
    job_run(job);
}

/* --- who was last seen when ------------------------------------------------------------ */

static void run_waiting(struct status_writer *writer)
{
    while (writer->under_way < WINDOW && writer->waiting_count > 0) {
        struct job *job = STAILQ_FIRST(&writer->waiting);
        STAILQ_REMOVE_HEAD(&writer->waiting, next);
        writer->waiting_count--;
        writer->under_way++;
        job_run(job);
    }
}

/* When the bus is closed nothing new is begun. */
static void on_seen(void *ctx, ff_err err, json_t *record)
{
    struct status_writer *writer = ctx;

    (void)record;
    writer->under_way--;
    if (err != FF_OK)
        ff_debug("last_seen_not_written", ff_fe(err));
    if (err != FF_E_CLOSED)
        run_waiting(writer);
}

void status_seen(struct status *status, const char *app, const char *user_id,
                 int64_t unix_ms)
{
    struct status_writer *writer = status->writer;

    if (writer->waiting_count >= QUEUE_MAX) {
        ff_debug("last_seen_not_written", ff_fe(FF_E_BUSY));
        return;
    }
    struct job *job = job_new(status, app, user_id, on_seen, writer);
    job->seen_ms = unix_ms;
    job->members = json_pack("{s:I}", "last_seen", (json_int_t)unix_ms);
    STAILQ_INSERT_TAIL(&writer->waiting, job, next);
    writer->waiting_count++;
    run_waiting(writer);
}

bool status_is_idle(const struct status *status)
{
    return status->writer->waiting_count == 0 && status->writer->under_way == 0;
}
