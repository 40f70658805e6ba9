/* The hub: plain channels, publishing, its life. */

#include "hub_steps.h"

static const char namespaces[] =
    "\"room\":{\"history_size\":100},\"log\":{\"history_size\":5}";

static int setup(void **state)
{
    (void)state;
    return hub_set_up(namespaces);
}

/* --- plain channels ----------------------------------------------------------- */

static void a_subscriber_is_answered_and_gets_messages(void **state)
{
    (void)state;
    subscribe(0, "chat", 11);
    fake_run(50);
    told_subscribed(0, 11, FF_OK);
    others_say("chat", "{\"a\":1}");
    fake_run(50);
    told_message(0, "{\"a\":1}");
    fake_expect_nothing(1);
}

static void all_who_wait_are_answered_then_what_was_held(void **state)
{
    (void)state;
    fake.latency_ms = 1;
    subscribe(0, "chat", 11);
    subscribe(0, "chat", 12);
    subscribe(1, "chat", 13);
    fake_run(0); /* subscribed, not yet confirmed */
    fake.live_ms = fake.now_ms;
    others_say("chat", "1");
    fake_run(50);
    told_subscribed(0, 11, FF_OK);
    told_subscribed(0, 12, FF_OK);
    told_message(0, "1");
    told_subscribed(1, 13, FF_OK);
    told_message(1, "1");
}

static void an_active_channel_answers_at_once(void **state)
{
    (void)state;
    subscribe(0, "chat", 11);
    fake_run(50);
    fake_skip_mail();
    subscribe(1, "chat", 12);
    fake_run(0);
    told_subscribed(1, 12, FF_OK);
}

static void without_the_bus_only_active_channels_are_there(void **state)
{
    (void)state;
    subscribe(0, "chat", 11);
    fake_run(50);
    fake_skip_mail();
    fake_disconnect();
    struct to_worker item = fake_expect(0, TO_WORKER_BUS);
    assert_false(item.connected);
    subscribe(0, "chat", 12);
    subscribe(0, "other", 13);
    fake_run(0);
    told_subscribed(0, 12, FF_OK);
    told_subscribed(0, 13, FF_E_UNAVAILABLE);
    fake_connect();
    item = fake_expect(0, TO_WORKER_BUS);
    assert_true(item.connected);
}

static void a_channel_that_cannot_be_confirmed_is_refused(void **state)
{
    (void)state;
    subscribe(0, "chat", 11);
    fake_run(0);
    fake_disconnect();
    told_subscribed(0, 11, FF_E_UNAVAILABLE);
    fake_connect();
    fake_skip_mail();
    subscribe(0, "chat", 12);
    fake_run(50);
    told_subscribed(0, 12, FF_OK);
}

static void a_dropped_channel_lingers_and_goes(void **state)
{
    (void)state;
    subscribe(0, "chat", 11);
    fake_run(50);
    fake_skip_mail();
    drop(0, "chat");
    fake_run(3000);
    others_say("chat", "1");
    fake_run(50);
    fake_expect_nothing(0);
    subscribe(0, "chat", 12);
    fake_run(0);
    told_subscribed(0, 12, FF_OK); /* at once: it was still there */
    drop(0, "chat");
    fake_run(7000);
    subscribe(0, "chat", 13);
    fake_run(0);
    fake_expect_nothing(0);
    fake_run(50);
    told_subscribed(0, 13, FF_OK);
}

static void who_drops_is_told_what_it_waited_for(void **state)
{
    (void)state;
    subscribe(0, "chat", 11);
    drop(0, "chat");
    subscribe(0, "chat", 12);
    fake_run(50);
    told_subscribed(0, 11, FF_E_CLOSED);
    told_subscribed(0, 12, FF_OK);
    fake_expect_nothing(0);
}

/* --- publishing --------------------------------------------------------------- */

static void a_plain_message_is_published_and_answered(void **state)
{
    (void)state;
    subscribe(1, "chat", 12);
    fake_run(50);
    fake_skip_mail();
    say(0, "chat", 11, "{\"x\":2}");
    fake_run(50);
    struct to_worker item = fake_expect(0, TO_WORKER_PUBLISHED);
    assert_int_equal(item.err, FF_OK);
    assert_int_equal(item.reply.conn, 11);
    assert_true(item.id[0] != '\0');
    assert_false(item.position.known);
    to_worker_fini(&item);
    told_message(1, "{\"x\":2}");
}

static void without_the_bus_nothing_is_published(void **state)
{
    (void)state;
    fake_disconnect();
    fake_skip_mail();
    say(0, "chat", 11, "1");
    say(0, "room:1", 11, "1");
    fake_run(50);
    told_answer(0, TO_WORKER_PUBLISHED, FF_E_UNAVAILABLE);
    told_answer(0, TO_WORKER_PUBLISHED, FF_E_UNAVAILABLE);
}

static void a_stored_message_is_answered_with_its_offset(void **state)
{
    (void)state;
    say(0, "room:1", 11, "1");
    fake_run(50);
    struct to_worker item = fake_expect(0, TO_WORKER_PUBLISHED);
    assert_int_equal(item.err, FF_OK);
    assert_true(item.position.known);
    assert_int_equal(item.position.offset, 1);
    to_worker_fini(&item);
}

/* However long each takes: one after the other. */
static void one_connection_keeps_its_order(void **state)
{
    uint64_t last = 0;

    (void)state;
    fake.latency_ms = 50;
    for (int i = 0; i < 30; i++)
        say(0, "room:1", 11, "1");
    fake_run(10000);
    for (int i = 0; i < 30; i++) {
        struct to_worker item = fake_expect(0, TO_WORKER_PUBLISHED);
        assert_true(item.position.offset > last);
        last = item.position.offset;
        to_worker_fini(&item);
    }
}

static void too_many_waiting_messages_are_refused(void **state)
{
    unsigned busy = 0;
    struct to_worker item;

    (void)state;
    for (int i = 0; i < 300; i++)
        say(0, "room:1", 11, "1");
    fake_run(10000);
    while (fake_take(0, &item)) {
        busy += item.err == FF_E_BUSY;
        to_worker_fini(&item);
    }
    assert_int_equal(busy, 300 - 256);
}

static void a_whisper_is_never_stored(void **state)
{
    struct to_hub item = step(TO_HUB_PUBLISH, 0, "room:1", 11);

    (void)state;
    subscribe(1, "room:1", 12);
    fake_run(50);
    fake_skip_mail();
    item.whisper = true;
    item.event = ff_strdup("typing");
    item.body = ff_strdup("1");
    item.body_len = 1;
    fake_say(&item);
    fake_run(50);
    struct to_worker told = fake_expect(1, TO_WORKER_DELIVER);
    assert_true(ff_slice_is(told.message->m.kind, "whisper"));
    to_worker_fini(&told);
    fake_expect_nothing(0); /* no acknowledgement was asked for */
    assert_int_equal(stream.count, 0);
}

/* --- life ----------------------------------------------------------------------- */

static void a_broadcast_goes_to_every_worker(void **state)
{
    (void)state;
    others_say("", "1");
    fake_run(50);
    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        struct to_worker item = fake_expect(w, TO_WORKER_BROADCAST);
        assert_string_equal(item.app_id, "dev");
        to_worker_fini(&item);
    }
}

static void a_changed_app_is_told(void **state)
{
    (void)state;
    fake_set_app(namespaces);
    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        struct to_worker item = fake_expect(w, TO_WORKER_APP);
        assert_ptr_equal(item.app, fake.app);
        to_worker_fini(&item);
    }
}

static void on_drained(void *ctx)
{
    *(bool *)ctx = true;
}

static void it_is_drained_when_all_workers_are(void **state)
{
    bool drained = false;

    (void)state;
    hub_drain(fake.hub, on_drained, &drained);
    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        struct to_worker told = fake_expect(w, TO_WORKER_DRAIN);
        assert_int_equal(told.limit, 1000);
        to_worker_fini(&told);
        assert_false(drained);
        struct to_hub item = {.type = TO_HUB_STOPPED, .worker = w};
        assert_int_equal(handoff_to_hub(fake.handoff, &item), FF_OK);
        fake_run(0);
    }
    assert_true(drained);
}

static void begin_much(void)
{
    fake.latency_ms = 50;
    subscribe(0, "chat", 11);
    subscribe(0, "room:1", 12);
    resume(0, "room:2", 13, 5, "e1");
    say(0, "room:1", 14, "1");
    say(0, "room:1", 14, "2");
    struct to_hub history = step(TO_HUB_HISTORY, 0, "room:3", 15);
    fake_say(&history);
    struct to_hub verify = step(TO_HUB_VERIFY, 0, NULL, 16);
    verify.text = ff_strdup("t");
    fake_say(&verify);
}

static void it_may_end_at_any_time(void **state)
{
    for (int64_t ms = 0; ms < 200; ms += 3) {
        begin_much();
        fake_run(ms);
        teardown(state);
        setup(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_subscriber_is_answered_and_gets_messages),
        TEST(all_who_wait_are_answered_then_what_was_held),
        TEST(an_active_channel_answers_at_once),
        TEST(without_the_bus_only_active_channels_are_there),
        TEST(a_channel_that_cannot_be_confirmed_is_refused),
        TEST(a_dropped_channel_lingers_and_goes),
        TEST(who_drops_is_told_what_it_waited_for),
        TEST(a_plain_message_is_published_and_answered),
        TEST(without_the_bus_nothing_is_published),
        TEST(a_stored_message_is_answered_with_its_offset),
        TEST(one_connection_keeps_its_order),
        TEST(too_many_waiting_messages_are_refused),
        TEST(a_whisper_is_never_stored),
        TEST(a_broadcast_goes_to_every_worker),
        TEST(a_changed_app_is_told),
        TEST(it_is_drained_when_all_workers_are),
        TEST(it_may_end_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
