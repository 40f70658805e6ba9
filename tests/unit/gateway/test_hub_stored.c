/* The hub: gaps on channels with history, one case at a time; see test_hub_model.c. */

#include "ff_metric.h"
#include "hub_stored_steps.h"

/* --- gaps ------------------------------------------------------------------------ */

static void a_new_subscriber_is_told_the_position(void **state)
{
    (void)state;
    uint64_t last = publish(3);
    subscribe(0, "room:1", 11);
    fake_run(100);
    struct to_worker item = fake_expect(0, TO_WORKER_SUBSCRIBED);
    assert_true(item.position.known);
    assert_int_equal(item.position.offset, last);
    assert_string_equal(item.position.epoch, "e1");
    to_worker_fini(&item);
}

static void a_gap_is_filled_in_order(void **state)
{
    (void)state;
    be_there();
    publish_unheard(5);
    publish(2);
    fake_run(100);
    told_offsets(0, 0);
    assert_int_equal(ff_metric_get(FF_M_GAPS_LOST), 0);
}

static void a_gap_that_cannot_be_filled_is_told(void **state)
{
    (void)state;
    be_there();
    publish(1);
    fake_run(100);
    fake_skip_mail();
    stream.per_channel = 4;
    uint64_t lost = publish_unheard(6);
    uint64_t last = publish(1);
    fake_run(100);
    told_lost(0, lost);
    told_offset(0, last);
    fake_expect_nothing(0);
}

static void what_cannot_be_read_is_not_lost(void **state)
{
    (void)state;
    be_there();
    publish_unheard(5);
    fake.fail_calls = 1000;
    publish(1);
    fake_run(STREAM_AGE_MS * 3 / 4);
    fake_expect_nothing(0);
    fake.fail_calls = 0;
    fake_run(2000);
    told_offsets(0, 0);
}

/* A server that was cut off answers as the leader, for a while. */
static void a_leader_from_before_is_not_believed(void **state)
{
    (void)state;
    be_there();
    uint64_t seen = publish(2);
    fake_run(100);
    told_offsets(0, 0);
    publish_unheard(5);
    publish(1);
    stream.cut_off_at = seen - 1;
    fake_run(10000);
    fake_expect_nothing(0);
    stream.cut_off_at = 0;
    fake_run(2000);
    told_offsets(0, seen);
}

static void a_stream_that_was_rolled_back_is_believed_in_time(void **state)
{
    (void)state;
    be_there();
    uint64_t seen = publish(5);
    fake_run(100);
    fake_skip_mail();
    stream.cut_off_at = seen - 2;
    fake_run(40000); /* until it is looked at again */
    fake_expect_nothing(0);
    fake_run(20000);
    told_lost(0, seen - 2);
    fake_expect_nothing(0);
}

static void a_last_message_that_was_lost_is_found(void **state)
{
    (void)state;
    be_there();
    publish_unheard(1);
    fake_run(60000);
    told_offsets(0, 0);
}

static void a_new_connection_brings_what_was_missed(void **state)
{
    (void)state;
    be_there();
    uint64_t first = publish(1);
    fake_run(100);
    fake_disconnect();
    publish(4);
    fake_run(1000);
    fake_skip_mail();
    fake_connect();
    fake_run(100);
    struct to_worker item = fake_expect(0, TO_WORKER_BUS);
    assert_true(item.connected);
    told_offsets(0, first);
}

static void another_stream_is_another_epoch(void **state)
{
    (void)state;
    be_there();
    publish(3);
    fake_run(100);
    fake_disconnect();
    stream_renew();
    uint64_t last = publish(1);
    fake_skip_mail();
    fake_connect();
    fake_run(100);
    struct to_worker item = fake_expect(0, TO_WORKER_BUS);
    item = fake_expect(0, TO_WORKER_LOST);
    assert_string_equal(item.position.epoch, "e2");
    assert_int_equal(item.position.offset, last);
    to_worker_fini(&item);
}

static void many_messages_while_filling_are_read_again(void **state)
{
    (void)state;
    fake.conf.recover_max = 5000;
    stream.per_channel = 10000;
    be_there();
    publish_unheard(2);
    fake.latency_ms = 1;
    publish(3000); /* more than is held */
    fake_run(1000);
    told_offsets(0, 0);
}

static void a_removal_moves_those_who_are_up_to_date(void **state)
{
    (void)state;
    be_there();
    uint64_t before = publish(3);
    fake_run(100);
    fake_skip_mail();
    stream_remove(1);
    fake_run(100);
    fake_expect_nothing(0);
    resume(1, "room:1", 12, before, "e1");
    resume(1, "room:1", 13, before - 1, "e1");
    fake_run(2000);
    struct to_worker item = fake_expect(1, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.recovered, RECOVERED_YES);
    assert_int_equal(item.message_count, 0);
    to_worker_fini(&item);
    item = fake_expect(1, TO_WORKER_SUBSCRIBED);
    assert_int_equal(item.recovered, RECOVERED_NO);
    to_worker_fini(&item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_subscriber_is_told_the_position),
        TEST(a_gap_is_filled_in_order),
        TEST(a_gap_that_cannot_be_filled_is_told),
        TEST(what_cannot_be_read_is_not_lost),
        TEST(a_leader_from_before_is_not_believed),
        TEST(a_stream_that_was_rolled_back_is_believed_in_time),
        TEST(a_last_message_that_was_lost_is_found),
        TEST(a_new_connection_brings_what_was_missed),
        TEST(another_stream_is_another_epoch),
        TEST(many_messages_while_filling_are_read_again),
        TEST(a_removal_moves_those_who_are_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
