/* Key-value buckets against a real JetStream. */
#include "bus_test.h"

#include <stdlib.h>
#include <string.h>

#include "ff_js.h"
#include "ff_kv.h"

#define BUCKET FF_BUCKET_APPS

struct result {
    int calls;
    ff_err err;
    uint64_t revision;
    bool deleted;
    struct ff_buf value;
};

static void on_ensured(void *ctx, ff_err err)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
}

static void on_put(void *ctx, ff_err err, uint64_t revision)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    r->revision = revision;
}

static void on_got(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    r->revision = entry->revision;
    r->deleted = entry->deleted;
    ff_buf_clear(&r->value);
    ff_buf_addslice(&r->value, entry->value);
}

static ff_err ensure(struct bus_test *t)
{
    struct result r = {0};
    ff_kv_ensure(t->bus, BUCKET, 1, on_ensured, &r);
    wait_for(t, r.calls == 1);
    return r.err;
}

static ff_err put(struct bus_test *t, const char *key, const char *value,
                  uint64_t expected, uint64_t *out_revision)
{
    struct result r = {0};
    ff_kv_put(t->bus, BUCKET, key, ff_slice_str(value), expected, on_put, &r);
    wait_for(t, r.calls == 1);
    if (out_revision != NULL)
        *out_revision = r.revision;
    return r.err;
}

static ff_err del(struct bus_test *t, const char *key)
{
    struct result r = {0};
    ff_kv_delete(t->bus, BUCKET, key, on_put, &r);
    wait_for(t, r.calls == 1);
    return r.err;
}

static struct result get(struct bus_test *t, const char *key)
{
    struct result r = {0};
    ff_kv_get(t->bus, BUCKET, key, on_got, &r);
    wait_for(t, r.calls == 1);
    return r;
}

static void assert_value(struct bus_test *t, const char *key, const char *want)
{
    struct result r = get(t, key);
    assert_int_equal(r.err, FF_OK);
    assert_string_equal(r.value.data, want);
    ff_buf_fini(&r.value);
}

static void a_bucket_is_made_once_and_updated(void **state)
{
    struct bus_test *t = *state;
    assert_int_equal(put(t, "a", "1", UINT64_MAX, NULL), FF_E_UNAVAILABLE);
    assert_int_equal(ensure(t), FF_OK);
    assert_int_equal(ensure(t), FF_OK);
}

static void values_are_put_and_got(void **state)
{
    struct bus_test *t = *state;
    char longest[FF_KV_KEY_MAX + 2];
    memset(longest, '.', sizeof(longest));
    longest[FF_KV_KEY_MAX] = '\0';
    assert_int_equal(put(t, "a", "1", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(put(t, "é *.>", "2", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(put(t, longest, "3", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(put(t, "a", "4", UINT64_MAX, NULL), FF_OK);
    assert_value(t, "a", "4");
    assert_value(t, "é *.>", "2");
    assert_value(t, longest, "3");
    longest[FF_KV_KEY_MAX] = '.';
    longest[FF_KV_KEY_MAX + 1] = '\0';
    assert_int_equal(put(t, longest, "3", UINT64_MAX, NULL), FF_E_INVALID);
    assert_int_equal(put(t, "", "3", UINT64_MAX, NULL), FF_E_INVALID);
    struct result r = get(t, "b");
    assert_int_equal(r.err, FF_E_NOT_FOUND);
    assert_int_equal(r.revision, 0);
    ff_buf_fini(&r.value);
}

static void writers_do_not_overwrite_each_other(void **state)
{
    struct bus_test *t = *state;
    uint64_t first, second;
    assert_int_equal(put(t, "cas", "1", 0, &first), FF_OK);
    assert_int_equal(put(t, "cas", "2", 0, NULL), FF_E_CONFLICT);
    assert_int_equal(put(t, "cas", "2", first, &second), FF_OK);
    assert_true(second > first);
    assert_int_equal(put(t, "cas", "3", first, NULL), FF_E_CONFLICT);
    assert_value(t, "cas", "2");
    assert_int_equal(del(t, "cas"), FF_OK);
    struct result r = get(t, "cas");
    assert_int_equal(r.err, FF_E_NOT_FOUND);
    assert_true(r.deleted);
    assert_int_equal(put(t, "cas", "5", r.revision, NULL), FF_OK);
    assert_value(t, "cas", "5");
    ff_buf_fini(&r.value);
}

/* What a watch told: "key=value;", "-key;", "!" for synced. */
static void on_watch(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct ff_buf *b = ctx;
    assert_int_equal(err, FF_OK);
    if (entry == NULL) {
        ff_buf_adds(b, "!");
    } else if (entry->deleted) {
        ff_buf_addf(b, "-%s;", entry->key);
    } else {
        ff_buf_addf(b, "%s=", entry->key);
        ff_buf_addslice(b, entry->value);
        ff_buf_adds(b, ";");
    }
}

static void on_js(void *ctx, ff_err err, const char *text, const json_t *result)
{
    struct result *r = ctx;
    (void)text;
    (void)result;
    r->calls++;
    r->err = err;
}

static void purge(struct bus_test *t, json_t *filter)
{
    struct result r = {0};
    ff_js_call(t->bus, filter, on_js, &r, "$JS.API.STREAM.PURGE.KV_%s",
               ff_bucket_name(BUCKET));
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_OK);
}

static bool told(const struct ff_buf *b, const char *text)
{
    return b->len > 0 && strcmp(b->data, text) == 0;
}

static void a_watch_follows_the_bucket(void **state)
{
    struct bus_test *t = *state;
    struct ff_buf got = {0};
    purge(t, NULL);
    struct ff_kv_watch *watch = ff_kv_watch_new(t->bus, BUCKET, on_watch, &got);
    wait_for(t, told(&got, "!"));
    assert_int_equal(put(t, "a", "1", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(put(t, "b.c", "2", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(put(t, "a", "3", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(del(t, "a"), FF_OK);
    wait_for(t, told(&got, "!a=1;b.c=2;a=3;-a;"));
    ff_kv_watch_free(&watch);
    assert_null(watch);
    ff_buf_clear(&got);
    watch = ff_kv_watch_new(t->bus, BUCKET, on_watch, &got);
    wait_for(t, told(&got, "b.c=2;-a;!"));
    ff_kv_watch_free(&watch);
    ff_buf_fini(&got);
}

static void a_watch_survives_the_server(void **state)
{
    struct bus_test *t = *state;
    struct ff_buf got = {0};
    purge(t, NULL);
    assert_int_equal(put(t, "a", "1", UINT64_MAX, NULL), FF_OK);
    assert_int_equal(put(t, "b", "2", UINT64_MAX, NULL), FF_OK);
    struct ff_kv_watch *watch = ff_kv_watch_new(t->bus, BUCKET, on_watch, &got);
    wait_for(t, told(&got, "a=1;b=2;!"));
    ff_buf_clear(&got);
    nats_server_kill(&t->server);
    wait_for(t, !ff_bus_connected(t->bus));
    assert_int_equal(put(t, "a", "9", UINT64_MAX, NULL), FF_E_UNAVAILABLE);
    nats_server_start(&t->server);
    wait_for(t, ff_bus_connected(t->bus));
    purge(t, json_pack("{s:s}", "filter", "$KV.ff_apps.b"));
    wait_for(t, got.len > 0 && got.data[got.len - 1] == '!' &&
                    strstr(got.data, "-b;") != NULL);
    assert_non_null(strstr(got.data, "a=1;"));
    ff_kv_watch_free(&watch);
    ff_buf_fini(&got);
}

static void many_keys_are_synced_once(void **state)
{
    struct bus_test *t = *state;
    enum { COUNT = 3000 };
    struct result r = {0};
    struct ff_buf got = {0};
    purge(t, NULL);
    for (int i = 0; i < COUNT; i++) {
        char *key = ff_asprintf("k%d", i);
        ff_kv_put(t->bus, BUCKET, key, FF_SLICE_LIT("x"), UINT64_MAX, on_put,
                  &r);
        free(key);
    }
    wait_for(t, r.calls == COUNT);
    struct ff_kv_watch *watch = ff_kv_watch_new(t->bus, BUCKET, on_watch, &got);
    wait_for(t, got.len > 0 && got.data[got.len - 1] == '!');
    assert_non_null(strstr(got.data, "k0=x;"));
    assert_non_null(strstr(got.data, "k2999=x;!"));
    assert_ptr_equal(strchr(got.data, '!'), got.data + got.len - 1);
    ff_kv_watch_free(&watch);
    ff_buf_fini(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_is_made_once_and_updated),
        cmocka_unit_test(values_are_put_and_got),
        cmocka_unit_test(writers_do_not_overwrite_each_other),
        cmocka_unit_test(a_watch_follows_the_bucket),
        cmocka_unit_test(a_watch_survives_the_server),
        cmocka_unit_test(many_keys_are_synced_once),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
