#include "revoked.h"

#include <stdio.h>
#include <stdlib.h>

#include "ff_clock.h"
#include "ff_json.h"
#include "ff_kv.h"
#include "ff_log.h"

#define KEEP_MS ((int64_t)86400 * 1000) /* the life of the longest token */

struct revocation {
    char *app_id;
    char *user, *token_id; /* one of them */
    int64_t before_s;      /* of a user: tokens issued up to it */
    int64_t seen_ms;
};

struct revoked {
    struct hub *hub;
    struct ff_kv_watch *watch;
    struct ff_map *entries; /* "app LF u or t LF name" -> revocation */
    bool synced;
};

static char *key_of(const char *app_id, char kind, const char *name)
{
    return ff_asprintf("%s\n%c\n%s", app_id, kind, name);
}

static const struct revocation *find(const struct revoked *revoked,
                                     const char *app_id, char kind,
                                     const char *name)
{
    if (name == NULL)
        return NULL;
    char *key = key_of(app_id, kind, name);
    const struct revocation *found = ff_map_gets(revoked->entries, key);
    free(key);
    return found;
}

static void revocation_free(void *value)
{
    struct revocation *gone = value;

    if (gone == NULL)
        return;
    free(gone->app_id);
    free(gone->user);
    free(gone->token_id);
    free(gone);
}

static void fill(const void *arg, struct to_worker *out)
{
    const struct revocation *revocation = arg;

    out->type = TO_WORKER_REVOKED;
    snprintf(out->app_id, sizeof(out->app_id), "%s", revocation->app_id);
    out->user = ff_strdup(revocation->user);
    out->token_id = ff_strdup(revocation->token_id);
    out->before_s = revocation->before_s;
}

static const char *text_of(const json_t *value, const char *name)
{
    return json_string_value(json_object_get(value, name));
}

static void learn(struct revoked *revoked, const json_t *value)
{
    const char *app_id = text_of(value, "app");
    const char *user = text_of(value, "user_id");
    const char *token_id = text_of(value, "token_id");
    char kind = user != NULL ? 'u' : 't';
    const char *name = user != NULL ? user : token_id;
    int64_t before_s = json_integer_value(json_object_get(value, "before"));

    if (app_id == NULL || name == NULL)
        return;
    const struct revocation *known = find(revoked, app_id, kind, name);
    if (known != NULL && known->before_s >= before_s)
        return; /* the bucket is read again after a lost connection */
    struct revocation *made = ff_new(struct revocation);
    *made = (struct revocation){
        .app_id = ff_strdup(app_id),
        .user = ff_strdup(user),
        .token_id = ff_strdup(user != NULL ? NULL : token_id),
        .before_s = before_s,
        .seen_ms = ff_clock_steady_ms(),
    };
    char *key = key_of(app_id, kind, name);
    revocation_free(ff_map_puts(revoked->entries, key, made));
    free(key);
    hub_send_all(revoked->hub, fill, made);
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
    if (entry->deleted)
        return;
    if (ff_json_parse_object(entry->value, &value, NULL) != FF_OK) {
        ff_warn("revocation_not_understood", ff_fs("key", entry->key));
        return;
    }
    learn(revoked, value);
    json_decref(value);
}

struct revoked *revoked_new(struct hub *hub)
{
    struct revoked *revoked = ff_new(struct revoked);

    revoked->hub = hub;
    revoked->entries = ff_map_new();
    revoked->watch =
        ff_kv_watch_new(hub->bus, FF_BUCKET_REVOKED, on_entry, revoked);
    return revoked;
}

void revoked_free(struct revoked **revoked)
{
    struct revoked *gone = *revoked;

    *revoked = NULL;
    ff_kv_watch_free(&gone->watch);
    ff_map_free_values(&gone->entries, revocation_free);
    free(gone);
}

bool revoked_synced(const struct revoked *revoked)
{
    return revoked->synced;
}

bool revoked_has(const struct revoked *revoked, const char *app_id,
                 const struct ff_identity *identity)
{
    if (find(revoked, app_id, 't', identity->token_id) != NULL)
        return true;
    const struct revocation *user =
        find(revoked, app_id, 'u', identity->user_id);
    return user != NULL && identity->issued_at_s <= user->before_s;
}

void revoked_tick(struct revoked *revoked, int64_t now_ms)
{
    void *entry;
    struct ff_slice key;

    for (size_t i = 0; ff_map_next(revoked->entries, &i, &key, &entry);) {
        if (((struct revocation *)entry)->seen_ms + KEEP_MS <= now_ms)
            revocation_free(ff_map_remove(revoked->entries, key));
    }
}
