/* The end of a bus: what is pending is told, what is held may still be given back. */
#include "bus_test.h"
#include "ff_kv.h"

static void on_msg(void *ctx, struct ff_bus_msg *msg)
{
    (void)ctx;
    (void)msg;
}

struct got {
    unsigned calls;
    ff_err err;
};

static void on_reply(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct got *got = ctx;

    assert_null(msg);
    got->calls++;
    got->err = err;
}

static void on_entry(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    (void)ctx;
    (void)err;
    (void)entry;
}

static void a_closed_bus_ends_what_is_pending(void **state)
{
    struct bus_test *t = *state;
    struct ff_bus *bus = bus_test_new_bus(t, NULL, NULL);
    struct ff_bus_out out = {.subject = "nobody.answers"};
    struct got one = {0}, many = {0};

    wait_for(t, ff_bus_connected(bus));
    struct ff_bus_sub *sub =
        ff_bus_subscribe(bus, "nobody.answers", NULL, on_msg, NULL);
    struct ff_kv_watch *watch =
        ff_kv_watch_new(bus, FF_BUCKET_APPS, on_entry, NULL);
    ff_bus_request(bus, &out, 600000, on_reply, &one);
    ff_bus_gather(bus, &out, 600000, 0, on_reply, &many);
    ff_bus_close(bus);
    assert_int_equal(one.calls, 1);
    assert_int_equal(one.err, FF_E_CLOSED);
    assert_int_equal(many.calls, 1);
    assert_int_equal(many.err, FF_E_CLOSED);
    assert_int_equal(ff_bus_publish(bus, &out), FF_E_CLOSED);
    ff_bus_close(bus);
    ff_bus_unsubscribe(&sub);
    ff_kv_watch_free(&watch);
    ff_bus_free(&bus);
    assert_null(bus);
    assert_int_equal(one.calls + many.calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_bus_ends_what_is_pending),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
