/* The registry of apps, followed from its bucket. */
#include <stdio.h>
#include <string.h>

#include "bus_test.h"
#include "ff_app.h"
#include "ff_log.h"

struct registry {
    struct ff_apps *apps;
    unsigned changes;
    char last[80];
};

static void on_change(void *ctx, const char *app_id)
{
    struct registry *r = ctx;

    r->changes++;
    snprintf(r->last, sizeof r->last, "%s", app_id);
}

static void open_registry(struct bus_test *t, struct registry *r)
{
    *r = (struct registry){0};
    r->apps = ff_apps_new(t->bus, on_change, r);
    assert_false(ff_apps_synced(r->apps));
    wait_for(t, ff_apps_synced(r->apps));
}

struct got {
    bool called;
    ff_err err;
};

static void on_done(void *ctx, ff_err err)
{
    *(struct got *)ctx = (struct got){true, err};
}

static void on_put(void *ctx, ff_err err, uint64_t revision)
{
    (void)revision;
    on_done(ctx, err);
}

static void put(struct bus_test *t, const char *id, const char *record)
{
    struct got got = {0};

    if (record)
        ff_kv_put(t->bus, FF_BUCKET_APPS, id, ff_slice_str(record), UINT64_MAX,
                  on_put, &got);
    else
        ff_kv_delete(t->bus, FF_BUCKET_APPS, id, on_put, &got);
    wait_for(t, got.called);
    assert_int_equal(got.err, FF_OK);
}

static int setup(void **state)
{
    struct got got = {0};

    if (bus_test_setup(state) != 0)
        return -1;
    ff_kv_ensure(((struct bus_test *)*state)->bus, FF_BUCKET_APPS, 1, on_done,
                 &got);
    wait_for((struct bus_test *)*state, got.called);
    return got.err == FF_OK ? 0 : -1;
}

#define RECORD(id, more) "{\"id\":\"" id "\"" more "}"
#define KEY(key)         ",\"keys\":[{\"key\":\"" key "\",\"secret\":\"s\"}]"

static void what_is_there_is_known_when_synced(void **state)
{
    struct bus_test *t = *state;
    struct registry r;
    const struct ff_app_key *key = NULL;

    put(t, "one", RECORD("one", KEY("k1")));
    put(t, "two", RECORD("two", KEY("k2")));
    open_registry(t, &r);
    assert_int_equal(r.changes, 2);
    assert_string_equal(ff_apps_find(r.apps, "one")->id, "one");
    struct ff_app *app = ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k2"), &key);
    assert_string_equal(app->id, "two");
    assert_string_equal(key->secret, "s");
    assert_null(ff_apps_find(r.apps, "three"));
    assert_null(ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k"), &key));
    ff_apps_free(&r.apps);
}

static void changes_are_followed(void **state)
{
    struct bus_test *t = *state;
    struct registry r;

    open_registry(t, &r);
    struct ff_app *old = ff_app_ref(ff_apps_find(r.apps, "one"));
    put(t, "one", RECORD("one", KEY("new")));
    wait_for(t, ff_apps_find_by_key(r.apps, FF_SLICE_LIT("new"), NULL));
    assert_string_equal(r.last, "one");
    assert_null(ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k1"), NULL));
    assert_string_equal(old->keys[0].key, "k1"); /* who holds one keeps it */
    ff_app_unref(&old);
    put(t, "one", NULL);
    wait_for(t, !ff_apps_find(r.apps, "one"));
    assert_null(ff_apps_find_by_key(r.apps, FF_SLICE_LIT("new"), NULL));
    ff_apps_free(&r.apps);
}

static void a_disabled_app_is_unknown(void **state)
{
    struct bus_test *t = *state;
    struct registry r;

    open_registry(t, &r);
    put(t, "two", RECORD("two", KEY("k2") ",\"enabled\":false"));
    wait_for(t, !ff_apps_find(r.apps, "two"));
    assert_null(ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k2"), NULL));
    put(t, "two", RECORD("two", KEY("k2")));
    wait_for(t, ff_apps_find(r.apps, "two"));
    ff_apps_free(&r.apps);
}

static void a_wrong_record_changes_nothing(void **state)
{
    static const char *const wrong[] = {"", "[]", "{", RECORD("other", ""),
                                        RECORD("two", ",\"x\":1")};
    struct bus_test *t = *state;
    struct registry r;

    open_registry(t, &r);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        put(t, "two", wrong[i]);
    put(t, "three", RECORD("three", ""));
    wait_for(t, ff_apps_find(r.apps, "three"));
    assert_non_null(ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k2"), NULL));
    ff_apps_free(&r.apps);
    put(t, "two", RECORD("two", KEY("k2")));
}

/* Of two apps with the same key the lower id has it. */
static void a_key_belongs_to_one_app(void **state)
{
    struct bus_test *t = *state;
    struct registry r;

    open_registry(t, &r);
    put(t, "zero", RECORD("zero", KEY("k2")));
    wait_for(t, ff_apps_find(r.apps, "zero"));
    struct ff_app *app = ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k2"), NULL);
    assert_string_equal(app->id, "two");
    put(t, "two", NULL);
    wait_for(t, !ff_apps_find(r.apps, "two"));
    app = ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k2"), NULL);
    assert_string_equal(app->id, "zero");
    put(t, "two", RECORD("two", KEY("k2")));
    wait_for(t, ff_apps_find(r.apps, "two"));
    app = ff_apps_find_by_key(r.apps, FF_SLICE_LIT("k2"), NULL);
    assert_string_equal(app->id, "two");
    ff_apps_free(&r.apps);
}

static void it_survives_a_lost_connection(void **state)
{
    struct bus_test *t = *state;
    struct registry r;

    open_registry(t, &r);
    nats_server_kill(&t->server);
    wait_for(t, !ff_bus_connected(t->bus));
    assert_non_null(ff_apps_find(r.apps, "two"));
    nats_server_start(&t->server);
    wait_for(t, ff_bus_connected(t->bus));
    put(t, "five", RECORD("five", ""));
    wait_for(t, ff_apps_find(r.apps, "five"));
    assert_true(ff_apps_synced(r.apps));
    ff_apps_free(&r.apps);
    ff_apps_free(&r.apps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_known_when_synced),
        cmocka_unit_test(changes_are_followed),
        cmocka_unit_test(a_disabled_app_is_unknown),
        cmocka_unit_test(a_wrong_record_changes_nothing),
        cmocka_unit_test(a_key_belongs_to_one_app),
        cmocka_unit_test(it_survives_a_lost_connection),
    };
    return cmocka_run_group_tests(tests, setup, bus_test_teardown);
}
