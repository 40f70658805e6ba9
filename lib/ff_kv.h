#ifndef FF_KV_H
#define FF_KV_H

/*
 * Key-value buckets of JetStream, by its plain request API (no js_* call blocks): the rows of proto/buckets.def.
 * Keys are encoded like subject tokens. On the bus' loop thread.
 */

#include "ff_bus.h"

#define FF_KV_KEY_MAX     400 /* bytes of a key */
#define FF_KV_SUBJECT_MAX (FF_KV_KEY_MAX * 3 + 50)

enum ff_bucket {
#define X(id, name, owner, readers, writers, history, ttl_s, help) id,
#include "buckets.def"
#undef X
    FF_BUCKET_COUNT
};

const char *ff_bucket_name(enum ff_bucket bucket);

/* A key for names that may be longer than a key: of their kind, and a digest of the app and the name. */
struct ff_kv_digest {
    char text[72];
};
struct ff_kv_digest ff_kv_digest(char kind, const char *app, const char *name);

/* Create it, or update it to the row and these replicas. */
void ff_kv_ensure(struct ff_bus *bus, enum ff_bucket bucket, int replicas,
                  void (*fn)(void *ctx, ff_err err), void *ctx);

/*
 * FF_E_NOT_FOUND when absent or deleted; entry tells the revision then (0: never there). FF_E_TIMEOUT also when there
 * is no such bucket (a put then ends as FF_E_UNAVAILABLE). value and key are borrowed for the call.
 */
struct ff_kv_entry {
    const char *key;
    struct ff_slice value; /* empty and deleted for a removed key */
    uint64_t revision;
    bool deleted;
};
typedef void ff_kv_on_entry(void *ctx, ff_err err,
                            const struct ff_kv_entry *entry);
void ff_kv_get(struct ff_bus *bus, enum ff_bucket bucket, const char *key,
               ff_kv_on_entry *fn, void *ctx);

/*
 * Put. expected: UINT64_MAX writes whatever is there; 0 only a key that is not there (or is deleted: then pass its
 * revision); else only over that revision. fn gets the new revision, or FF_E_CONFLICT, FF_E_FULL, FF_E_INVALID (the
 * key), FF_E_UNAVAILABLE, FF_E_TIMEOUT (then it may have been written).
 */
typedef void ff_kv_on_put(void *ctx, ff_err err, uint64_t revision);
void ff_kv_put(struct ff_bus *bus, enum ff_bucket bucket, const char *key,
               struct ff_slice value, uint64_t expected, ff_kv_on_put *fn,
               void *ctx);
void ff_kv_delete(struct ff_bus *bus, enum ff_bucket bucket, const char *key,
                  ff_kv_on_put *fn, void *ctx);

/*
 * Follow a whole bucket: every current entry, then entry NULL once (synced), then changes as they come. Keeps itself
 * up: after a lost connection or a lost consumer it reads all again and says synced again; a key that is gone by then
 * is told as deleted (with revision 0 when nothing is left of it). err is FF_OK in every call.
 */
struct ff_kv_watch;
struct ff_kv_watch *ff_kv_watch_new(struct ff_bus *bus, enum ff_bucket bucket,
                                    ff_kv_on_entry *fn, void *ctx);
void ff_kv_watch_free(struct ff_kv_watch **watch);

#endif
