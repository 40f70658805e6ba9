/* The hub: what clients read of a channel's history. */

#include "hub_steps.h"

static const char namespaces[] =
    "\"room\":{\"history_size\":100,\"history_ttl_s\":50},"
    "\"few\":{\"history_size\":3,\"history_ttl_s\":50}";

static int setup(void **state)
{
    (void)state;
    return hub_set_up(namespaces);
}

struct want {
    int64_t limit;
    bool reverse;
    uint64_t since; /* 0: none */
    const char *epoch;
};

static void ask(const char *channel, const struct want *want)
{
    struct to_hub item = step(TO_HUB_HISTORY, 0, channel, 11);

    item.limit = want->limit;
    item.reverse = want->reverse;
    if (want->since > 0) {
        item.recover_asked = item.recover.known = true;
        item.recover.offset = want->since;
        snprintf(item.recover.epoch, FF_EPOCH_MAX, "%s",
                 want->epoch != NULL ? want->epoch : "e1");
    }
    fake_say(&item);
    fake_run(100);
}

/* Places in the stream, from 1: "3 4 5+" with more than these. */
static void told(const char *want)
{
    struct to_worker item = fake_expect(0, TO_WORKER_HISTORY);
    struct ff_buf got = {0};

    assert_int_equal(item.err, FF_OK);
    for (size_t i = 0; i < item.message_count; i++) {
        for (size_t j = 0; j < stream.count; j++) {
            if (stream.entries[j].offset == item.messages[i]->m.offset)
                ff_buf_addf(&got, "%s%zu", i > 0 ? " " : "", j + 1);
        }
    }
    ff_buf_adds(&got, item.cut ? "+" : "");
    assert_string_equal(got.data, want);
    assert_int_equal(item.position.offset, stream_end(1));
    ff_buf_fini(&got);
    to_worker_fini(&item);
}

static uint64_t offset_of(size_t place)
{
    return stream.entries[place - 1].offset;
}

static void publish(unsigned n)
{
    while (n-- > 0)
        stream_publish(1);
}

static void told_error(ff_err err)
{
    struct to_worker item = fake_expect(0, TO_WORKER_HISTORY);

    assert_int_equal(item.err, err);
    to_worker_fini(&item);
}

static void without_a_start_the_newest_are_given(void **state)
{
    (void)state;
    publish(9);
    ask("room:1", &(struct want){.limit = 3});
    told("7 8 9+");
    ask("room:1", &(struct want){.limit = 3, .reverse = true});
    told("9 8 7+");
    ask("room:1", &(struct want){.limit = 9});
    told("1 2 3 4 5 6 7 8 9");
}

static void after_a_position_the_next_are_given(void **state)
{
    (void)state;
    publish(9);
    ask("room:1", &(struct want){.limit = 3, .since = offset_of(2)});
    told("3 4 5+");
    ask("room:1", &(struct want){.limit = 30, .since = offset_of(6)});
    told("7 8 9");
    ask("room:1",
        &(struct want){.limit = 2, .since = offset_of(6), .reverse = true});
    told("9 8+");
    ask("room:1", &(struct want){.limit = 2, .since = offset_of(9)});
    told("");
}

static void a_served_channel_gives_the_same(void **state)
{
    (void)state;
    publish(5);
    subscribe(0, "room:1", 12);
    fake_run(100);
    publish(4);
    fake_run(100);
    fake_skip_mail();
    ask("room:1", &(struct want){.limit = 3});
    told("7 8 9+");
}

static void what_the_namespace_hides_is_not_given(void **state)
{
    (void)state;
    stream.prefix = "few";
    publish(9);
    ask("few:1", &(struct want){.limit = 10});
    told("7 8 9");
    ask("few:1", &(struct want){.limit = 10, .since = offset_of(2)});
    told("7 8 9");
    ask("few:1", &(struct want){.limit = 2, .since = offset_of(2)});
    told("7 8+");
    fake_run(48000);
    publish(1);
    fake_run(3000); /* the first nine are over 50 s old */
    ask("few:1", &(struct want){.limit = 10});
    told("10");
}

static void marks_are_not_shown(void **state)
{
    (void)state;
    publish(3);
    stream_remove(1);
    publish(2);
    ask("room:1", &(struct want){.limit = 2});
    told("5 6");
}

static void another_epoch_is_a_conflict(void **state)
{
    (void)state;
    publish(3);
    ask("room:1", &(struct want){.limit = 2, .since = 1, .epoch = "e0"});
    told_error(FF_E_CONFLICT);
}

static void an_empty_channel_has_nothing(void **state)
{
    (void)state;
    ask("room:1", &(struct want){.limit = 2});
    struct to_worker item = fake_expect(0, TO_WORKER_HISTORY);
    assert_int_equal(item.err, FF_OK);
    assert_int_equal(item.message_count, 0);
    assert_true(item.position.known);
    to_worker_fini(&item);
}

static void a_channel_without_history_says_so(void **state)
{
    (void)state;
    ask("chat", &(struct want){.limit = 2});
    told_error(FF_E_NO_HISTORY);
}

static void without_the_stream_it_is_an_error(void **state)
{
    (void)state;
    fake.fail_calls = 1000;
    ask("room:1", &(struct want){.limit = 2});
    told_error(FF_E_TIMEOUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_start_the_newest_are_given),
        TEST(after_a_position_the_next_are_given),
        TEST(a_served_channel_gives_the_same),
        TEST(what_the_namespace_hides_is_not_given),
        TEST(marks_are_not_shown),
        TEST(another_epoch_is_a_conflict),
        TEST(an_empty_channel_has_nothing),
        TEST(a_channel_without_history_says_so),
        TEST(without_the_stream_it_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
