#include "status.h"

#include <stdlib.h>

#include "ff_log.h"
#include "ff_map.h"
#include "ff_status.h"
#include "status_priv.h"

#define RETRY_MS 1000

ff_err status_check(const struct presence_set *set, struct ff_why *why)
{
    if (set->status != NULL && ff_status_word(set->status) == NULL)
        return ff_why_set(why, FF_E_INVALID, "status",
                          "must be online, away, busy or offline");
    return FF_OK;
}

/* --- the records ------------------------------------------------------------------- */

static void record_free(void *value)
{
    struct status_record *record = value;

    if (record == NULL)
        return;
    free(record->app);
    free(record->user_id);
    free(record->activity);
    free(record);
}

static const char *text_of(const json_t *value, const char *key)
{
    const char *text = json_string_value(json_object_get(value, key));
    return text == NULL ? "" : text;
}

/* NULL: it says no more than no record does. */
static struct status_record *record_read(const json_t *value)
{
    const char *activity = text_of(value, "activity");
    const char *word = ff_status_word(text_of(value, "status"));
    bool invisible = json_is_true(json_object_get(value, "invisible"));

    if (word == NULL)
        word = ff_status_default();
    if (word == ff_status_default() && *activity == '\0' && !invisible)
        return NULL;
    struct status_record *record = ff_new(struct status_record);
    record->app = ff_strdup(text_of(value, "app"));
    record->user_id = ff_strdup(text_of(value, "user_id"));
    record->activity = ff_strdup(activity);
    record->status = word;
    record->invisible = invisible;
    return record;
}

static void tell(const struct status *status,
                 const struct status_record *record, bool invisible)
{
    status->fn(status->ctx, record->app, record->user_id, invisible);
}

static void replace(struct status *status, const char *key,
                    struct status_record *record)
{
    struct status_record *old = record == NULL
                                    ? ff_map_removes(status->records, key)
                                    : ff_map_puts(status->records, key, record);
    bool was = old != NULL && old->invisible;
    bool is = record != NULL && record->invisible;

    if (is != was)
        tell(status, is ? record : old, is);
    record_free(old);
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct status *status = ctx;
    json_t *value;

    if (err != FF_OK)
        return;
    if (entry == NULL) {
        status->synced = true;
        return;
    }
    if (entry->deleted) {
        replace(status, entry->key, NULL);
        return;
    }
    if (ff_json_parse_object(entry->value, &value, NULL) != FF_OK) {
        ff_warn("status_unreadable", ff_fs("key", entry->key));
        return;
    }
    replace(status, entry->key, record_read(value));
    json_decref(value);
}

const struct status_record *status_find(const struct status *status,
                                        const char *app, const char *user_id)
{
    struct ff_kv_digest key = ff_kv_digest('u', app, user_id);
    return ff_map_gets(status->records, key.text);
}

/* --- the bucket -------------------------------------------------------------------- */

static void on_retry(void *ctx)
{
    status_on_bus(ctx);
}

static void on_ensured(void *ctx, ff_err err)
{
    struct status *status = ctx;

    if (err == FF_E_CLOSED)
        return;
    ff_timer_free(&status->retry);
    status->ensured = err == FF_OK;
    if (err == FF_OK)
        return;
    ff_warn("status_bucket_failed", ff_fe(err));
    status->retry =
        ff_timer_new(ff_bus_loop(status->bus), RETRY_MS, 0, on_retry, status);
}

void status_on_bus(struct status *status)
{
    ff_kv_ensure(status->bus, FF_BUCKET_STATUS, status->replicas, on_ensured,
                 status);
}

bool status_stands(const struct status *status, struct ff_why *why)
{
    if (status->ensured && status->synced)
        return true;
    (void)ff_why_set(why, FF_E_UNAVAILABLE, "bucket",
                     status->ensured ? "statuses are not read yet"
                                     : "the statuses' bucket is not there yet");
    return false;
}

/* --- life -------------------------------------------------------------------------- */

struct status *status_new(struct ff_bus *bus, int replicas,
                          status_on_invisible *fn, void *ctx)
{
    struct status *status = ff_new(struct status);

    status->bus = bus;
    status->replicas = replicas;
    status->fn = fn;
    status->ctx = ctx;
    status->records = ff_map_new();
    status->writer = status_writer_new();
    status->watch = ff_kv_watch_new(bus, FF_BUCKET_STATUS, on_entry, status);
    return status;
}

void status_free(struct status **status)
{
    struct status *s = *status;

    if (s == NULL)
        return;
    *status = NULL;
    ff_kv_watch_free(&s->watch);
    ff_timer_free(&s->retry);
    status_writer_free(&s->writer);
    ff_map_free_values(&s->records, record_free);
    free(s);
}
