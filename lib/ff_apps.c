#include "ff_app.h"

#include <stdlib.h>
#include <string.h>

#include "ff_log.h"
#include "ff_map.h"

struct ff_apps {
    struct ff_kv_watch *watch;
    struct ff_map *by_id;  /* struct ff_app */
    struct ff_map *by_key; /* the same ones, borrowed */
    bool synced;
    void (*on_change)(void *ctx, const char *app_id);
    void *ctx;
};

/* Of two apps with the same key the one with the lower id has it, everywhere. */
static void index_key(struct ff_apps *apps, struct ff_app *app, const char *key)
{
    const struct ff_app *other = ff_map_gets(apps->by_key, key);

    if (other)
        ff_warn("app_key_twice", ff_fs("app", app->id),
                ff_fs("other", other->id));
    if (!other || strcmp(app->id, other->id) < 0)
        ff_map_puts(apps->by_key, key, app);
}

/* There are few apps and they change seldom: made anew each time. */
static void index_keys(struct ff_apps *apps)
{
    void *value;

    ff_map_free(&apps->by_key);
    apps->by_key = ff_map_new();
    for (size_t pos = 0; ff_map_next(apps->by_id, &pos, NULL, &value);) {
        struct ff_app *app = value;
        for (size_t i = 0; app->enabled && i < app->key_count; i++)
            index_key(apps, app, app->keys[i].key);
    }
}

static void changed(struct ff_apps *apps, const char *id)
{
    index_keys(apps);
    if (apps->on_change)
        apps->on_change(apps->ctx, id);
}

static void drop(struct ff_apps *apps, const char *id)
{
    struct ff_app *app = ff_map_removes(apps->by_id, id);

    if (app)
        changed(apps, id);
    ff_app_unref(&app);
}

static ff_err decode(const struct ff_kv_entry *entry, struct ff_app **out,
                     struct ff_why *why)
{
    json_t *record;

    FF_TRY(ff_json_parse_object(entry->value, &record, why));
    ff_err err = ff_app_decode(record, out, why);
    json_decref(record);
    if (err == FF_OK && strcmp((*out)->id, entry->key) != 0) {
        ff_app_unref(out);
        return ff_why_set(why, FF_E_INVALID, "id", "not the record's key");
    }
    return err;
}

/* A record that is wrong leaves the one before it in force. */
static void take(struct ff_apps *apps, const struct ff_kv_entry *entry)
{
    struct ff_app *app = NULL;
    struct ff_why why = {0};

    if (decode(entry, &app, &why) != FF_OK) {
        ff_error("bad_app", ff_fs("app", entry->key), ff_fs("field", why.field),
                 ff_fs("message", why.text));
        return;
    }
    struct ff_app *old = ff_map_puts(apps->by_id, entry->key, app);
    changed(apps, entry->key);
    ff_app_unref(&old);
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct ff_apps *apps = ctx;

    if (err != FF_OK)
        return; /* the watch tries again by itself */
    if (!entry)
        apps->synced = true;
    else if (entry->deleted)
        drop(apps, entry->key);
    else
        take(apps, entry);
}

struct ff_apps *ff_apps_new(struct ff_bus *bus,
                            void (*on_change)(void *ctx, const char *app_id),
                            void *ctx)
{
    struct ff_apps *apps = ff_new(struct ff_apps);

    apps->by_id = ff_map_new();
    apps->by_key = ff_map_new();
    apps->on_change = on_change;
    apps->ctx = ctx;
    apps->watch = ff_kv_watch_new(bus, FF_BUCKET_APPS, on_entry, apps);
    return apps;
}

void ff_apps_free(struct ff_apps **apps)
{
    struct ff_apps *a = *apps;
    void *value;

    if (!a)
        return;
    *apps = NULL;
    ff_kv_watch_free(&a->watch);
    for (size_t pos = 0; ff_map_next(a->by_id, &pos, NULL, &value);) {
        struct ff_app *app = value;
        ff_app_unref(&app);
    }
    ff_map_free(&a->by_id);
    ff_map_free(&a->by_key);
    free(a);
}

bool ff_apps_synced(const struct ff_apps *apps)
{
    return apps->synced;
}

struct ff_app *ff_apps_find(const struct ff_apps *apps, const char *id)
{
    struct ff_app *app = ff_map_gets(apps->by_id, id);

    return app && app->enabled ? app : NULL;
}

struct ff_app *ff_apps_find_by_key(const struct ff_apps *apps,
                                   struct ff_slice key,
                                   const struct ff_app_key **out_key)
{
    struct ff_app *app = ff_map_get(apps->by_key, key);
    const struct ff_app_key *found = app ? ff_app_find_key(app, key) : NULL;

    if (!found)
        return NULL;
    if (out_key)
        *out_key = found;
    return app;
}
