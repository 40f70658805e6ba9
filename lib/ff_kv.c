#include "ff_kv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_hash.h"
#include "ff_js.h"
#include "ff_kv_key.h"
#include "ff_service.h"

static const struct {
    const char *name;
    int history, ttl_s;
} buckets[] = {
#define X(id, name, owner, readers, writers, history, ttl_s, help)             \
    [id] = {name, history, ttl_s},
#include "buckets.def"
#undef X
};

const char *ff_bucket_name(enum ff_bucket bucket)
{
    return buckets[bucket].name;
}

/* --- keys ------------------------------------------------------------------ */

struct ff_kv_digest ff_kv_digest(char kind, const char *app, const char *name)
{
    struct ff_kv_digest key = {.text = {kind, '-'}};
    uint8_t digest[32];
    struct ff_buf text = {0};

    ff_buf_addf(&text, "%s %s", app, name);
    ff_sha256(ff_buf_slice(&text), digest);
    ff_buf_fini(&text);
    ff_hex(digest, sizeof(digest), key.text + 2);
    return key;
}

ff_err ff_kv_subject(enum ff_bucket bucket, const char *key,
                     char out[FF_KV_SUBJECT_MAX])
{
    struct ff_slice rest = ff_slice_str(key);
    int head =
        snprintf(out, FF_KV_SUBJECT_MAX, "$KV.%s.", ff_bucket_name(bucket));
    char *at = out + head;
    if (rest.len == 0 || rest.len > FF_KV_KEY_MAX)
        return FF_E_INVALID;
    while (rest.len > 0) {
        struct ff_slice part = rest;
        if (part.len > FF_CHANNEL_MAX)
            part.len = FF_CHANNEL_MAX;
        FF_TRY(ff_token_encode(part, at));
        at += strlen(at);
        rest = (struct ff_slice){rest.data + part.len, rest.len - part.len};
    }
    return FF_OK;
}

/* The longest part that ff_token_decode takes and that cuts no =HH. */
static struct ff_slice decodable(struct ff_slice rest)
{
    if (rest.len <= FF_CHANNEL_MAX)
        return rest;
    rest.len = FF_CHANNEL_MAX;
    if (rest.data[rest.len - 1] == '=')
        rest.len -= 1;
    else if (rest.data[rest.len - 2] == '=')
        rest.len -= 2;
    return rest;
}

ff_err ff_kv_key(enum ff_bucket bucket, struct ff_slice subject,
                 char out[FF_KV_KEY_MAX + 1])
{
    const char *name = ff_bucket_name(bucket);
    size_t head = strlen("$KV..") + strlen(name), len = 0;
    if (subject.len <= head)
        return FF_E_INVALID;
    struct ff_slice rest = {subject.data + head, subject.len - head};
    while (rest.len > 0) {
        char text[FF_CHANNEL_MAX + 1];
        struct ff_slice part = decodable(rest);
        FF_TRY(ff_token_decode(part, text));
        if (len + strlen(text) > FF_KV_KEY_MAX)
            return FF_E_INVALID;
        memcpy(out + len, text, strlen(text) + 1);
        len += strlen(text);
        rest = (struct ff_slice){rest.data + part.len, rest.len - part.len};
    }
    return FF_OK;
}

struct ff_kv_entry ff_kv_read_entry(const struct ff_bus_msg *msg)
{
    struct ff_slice operation = ff_bus_msg_header(msg, "KV-Operation");
    struct ff_kv_entry entry = {.value = ff_bus_msg_body(msg),
                                .revision = ff_js_place(msg).sequence};
    entry.deleted =
        ff_slice_is(operation, "DEL") || ff_slice_is(operation, "PURGE");
    return entry;
}

/* --- the bucket ------------------------------------------------------------ */

struct ensure {
    struct ff_bus *bus;
    enum ff_bucket bucket;
    int replicas;
    bool updating;
    void (*fn)(void *ctx, ff_err err);
    void *ctx;
};

static json_t *bucket_config(const struct ensure *e)
{
    const int64_t second = 1000000000;
    int64_t age = buckets[e->bucket].ttl_s * second, dedup = 120 * second;
    const char *name = ff_bucket_name(e->bucket);
    return json_pack(
        "{s:o, s:[o], s:s, s:s, s:s, s:i, s:I, s:I, s:i, s:i, s:i, s:i, s:i, "
        "s:b, s:b, s:b, s:b}",
        "name", json_sprintf("KV_%s", name), "subjects",
        json_sprintf("$KV.%s.>", name), "retention", "limits", "storage",
        "file", "discard", "new", "max_msgs_per_subject",
        buckets[e->bucket].history, "max_age", (json_int_t)age,
        "duplicate_window", (json_int_t)(age > 0 && age < dedup ? age : dedup),
        "max_consumers", -1, "max_msgs", -1, "max_bytes", -1, "max_msg_size",
        -1, "num_replicas", e->replicas, "allow_rollup_hdrs", 1, "deny_delete",
        1, "deny_purge", 0, "allow_direct", 1);
}

static void on_ensured(void *ctx, ff_err err, const char *text,
                       const json_t *result)
{
    struct ensure *e = ctx;
    (void)text;
    (void)result;
    if (err == FF_E_CONFLICT && !e->updating) {
        e->updating = true;
        ff_js_call(e->bus, bucket_config(e), on_ensured, e,
                   "$JS.API.STREAM.UPDATE.KV_%s", ff_bucket_name(e->bucket));
        return;
    }
    e->fn(e->ctx, err);
    free(e);
}

void ff_kv_ensure(struct ff_bus *bus, enum ff_bucket bucket, int replicas,
                  void (*fn)(void *ctx, ff_err err), void *ctx)
{
    struct ensure *e = ff_new(struct ensure);
    *e = (struct ensure){.bus = bus,
                         .bucket = bucket,
                         .replicas = replicas,
                         .fn = fn,
                         .ctx = ctx};
    ff_js_call(bus, bucket_config(e), on_ensured, e,
               "$JS.API.STREAM.CREATE.KV_%s", ff_bucket_name(bucket));
}

/* --- get ------------------------------------------------------------------- */

struct get {
    char key[FF_KV_KEY_MAX + 1];
    ff_kv_on_entry *fn;
    void *ctx;
};

static void on_got(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct get *get = ctx;
    struct ff_kv_entry entry = {.key = get->key};
    int status = err == FF_OK ? ff_js_status(msg) : 0;
    if (status != 0)
        err = status == 404 ? FF_E_NOT_FOUND : FF_E_UNAVAILABLE;
    if (err == FF_OK) {
        entry = ff_kv_read_entry(msg);
        entry.key = get->key;
        if (entry.deleted)
            err = FF_E_NOT_FOUND;
    }
    get->fn(get->ctx, err, &entry);
    free(get);
}

void ff_kv_get(struct ff_bus *bus, enum ff_bucket bucket, const char *key,
               ff_kv_on_entry *fn, void *ctx)
{
    char subject[FF_KV_SUBJECT_MAX] = "", text[FF_KV_SUBJECT_MAX + 80] = "";
    struct ff_bus_out out = {.subject = text};
    struct get *get = ff_new(struct get);
    get->fn = fn;
    get->ctx = ctx;
    snprintf(get->key, sizeof(get->key), "%s", key);
    if (ff_kv_subject(bucket, key, subject) == FF_OK)
        snprintf(text, sizeof(text), "$JS.API.DIRECT.GET.KV_%s.%s",
                 ff_bucket_name(bucket), subject);
    /* Without a subject the request ends as FF_E_INVALID. */
    ff_bus_request(bus, &out, FF_JS_TIMEOUT_MS, on_got, get);
}

/* --- put and delete -------------------------------------------------------- */

struct put {
    ff_kv_on_put *fn;
    void *ctx;
};

static void on_put(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct put *put = ctx;
    json_t *ack = NULL;
    if (err == FF_OK)
        err = ff_js_decode(ff_bus_msg_body(msg), &ack, NULL);
    put->fn(put->ctx, err, err == FF_OK ? ff_js_get_number(ack, "seq") : 0);
    json_decref(ack);
    free(put);
}

static void write_key(struct ff_bus *bus, enum ff_bucket bucket,
                      const char *key, struct ff_bus_out *out, ff_kv_on_put *fn,
                      void *ctx)
{
    char subject[FF_KV_SUBJECT_MAX];
    struct put *put = ff_new(struct put);
    *put = (struct put){fn, ctx};
    out->subject = ff_kv_subject(bucket, key, subject) == FF_OK ? subject : "";
    ff_bus_request(bus, out, FF_JS_TIMEOUT_MS, on_put, put);
}

void ff_kv_put(struct ff_bus *bus, enum ff_bucket bucket, const char *key,
               struct ff_slice value, uint64_t expected, ff_kv_on_put *fn,
               void *ctx)
{
    char number[24];
    int len = snprintf(number, sizeof(number), "%" PRIu64, expected);
    struct ff_bus_header header = {"Nats-Expected-Last-Subject-Sequence",
                                   {number, (size_t)len}};
    struct ff_bus_out out = {.body = value, .headers = &header};
    out.header_count = expected == UINT64_MAX ? 0 : 1;
    write_key(bus, bucket, key, &out, fn, ctx);
}

void ff_kv_delete(struct ff_bus *bus, enum ff_bucket bucket, const char *key,
                  ff_kv_on_put *fn, void *ctx)
{
    struct ff_bus_header header = {"KV-Operation", FF_SLICE_LIT("DEL")};
    struct ff_bus_out out = {.headers = &header, .header_count = 1};
    write_key(bus, bucket, key, &out, fn, ctx);
}
