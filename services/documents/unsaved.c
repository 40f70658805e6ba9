#include "unsaved.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_json.h"
#include "ff_log.h"
#include "ff_map.h"

#define LOOK_MS 1000
#define AT_ONCE 50 /* told in one look */

struct mark {
    char *key, *app, *channel;
    int64_t since_ms; /* steady: seen, or told */
};

struct unsaved {
    const struct documents_conf *conf;
    unsaved_on_left *fn;
    void *ctx;
    struct ff_kv_watch *watch;
    struct ff_map *marks; /* by key */
    struct ff_timer *timer;
};

void unsaved_write(struct ff_buf *out, const char *app, const char *channel)
{
    json_t *value = json_pack("{s:s, s:s}", "app", app, "channel", channel);

    ff_json_write(out, value);
    json_decref(value);
}

char *unsaved_key(const char *instance, const char *document_key)
{
    return ff_asprintf("%s %s", instance, document_key);
}

/* --- those that are there ---------------------------------------------------------- */

static void mark_free(void *value)
{
    struct mark *mark = value;

    if (mark == NULL)
        return;
    free(mark->key);
    free(mark->app);
    free(mark->channel);
    free(mark);
}

/* NULL: no mark. */
static struct mark *mark_read(const struct ff_kv_entry *entry)
{
    json_t *value = NULL;
    const char *app, *channel;
    struct mark *mark = NULL;

    if (ff_json_parse_object(entry->value, &value, NULL) == FF_OK &&
        json_unpack(value, "{s:s, s:s}", "app", &app, "channel", &channel) ==
            0) {
        mark = ff_new(struct mark);
        mark->key = ff_strdup(entry->key);
        mark->app = ff_strdup(app);
        mark->channel = ff_strdup(channel);
        mark->since_ms = ff_clock_steady_ms();
    }
    json_decref(value);
    return mark;
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct unsaved *unsaved = ctx;

    if (err != FF_OK || entry == NULL)
        return;
    mark_free(ff_map_removes(unsaved->marks, entry->key));
    if (entry->deleted)
        return;
    struct mark *mark = mark_read(entry);
    if (mark == NULL)
        ff_warn("mark_not_understood", ff_fs("key", entry->key));
    else
        ff_map_puts(unsaved->marks, entry->key, mark);
}

/* --- those that stay --------------------------------------------------------------- */

static void on_look(void *ctx)
{
    struct unsaved *unsaved = ctx;
    int64_t now_ms = ff_clock_steady_ms(), told = 0;
    void *value;

    for (size_t i = 0;
         told < AT_ONCE && ff_map_next(unsaved->marks, &i, NULL, &value);) {
        struct mark *mark = value;
        if (now_ms - mark->since_ms < unsaved->conf->rescue_after_s * 1000)
            continue;
        mark->since_ms = now_ms;
        told++;
        unsaved->fn(unsaved->ctx, mark->key, mark->app, mark->channel);
    }
}

/* --- life -------------------------------------------------------------------------- */

struct unsaved *unsaved_new(struct ff_bus *bus,
                            const struct documents_conf *conf,
                            unsaved_on_left *fn, void *ctx)
{
    struct unsaved *unsaved = ff_new(struct unsaved);

    unsaved->conf = conf;
    unsaved->fn = fn;
    unsaved->ctx = ctx;
    unsaved->marks = ff_map_new();
    unsaved->watch = ff_kv_watch_new(bus, FF_BUCKET_UNSAVED, on_entry, unsaved);
    unsaved->timer =
        ff_timer_new(ff_bus_loop(bus), LOOK_MS, LOOK_MS, on_look, unsaved);
    return unsaved;
}

void unsaved_free(struct unsaved **unsaved)
{
    struct unsaved *gone = *unsaved;

    *unsaved = NULL;
    if (gone == NULL)
        return;
    ff_kv_watch_free(&gone->watch);
    ff_timer_free(&gone->timer);
    ff_map_free_values(&gone->marks, mark_free);
    free(gone);
}
