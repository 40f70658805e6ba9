#include "revoked.h"

#include <stdlib.h>

#include "ff_json.h"
#include "ff_log.h"
#include "ff_map.h"

struct revoked {
    struct ff_bus *bus;
    struct ff_kv_watch *watch;
    struct ff_map *entries; /* key -> int64_t *: before, or 1 for a token */
    bool synced;
};

static void remember(struct revoked *revoked, const char *key, int64_t value)
{
    int64_t *entry = ff_map_gets(revoked->entries, key);

    if (entry == NULL) {
        entry = ff_new(int64_t);
        ff_map_puts(revoked->entries, key, entry);
    }
    if (value > *entry)
        *entry = value;
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct revoked *revoked = ctx;
    json_t *value;

    if (err != FF_OK)
        return;
    if (entry == NULL) {
        revoked->synced = true;
        return;
    }
    if (entry->deleted) {
        free(ff_map_removes(revoked->entries, entry->key));
        return;
    }
    if (ff_json_parse_object(entry->value, &value, NULL) != FF_OK) {
        ff_warn("revocation_unreadable", ff_fs("key", entry->key));
        return;
    }
    const json_t *before = json_object_get(value, "before");
    remember(revoked, entry->key, before ? json_integer_value(before) : 1);
    json_decref(value);
}

struct revoked *revoked_new(struct ff_bus *bus)
{
    struct revoked *revoked = ff_new(struct revoked);

    revoked->bus = bus;
    revoked->entries = ff_map_new();
    revoked->watch = ff_kv_watch_new(bus, FF_BUCKET_REVOKED, on_entry, revoked);
    return revoked;
}

void revoked_free(struct revoked **revoked)
{
    struct revoked *r = *revoked;

    if (r == NULL)
        return;
    ff_kv_watch_free(&r->watch);
    ff_map_free_values(&r->entries, free);
    free(r);
    *revoked = NULL;
}

bool revoked_synced(const struct revoked *revoked)
{
    return revoked->synced;
}

bool revoked_has_token(const struct revoked *revoked, const char *app,
                       const char *token_id)
{
    struct ff_kv_digest key = ff_kv_digest('t', app, token_id);
    return ff_map_gets(revoked->entries, key.text) != NULL;
}

int64_t revoked_user_before(const struct revoked *revoked, const char *app,
                            const char *user_id)
{
    struct ff_kv_digest key = ff_kv_digest('u', app, user_id);
    const int64_t *before = ff_map_gets(revoked->entries, key.text);
    return before ? *before : 0;
}

static void put(struct revoked *revoked, const struct ff_kv_digest *key,
                json_t *entry, ff_kv_on_put *fn, void *ctx)
{
    struct ff_buf text = {0};

    ff_json_write(&text, entry);
    json_decref(entry);
    ff_kv_put(revoked->bus, FF_BUCKET_REVOKED, key->text, ff_buf_slice(&text),
              UINT64_MAX, fn, ctx);
    ff_buf_fini(&text);
}

void revoked_add_user(struct revoked *revoked, const char *app,
                      const char *user_id, int64_t before_s, ff_kv_on_put *fn,
                      void *ctx)
{
    struct ff_kv_digest key = ff_kv_digest('u', app, user_id);

    remember(revoked, key.text, before_s);
    put(revoked, &key,
        json_pack("{s:s, s:s, s:I}", "app", app, "user_id", user_id, "before",
                  (json_int_t)before_s),
        fn, ctx);
}

void revoked_add_token(struct revoked *revoked, const char *app,
                       const char *token_id, ff_kv_on_put *fn, void *ctx)
{
    struct ff_kv_digest key = ff_kv_digest('t', app, token_id);

    remember(revoked, key.text, 1);
    put(revoked, &key,
        json_pack("{s:s, s:s}", "app", app, "token_id", token_id), fn, ctx);
}
