#include "statuses.h"

#include <stdlib.h>
#include <string.h>

#include "ff_json.h"
#include "ff_kv.h"
#include "ff_log.h"
#include "ff_status.h"

struct statuses {
    statuses_on_change *fn;
    struct ff_kv_watch *watch;
    struct ff_map *people; /* app NUL user NUL -> person */
    struct ff_map *by_kv;  /* key of the bucket -> person */
    struct ff_buf key;
};

/* One that is not understood is as good as none. */
static const char *word_of(const char *text)
{
    const char *word = ff_status_word(text);

    return word != NULL ? word : ff_status_default();
}

/* --- people --------------------------------------------------------------- */

static struct ff_slice key_of(const struct statuses *statuses, const char *app,
                              const char *user_id)
{
    struct ff_buf *key = &((struct statuses *)(uintptr_t)statuses)->key;

    ff_buf_clear(key);
    ff_buf_add(key, app, strlen(app) + 1);
    ff_buf_add(key, user_id, strlen(user_id) + 1);
    return ff_buf_slice(key);
}

const struct person *statuses_find(const struct statuses *statuses,
                                   const char *app, const char *user_id)
{
    return ff_map_get(statuses->people, key_of(statuses, app, user_id));
}

static struct person *person_get(struct statuses *statuses, const char *app,
                                 const char *user_id)
{
    struct ff_slice key = key_of(statuses, app, user_id);
    struct person *person = ff_map_get(statuses->people, key);

    if (person != NULL)
        return person;
    person = ff_new(struct person);
    person->key = (struct ff_slice){ff_slice_dup(key), key.len};
    person->user_id = person->key.data + strlen(app) + 1;
    person->status = ff_status_default();
    person->activity = ff_strdup("");
    ff_map_put(statuses->people, key, person);
    return person;
}

static void person_free(void *value)
{
    struct person *person = value;

    free((char *)(uintptr_t)person->key.data);
    free(person->activity);
    free(person->rooms);
    free(person->kv_key);
    free(person);
}

static void forget_if_plain(struct statuses *statuses, struct person *person)
{
    if (person->room_count > 0 || person->kv_key != NULL)
        return;
    ff_map_remove(statuses->people, person->key);
    person_free(person);
}

struct person *statuses_enter(struct statuses *statuses, const char *app,
                              const char *user_id, struct room *room)
{
    struct person *person = person_get(statuses, app, user_id);

    person->rooms = ff_grow(person->rooms, &person->room_cap,
                            person->room_count + 1, sizeof(struct room *));
    person->rooms[person->room_count++] = room;
    return person;
}

void statuses_exit(struct statuses *statuses, struct person *person,
                   struct room *room)
{
    size_t i = 0;

    while (i < person->room_count && person->rooms[i] != room)
        i++;
    if (i < person->room_count)
        person->rooms[i] = person->rooms[--person->room_count];
    forget_if_plain(statuses, person);
}

void person_write(const struct person *person, struct ff_buf *out)
{
    ff_buf_addf(out, ",\"status\":\"%s\"",
                person != NULL ? person->status : ff_status_default());
    if (person == NULL || person->activity[0] == '\0')
        return;
    ff_buf_adds(out, ",\"activity\":");
    ff_json_add_strings(out, person->activity);
}

/* --- the bucket ----------------------------------------------------------- */

/* What others see of it; the rooms are told when that is something new. */
static void set(struct statuses *statuses, struct person *person,
                const char *status, const char *activity)
{
    if (person->status == status && strcmp(person->activity, activity) == 0)
        return;
    person->status = status;
    free(person->activity);
    person->activity = ff_strdup(activity);
    for (size_t i = 0; i < person->room_count; i++)
        statuses->fn(person->rooms[i], person);
}

static void set_kv_key(struct statuses *statuses, struct person *person,
                       const char *key)
{
    if (person->kv_key != NULL)
        ff_map_removes(statuses->by_kv, person->kv_key);
    free(person->kv_key);
    person->kv_key = ff_strdup(key);
    if (key != NULL)
        ff_map_puts(statuses->by_kv, key, person);
}

static void forget_record(struct statuses *statuses, const char *kv_key)
{
    struct person *person = ff_map_gets(statuses->by_kv, kv_key);

    if (person == NULL)
        return;
    set_kv_key(statuses, person, NULL);
    person->invisible = false;
    set(statuses, person, ff_status_default(), "");
    forget_if_plain(statuses, person);
}

static const char *text_of(const json_t *record, const char *name)
{
    return json_string_value(json_object_get(record, name));
}

static void learn(struct statuses *statuses, const char *kv_key,
                  const json_t *record)
{
    const char *app = text_of(record, "app");
    const char *user_id = text_of(record, "user_id");
    const char *status = word_of(text_of(record, "status"));
    const char *activity = text_of(record, "activity");
    bool invisible = json_is_true(json_object_get(record, "invisible"));

    if (app == NULL || user_id == NULL)
        return;
    if (activity == NULL)
        activity = "";
    struct person *person = person_get(statuses, app, user_id);
    bool plain =
        status == ff_status_default() && activity[0] == '\0' && !invisible;
    set_kv_key(statuses, person, plain ? NULL : kv_key);
    person->invisible = invisible;
    set(statuses, person, status, activity);
    forget_if_plain(statuses, person);
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct statuses *statuses = ctx;
    json_t *record;

    if (err != FF_OK || entry == NULL)
        return;
    if (entry->deleted) {
        forget_record(statuses, entry->key);
        return;
    }
    if (ff_json_parse_object(entry->value, &record, NULL) != FF_OK) {
        ff_warn("status_not_understood", ff_fs("key", entry->key));
        return;
    }
    learn(statuses, entry->key, record);
    json_decref(record);
}

/* --- life ----------------------------------------------------------------- */

struct statuses *statuses_new(struct hub *hub, statuses_on_change *fn)
{
    struct statuses *statuses = ff_new(struct statuses);

    statuses->fn = fn;
    statuses->people = ff_map_new();
    statuses->by_kv = ff_map_new();
    statuses->watch =
        ff_kv_watch_new(hub->bus, FF_BUCKET_STATUS, on_entry, statuses);
    return statuses;
}

void statuses_free(struct statuses **statuses)
{
    struct statuses *gone = *statuses;

    *statuses = NULL;
    if (gone == NULL)
        return;
    ff_kv_watch_free(&gone->watch);
    ff_map_free_values(&gone->people, person_free);
    ff_map_free(&gone->by_kv);
    ff_buf_fini(&gone->key);
    free(gone);
}
