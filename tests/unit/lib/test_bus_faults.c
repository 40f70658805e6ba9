/* The bus when things go wrong: a server that dies, stands still or refuses; too much at once; churn. */
#include "bus_test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_hash.h"
#include "ff_metric.h"

/* --- messages that prove themselves: "<number> <length> <sha256> <text>" --- */

static void make_body(struct ff_buf *b, unsigned number)
{
    size_t len = number * 7919u % 30000;
    uint8_t hash[32];
    char hex[65];
    struct ff_buf text = {0};
    ff_buf_reserve(&text, len + 1);
    for (size_t i = 0; i < len; i++)
        ff_buf_addc(&text, (char)('a' + (number + i) % 26));
    ff_sha256(ff_buf_slice(&text), hash);
    ff_hex(hash, sizeof(hash), hex);
    ff_buf_clear(b);
    ff_buf_addf(b, "%08u %06zu %s ", number, len, hex);
    ff_buf_addslice(b, ff_buf_slice(&text));
    ff_buf_fini(&text);
}

struct flow {
    unsigned sent, last, count;
    bool broken;
};

static void on_flow(void *ctx, struct ff_bus_msg *msg)
{
    struct flow *flow = ctx;
    struct ff_slice body = ff_bus_msg_body(msg);
    struct ff_buf want = {0};
    unsigned number = (unsigned)strtoul(body.data, NULL, 10);
    make_body(&want, number);
    flow->broken = flow->broken || number <= flow->last ||
                   !ff_slice_eq(body, ff_buf_slice(&want)) ||
                   !ff_slice_is(ff_bus_msg_subject(msg), "t.flow");
    flow->last = number;
    flow->count++;
    ff_buf_fini(&want);
}

static void send_flow(struct ff_bus *bus, struct flow *flow)
{
    struct ff_buf body = {0};
    make_body(&body, ++flow->sent);
    struct ff_bus_out out = {.subject = "t.flow", .body = ff_buf_slice(&body)};
    struct ff_bus_header header = {"Ff-Id", FF_SLICE_LIT("x")};
    out.headers = &header;
    out.header_count = flow->sent % 2;
    ff_err err = ff_bus_publish(bus, &out);
    assert_true(err == FF_OK || err == FF_E_UNAVAILABLE || err == FF_E_BUSY);
    ff_buf_fini(&body);
}

/* Send until more have come. */
static void flow_on(struct bus_test *t, struct ff_bus *from, struct flow *flow)
{
    unsigned goal = flow->count + 100;
    int64_t until = bus_test_now() + WAIT_MS;
    while (flow->count < goal && bus_test_now() < until) {
        send_flow(from, flow);
        ff_loop_step(t->loop, 0);
    }
    assert_true(flow->count >= goal);
}

static void nothing_is_corrupted_when_the_server_dies(void **state)
{
    struct bus_test *t = *state;
    struct ff_bus *from = bus_test_new_bus(t, NULL, NULL);
    struct flow flow = {0};
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.flow", NULL, on_flow, &flow);
    wait_for(t, ff_bus_connected(from));
    flow_on(t, from, &flow);
    for (int i = 0; i < 4; i++) {
        uint64_t generation = ff_bus_generation(t->bus);
        nats_server_kill(&t->server);
        for (int n = 0; n < 50; n++)
            send_flow(from, &flow);
        wait_for(t, !ff_bus_connected(t->bus) && !ff_bus_connected(from));
        nats_server_start(&t->server);
        wait_for(t, ff_bus_connected(t->bus) && ff_bus_connected(from));
        assert_true(ff_bus_generation(t->bus) > generation);
        flow_on(t, from, &flow);
    }
    assert_false(flow.broken);
    ff_bus_unsubscribe(&sub);
    ff_bus_free(&from);
}

static void on_reply(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    (void)msg;
    *(ff_err *)ctx = err;
}

static void ignore(void *ctx, struct ff_bus_msg *msg)
{
    (void)ctx;
    (void)msg;
}

static void a_server_that_stands_still_is_noticed(void **state)
{
    struct bus_test *t = *state;
    ff_err err = FF_OK;
    uint64_t generation = ff_bus_generation(t->bus);
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.silent", NULL, ignore, NULL);
    struct ff_bus_out out = {.subject = "t.silent"};
    nats_server_pause(&t->server);
    ff_bus_request(t->bus, &out, 10 * WAIT_MS, on_reply, &err);
    wait_for(t, !ff_bus_connected(t->bus));
    assert_int_equal(err, FF_E_UNAVAILABLE);
    assert_int_equal(ff_bus_publish(t->bus, &out), FF_E_UNAVAILABLE);
    nats_server_go_on(&t->server);
    wait_for(t, ff_bus_connected(t->bus));
    assert_true(ff_bus_generation(t->bus) > generation);
    ff_bus_unsubscribe(&sub);
}

static void a_full_queue_is_told(void **state)
{
    struct bus_test *t = *state;
    size_t len = 512 * 1024, sent = 0;
    char *body = ff_zalloc(len);
    struct ff_bus_out out = {.subject = "t.full", .body = {body, len}};
    ff_err err;
    nats_server_pause(&t->server);
    while ((err = ff_bus_publish(t->bus, &out)) == FF_OK && sent < 1000)
        sent++;
    nats_server_go_on(&t->server);
    assert_int_equal(err, FF_E_BUSY);
    assert_in_range(sent * len, 60 << 20, 100 << 20);
    out.body.len = 0;
    wait_for(t, ff_bus_publish(t->bus, &out) == FF_OK);
    free(body);
}

/* The owner sleeps while more comes than it may keep. */
static void what_is_dropped_counts_as_a_lost_connection(void **state)
{
    struct bus_test *t = *state;
    size_t len = 1 << 20;
    char *body = ff_zalloc(len);
    int ups = t->ups, downs = t->downs;
    int64_t until = bus_test_now() + WAIT_MS;
    struct ff_bus_out out = {.subject = "t.heavy", .body = {body, len}};
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.heavy", NULL, ignore, NULL);
    while (ff_metric_get(FF_M_BUS_DROPPED) == 0 && bus_test_now() < until)
        if (ff_bus_publish(t->bus, &out) == FF_E_BUSY)
            poll(NULL, 0, 1);
    assert_true(ff_metric_get(FF_M_BUS_DROPPED) > 0);
    wait_for(t, t->downs == downs + 1 && t->ups == ups + 1);
    ff_bus_unsubscribe(&sub);
    free(body);
}

struct churn {
    size_t count;
};

static void on_churn(void *ctx, struct ff_bus_msg *msg)
{
    struct churn *churn = ctx;
    assert_true(ff_slice_is(ff_bus_msg_body(msg), "x"));
    churn->count++;
}

static void subscriptions_come_and_go_under_load(void **state)
{
    struct bus_test *t = *state;
    enum { CHANNELS = 2000, ROUNDS = 5 };
    static struct ff_bus_sub *subs[CHANNELS];
    struct churn churn = {0};
    char subject[32];
    struct ff_bus_out out = {subject, FF_SLICE_LIT("x"), NULL, 0};
    for (int i = 0; i < CHANNELS * ROUNDS; i++) {
        int n = i % CHANNELS, target = (int)(random() % CHANNELS);
        ff_bus_unsubscribe(&subs[n]);
        snprintf(subject, sizeof(subject), "t.churn.%d", n);
        subs[n] = ff_bus_subscribe(t->bus, subject, NULL, on_churn, &churn);
        for (int k = 0; k < 5; k++) {
            snprintf(subject, sizeof(subject), "t.churn.%d", target);
            assert_int_equal(ff_bus_publish(t->bus, &out), FF_OK);
        }
        if (i % 50 == 0)
            ff_loop_step(t->loop, 0);
    }
    /* Those that are subscribed now hear at least this. */
    snprintf(subject, sizeof(subject), "t.churn.%d", 0);
    assert_int_equal(ff_bus_publish(t->bus, &out), FF_OK);
    wait_for(t, churn.count > 0);
    for (int n = 0; n < CHANNELS; n++)
        ff_bus_unsubscribe(&subs[n]);
    int64_t held = ff_metric_get(FF_M_BUS_SUBSCRIPTIONS);
    wait_for(t, (held = ff_metric_get(FF_M_BUS_SUBSCRIPTIONS)) == 1);
}

/* --- who may --------------------------------------------------------------- */

static void credentials_are_needed(void **state)
{
    struct bus_test t = {0};
    (void)state;
    nats_server_init(&t.server,
                     "accounts { A { jetstream: enabled, users: [ { user: a, "
                     "password: right, permissions: { publish: "
                     "[\"_INBOX_test.>\", \"t.>\"], subscribe: "
                     "[\"_INBOX_test.>\", \"t.>\"] } } ] } }");
    t.loop = ff_loop_new();
    t.bus = bus_test_new_bus(&t, "a", "wrong");
    int64_t until = bus_test_now() + 500;
    wait_for(&t, bus_test_now() > until);
    assert_false(ff_bus_connected(t.bus));
    assert_int_equal(t.ups, 0);
    ff_bus_free(&t.bus);
    t.bus = bus_test_new_bus(&t, "a", "right");
    wait_for(&t, ff_bus_connected(t.bus));
    /* What is not allowed does not end the connection. */
    struct ff_bus_out out = {.subject = "secret"};
    assert_int_equal(ff_bus_publish(t.bus, &out), FF_OK);
    ff_err err = FF_E_INTERNAL;
    out.subject = "t.nobody";
    ff_bus_request(t.bus, &out, WAIT_MS, on_reply, &err);
    wait_for(&t, err != FF_E_INTERNAL);
    assert_int_equal(err, FF_E_UNAVAILABLE);
    assert_int_equal(t.downs, 0);
    bus_test_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_corrupted_when_the_server_dies),
        cmocka_unit_test(subscriptions_come_and_go_under_load),
        cmocka_unit_test(a_full_queue_is_told),
        cmocka_unit_test(what_is_dropped_counts_as_a_lost_connection),
        cmocka_unit_test(a_server_that_stands_still_is_noticed),
        cmocka_unit_test(credentials_are_needed),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
