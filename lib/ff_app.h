#ifndef FF_APP_H
#define FF_APP_H

/*
 * An app (tenant): its keys, its token keys and its namespaces' options, as it stands in the registry (bucket
 * ff_apps), decoded once and immutable; and the local copy of the registry that every service follows.
 *
 *   {"id":"dev","name":"…","enabled":true,
 *    "keys":[{"key":"dev-key","secret":"…"}],
 *    "token_keys":[{"kid":"1","alg":"HS256","secret":"…"},{"kid":"2","alg":"RS256","public":"PEM","private":"PEM"}],
 *    "namespaces":{"":{…},"chat":{"publish":"user","history_size":100}}}
 *
 * A namespace is the part of a channel's name before its first ':'; "" is for names without one, "*" for those that
 * have no record of their own; prefixes (private-, presence-, private-encrypted-, cache-) are cut off first.
 * Its options are the rows of proto/namespace.def.
 */

#include <stdatomic.h>

#include "ff_json.h"
#include "ff_kv.h"

/* Who may do a thing; each includes the ones before it. */
enum ff_who { FF_WHO_NONE, FF_WHO_API, FF_WHO_ADMIN, FF_WHO_USER, FF_WHO_ANY };

struct ff_namespace {
#define N_WHO                                   enum ff_who
#define N_INT                                   int64_t
#define N_BOOL                                  bool
#define N(name, type, fallback, min, max, help) N_##type name;
#include "namespace.def"
#undef N
};

struct ff_app_key {
    char *key, *secret;
};

struct ff_token_key {
    char *kid, *alg;
    char *secret; /* HS256: at least 32 bytes */
    char *public_pem,
        *private_pem; /* RS256, ES256; private only where we issue */
};

struct ff_app {
    char *id, *name;
    bool enabled;
    struct ff_app_key *keys;
    size_t key_count;
    struct ff_token_key *token_keys;
    size_t token_key_count;
    struct ff_map *namespaces; /* name -> struct ff_namespace */
    struct ff_namespace fallback;
    atomic_uint refs; /* of any thread: the gateway's workers hold some */
};

/* Decode a record. Unknown options and wrong values are refused with their path in why->field ("namespaces.chat.publish"). */
FF_MUST_USE ff_err ff_app_decode(const json_t *record, struct ff_app **out_app,
                                 struct ff_why *why);
struct ff_app *ff_app_ref(struct ff_app *app);
void ff_app_unref(struct ff_app **app);
/* Never NULL. */
const struct ff_namespace *ff_app_namespace(const struct ff_app *app,
                                            struct ff_slice channel);
/* NULL when there is none. Compared in constant time. */
const struct ff_app_key *ff_app_find_key(const struct ff_app *app,
                                         struct ff_slice key);

/* Whether a name begins with private-, private-encrypted- or presence-. */
bool ff_channel_guarded(struct ff_slice channel);
/* Whether messages of such a channel are stored: history_size > 0, cache (or its prefix), or documents. */
bool ff_namespace_stored(const struct ff_namespace *ns,
                         struct ff_slice channel);
/* Whether its last message is sent to each new subscriber: option cache, or the prefix cache-. */
bool ff_namespace_cached(const struct ff_namespace *ns,
                         struct ff_slice channel);
/* Whether its members are listed. Never those of a user's or the system's own channels. */
bool ff_namespace_has_presence(const struct ff_namespace *ns,
                               struct ff_slice channel);

/* The registry, followed from the bucket. On the bus' loop thread. */
struct ff_apps;
struct ff_apps *ff_apps_new(struct ff_bus *bus,
                            void (*on_change)(void *ctx, const char *app_id),
                            void *ctx);
void ff_apps_free(struct ff_apps **apps);
bool ff_apps_synced(const struct ff_apps *apps);
/* Borrowed until the loop turns; ref it to keep it. NULL: unknown or disabled. */
struct ff_app *ff_apps_find(const struct ff_apps *apps, const char *id);
struct ff_app *ff_apps_find_by_key(const struct ff_apps *apps,
                                   struct ff_slice key,
                                   const struct ff_app_key **out_key);

#endif
