/* The hub: coming back to channels with history, one case at a time; see test_hub_model.c. */

#include "ff_metric.h"
#include "hub_stored_steps.h"

/* --- resuming --------------------------------------------------------------------- */

static void a_resume_is_answered_from_memory(void **state)
{
    (void)state;
    be_there();
    uint64_t first = publish(1);
    publish(2);
    fake_run(100);
    unsigned reads = stream.reads;
    resume(1, "room:1", 12, first, "e1");
    fake_run(0);
    told_resumed(1, RECOVERED_YES, 2);
    assert_int_equal(stream.reads, reads);
}

static void a_thousand_resumes_share_a_read(void **state)
{
    (void)state;
    fake.conf.recover_max = 1000;
    uint64_t first = publish(1);
    uint64_t last = publish(90);
    be_there();
    unsigned reads = stream.reads;
    for (unsigned i = 0; i < 1000; i++)
        resume(1, "room:1", 100 + i, first + fake_random(60), "e1");
    fake_run(1000);
    for (unsigned i = 0; i < 1000; i++) {
        struct to_worker item = fake_expect(1, TO_WORKER_SUBSCRIBED);
        assert_int_equal(item.recovered, RECOVERED_YES);
        assert_int_equal(item.position.offset, last);
        to_worker_fini(&item);
    }
    assert_true(stream.reads - reads <= 3);
}

/* The others get it meanwhile; who resumes gets it in its answer. */
static void a_read_does_not_delay_the_others(void **state)
{
    (void)state;
    uint64_t first = publish(1);
    publish(20);
    be_there();
    fake.latency_ms = 500;
    resume(1, "room:1", 12, first, "e1");
    fake_run(0);
    fake.latency_ms = 1;
    uint64_t live = publish(1);
    fake_run(5);
    told_offset(0, live);
    told_offset(1, live); /* for the others of this worker */
    fake_expect_nothing(1);
    fake_run(1500);
    struct to_worker item = fake_expect(1, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.position.offset, live);
    assert_int_equal(item.messages[item.message_count - 1]->m.offset, live);
    to_worker_fini(&item);
    fake_expect_nothing(1);
}

static void what_cannot_be_resumed_is_told(void **state)
{
    static const struct {
        uint64_t offset;
        const char *epoch;
    } rows[] = {
        {1, "e0"},       /* of another stream */
        {1, "e1"},       /* its message is gone */
        {1000000, "e1"}, /* never was */
    };
    char want[32];

    (void)state;
    stream.per_channel = 10;
    snprintf(want, sizeof(want), "| %llu", (unsigned long long)publish(30));
    be_there();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        resume(1, "room:1", 12, rows[i].offset, rows[i].epoch);
        fake_run(3000);
        told_recovered(1, RECOVERED_NO, want);
    }
}

static void more_than_recover_max_is_not_replayed(void **state)
{
    (void)state;
    fake.conf.recover_max = 10;
    uint64_t first = publish(1);
    publish(11);
    be_there();
    resume(1, "room:1", 12, first, "e1");
    fake_run(100);
    told_resumed(1, RECOVERED_NO, 0);
}

static void a_namespace_shows_less_than_the_stream_keeps(void **state)
{
    (void)state;
    stream.prefix = "few";
    uint64_t first = stream_publish(2);
    uint64_t second = stream_publish(2);
    for (int i = 0; i < 3; i++)
        stream_publish(2);
    resume(0, "few:2", 12, first, "e1");
    resume(0, "few:2", 13, second, "e1");
    fake_run(2000);
    struct to_worker item = fake_expect(0, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.recovered, RECOVERED_NO);
    to_worker_fini(&item);
    told_resumed(0, RECOVERED_YES, 3);
}

/* A client of another gateway, where its last message came sooner. */
static void who_has_seen_more_makes_us_look(void **state)
{
    (void)state;
    be_there();
    uint64_t seen = publish_unheard(2);
    resume(1, "room:1", 12, seen, "e1");
    fake_run(200);
    told_offsets(0, 0);
    fake_skip_mail();
    resume(1, "room:1", 13, seen, "e1");
    fake_run(0);
    struct to_worker item = fake_expect(1, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.recovered, RECOVERED_YES);
    to_worker_fini(&item);
}

static void an_empty_channel_can_be_resumed(void **state)
{
    struct position at;

    (void)state;
    stream_publish(5); /* another channel */
    subscribe(0, "room:1", 11);
    fake_run(100);
    struct to_worker item = fake_expect(0, TO_WORKER_SUBSCRIBED);
    at = item.position;
    to_worker_fini(&item);
    drop(0, "room:1");
    fake_run(10000); /* forgotten here */
    uint64_t first = publish(1);
    resume(0, "room:1", 11, at.offset, at.epoch);
    fake_run(100);
    item = fake_expect(0, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.recovered, RECOVERED_YES);
    assert_int_equal(item.message_count, 1);
    assert_int_equal(item.messages[0]->m.offset, first);
    to_worker_fini(&item);
}

static void a_channel_whose_messages_expired_has_lost_nothing(void **state)
{
    (void)state;
    be_there();
    publish(3);
    fake_run(90000);
    fake_skip_mail();
    assert_int_equal(stream_end(1), 0);
    publish(1);
    fake_run(100);
    struct to_worker item = fake_expect(0, TO_WORKER_DELIVER);
    to_worker_fini(&item);
    fake_expect_nothing(0);
}

static void a_stream_that_is_away_is_an_error_to_try_again(void **state)
{
    (void)state;
    fake.fail_calls = 1000;
    subscribe(0, "room:1", 11);
    fake_run(30000);
    told_subscribed(0, 11, FF_E_TIMEOUT);
    fake.fail_calls = 0;
    subscribe(0, "room:1", 12);
    fake_run(100);
    told_subscribed(0, 12, FF_OK);
}

/* --- cached channels ---------------------------------------------------------------- */

static void a_cached_channel_gives_its_last_message(void **state)
{
    (void)state;
    stream.prefix = "last";
    stream_publish(3);
    uint64_t last = stream_publish(3);
    subscribe(0, "last:3", 11);
    fake_run(100);
    struct to_worker item = fake_expect(0, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.recovered, RECOVERED_NOT_ASKED);
    assert_int_equal(item.message_count, 1);
    assert_int_equal(item.messages[0]->m.offset, last);
    to_worker_fini(&item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_resume_is_answered_from_memory),
        TEST(a_thousand_resumes_share_a_read),
        TEST(a_read_does_not_delay_the_others),
        TEST(what_cannot_be_resumed_is_told),
        TEST(more_than_recover_max_is_not_replayed),
        TEST(a_namespace_shows_less_than_the_stream_keeps),
        TEST(who_has_seen_more_makes_us_look),
        TEST(an_empty_channel_can_be_resumed),
        TEST(a_channel_whose_messages_expired_has_lost_nothing),
        TEST(a_stream_that_is_away_is_an_error_to_try_again),
        TEST(a_cached_channel_gives_its_last_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
