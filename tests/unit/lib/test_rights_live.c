/* Rights: what the library does on the bus works with them, against a real server. */
#include <stdlib.h>
#include <string.h>

#include "bus_test.h"
#include "ff_app.h"
#include "ff_history.h"
#include "ff_json.h"
#include "ff_kv.h"
#include "ff_log.h"
#include "ff_rpc.h"
#include "messages.h"
#include "rights_steps.h"

static struct bus_test t; /* its bus is auth's */
static struct ff_bus *auth, *gateway, *ingress;

static struct ff_bus *bus_of(enum ff_service service)
{
    char *urls[] = {t.server.url, NULL};
    char *inbox = ff_asprintf("_INBOX_%s", ff_service_name(service));
    struct ff_bus *bus =
        ff_bus_new(t.loop, &(struct ff_bus_options){
                               .urls = urls,
                               .name = "test",
                               .user = ff_service_name(service),
                               .password = "x",
                               .inbox_prefix = inbox,
                           });

    free(inbox);
    wait_for(&t, ff_bus_connected(bus));
    return bus;
}

static int setup(void **state)
{
    struct ff_buf b = {0};

    (void)state;
    ff_log_init("test", "test");
    rights_conf(&b);
    nats_server_init(&t.server, b.data);
    ff_buf_fini(&b);
    t.loop = ff_loop_new();
    auth = t.bus = bus_of(FF_SVC_AUTH);
    gateway = bus_of(FF_SVC_GATEWAY);
    ingress = bus_of(FF_SVC_INGRESS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ff_bus_free(&gateway);
    ff_bus_free(&ingress);
    bus_test_close(&t);
    return 0;
}

/* What a callback brought. */
struct got {
    bool called;
    ff_err err;
    uint64_t number;
    size_t count;
};

static void on_err(void *ctx, ff_err err)
{
    *(struct got *)ctx = (struct got){.called = true, .err = err};
}

static void on_ensured(void *ctx, ff_err err, const char *text)
{
    (void)text;
    on_err(ctx, err);
}

static void on_put(void *ctx, ff_err err, uint64_t revision)
{
    on_err(ctx, err);
    ((struct got *)ctx)->number = revision;
}

static void on_stored(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    (void)duplicate;
    on_put(ctx, err, offset);
}

static void on_page(void *ctx, ff_err err, const struct ff_history_page *page)
{
    on_err(ctx, err);
    ((struct got *)ctx)->count = page ? page->count : 0;
}

static void on_last(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    (void)msg;
    on_err(ctx, err);
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    (void)entry;
    on_err(ctx, err);
}

static void expect(const struct got *got, ff_err err)
{
    wait_for(&t, got->called);
    assert_string_equal(ff_err_code(got->err), ff_err_code(err));
}

static void auth_makes_what_it_owns(void **state)
{
    struct ff_history_config config = {.storage = "file",
                                       .replicas = 1,
                                       .max_age_s = 3600,
                                       .max_per_channel = 100,
                                       .max_bytes = 1 << 24,
                                       .dedup_window_s = 120};
    struct got got = {0};

    (void)state;
    for (int i = 0; i < 2; i++) { /* the second time it updates */
        got.called = false;
        ff_history_ensure(auth, &config, on_ensured, &got);
        expect(&got, FF_OK);
        config.max_per_channel = 200;
        got.called = false;
        ff_kv_ensure(auth, FF_BUCKET_APPS, 1, on_err, &got);
        expect(&got, FF_OK);
    }
    got.called = false;
    ff_kv_put(auth, FF_BUCKET_APPS, "dev",
              FF_SLICE_LIT("{\"id\":\"dev\",\"keys\":[{\"key\":\"k\","
                           "\"secret\":\"s\"}]}"),
              0, on_put, &got);
    expect(&got, FF_OK);
    got.called = false;
    ff_kv_get(auth, FF_BUCKET_APPS, "dev", on_entry, &got);
    expect(&got, FF_OK);
}

static void everybody_follows_the_registry(void **state)
{
    struct ff_apps *apps = ff_apps_new(gateway, NULL, NULL);

    (void)state;
    wait_for(&t, ff_apps_synced(apps));
    assert_non_null(ff_apps_find(apps, "dev"));
    ff_apps_free(&apps);
}

static void store(struct ff_bus *bus, int number)
{
    struct got got = {0};
    char *id = ff_asprintf("id-%d", number);
    struct ff_message message = {
        .app = FF_SLICE_LIT("dev"),
        .channel = FF_SLICE_LIT("chat:1"),
        .id = ff_slice_str(id),
        .time_ms = 1,
        .body = FF_SLICE_LIT("{}"),
    };

    ff_history_store(bus, &message, NULL, UINT64_MAX, 2000, 3, on_stored, &got);
    expect(&got, FF_OK);
    free(id);
}

static void history_is_written_read_and_removed(void **state)
{
    struct ff_history_query query = {.app = "dev",
                                     .channel = "chat:1",
                                     .limit = 100,
                                     .max_bytes = 1 << 20,
                                     .timeout_ms = 5000};
    struct got got = {0};

    (void)state;
    for (int i = 0; i < 20; i++)
        store(i % 2 ? gateway : ingress, i);
    for (int i = 0; i < 4; i++) {
        query.newest = i % 2;
        query.limit = i < 2 ? 100 : 3;
        got.called = false;
        ff_history_read(i % 2 ? gateway : ingress, &query, on_page, &got);
        expect(&got, FF_OK);
        assert_int_equal(got.count, i < 2 ? 20 : 3);
    }
    got.called = false;
    ff_history_last(gateway, "dev", "chat:1", on_last, &got);
    expect(&got, FF_OK);
    got.called = false;
    ff_history_remove(ingress, "dev", "chat:1", 0, on_put, &got);
    expect(&got, FF_OK);
    assert_int_equal(got.number, 20);
}

static void on_verify(void *ctx, struct ff_rpc_req *req, const void *in)
{
    (void)ctx;
    assert_string_equal(((const struct auth_verify *)in)->token, "t");
    ff_rpc_reply(req, FF_SLICE_LIT("{\"user_id\":\"42\"}"));
}

static void on_result(void *ctx, ff_err err, const struct ff_why *why,
                      const json_t *result)
{
    (void)why;
    (void)result;
    on_err(ctx, err);
}

static void requests_are_answered(void **state)
{
    const struct ff_rpc_verb verbs[] = {
        {"verify", &auth_verify_schema, on_verify}};
    struct ff_rpc_server *server =
        ff_rpc_serve(auth, FF_SUBJ_AUTH, NULL, "auth", verbs, 1, NULL);
    struct got got = {0};

    (void)state;
    ff_bus_barrier(auth, 5000, on_err, &got);
    expect(&got, FF_OK);
    for (int i = 0; i < 2; i++) {
        got.called = false;
        ff_rpc_call(i ? ingress : gateway, "ff.rpc.auth.verify",
                    FF_SLICE_LIT("{\"app\":\"dev\",\"token\":\"t\"}"), 5000,
                    on_result, &got);
        expect(&got, FF_OK);
    }
    ff_rpc_server_free(&server);
}

/* NATS says nothing to who asks for what it may not: nobody answers. */
static void the_rest_is_refused(void **state)
{
    struct got put = {0}, removed = {0}, ensured = {0}, read = {0};

    (void)state;
    ff_kv_put(gateway, FF_BUCKET_APPS, "evil", FF_SLICE_LIT("{}"), UINT64_MAX,
              on_put, &put);
    ff_history_remove(gateway, "dev", "chat:1", 0, on_put, &removed);
    ff_kv_ensure(ingress, FF_BUCKET_DOCS, 1, on_err, &ensured);
    ff_kv_get(gateway, FF_BUCKET_DOCS, "x", on_entry, &read);
    wait_for(&t, put.called && removed.called && ensured.called && read.called);
    assert_int_not_equal(put.err, FF_OK);
    assert_int_not_equal(removed.err, FF_OK);
    assert_int_not_equal(ensured.err, FF_OK);
    assert_int_equal(read.err, FF_E_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auth_makes_what_it_owns),
        cmocka_unit_test(everybody_follows_the_registry),
        cmocka_unit_test(history_is_written_read_and_removed),
        cmocka_unit_test(requests_are_answered),
        cmocka_unit_test(the_rest_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
