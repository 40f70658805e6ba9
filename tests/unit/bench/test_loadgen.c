/* The parts of the load generator that its verdicts rest on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/loadgen_tally.h"
#include "bench/loadgen_util.h"
#include "bench/loadgen_ws.h"

static void deliver(struct tally *tally, uint32_t receiver, uint32_t seq)
{
    struct mark mark = {.stream = 0, .seq = seq, .due_ns = 1000};
    char frame[200];

    memset(frame, ' ', sizeof(frame));
    mark_write(&mark, frame + 40 + seq % 3, 128);
    assert_true(tally_delivery(tally, receiver, frame, sizeof(frame), 204, 3000,
                               &mark));
    assert_int_equal(mark.seq, seq);
}

static void publish(struct tally *tally, uint32_t from, uint32_t to)
{
    for (uint32_t seq = from; seq <= to; seq++) {
        tally_issued(tally, 0, seq);
        tally_acked(tally, 0, seq);
    }
}

static void a_histogram_keeps_two_digits(void **state)
{
    static struct hist hist;

    (void)state;
    for (int64_t i = 1; i <= 100000; i++)
        hist_add(&hist, i * 1000);
    assert_int_equal(hist.max, 100000000);
    assert_in_range(hist_percentile(&hist, 50), 49200000, 50800000);
    assert_in_range(hist_percentile(&hist, 99), 97400000, 100000000);
    assert_in_range(hist_percentile(&hist, 100), 98400000, 100000000);
}

static void a_mark_is_found_in_any_envelope(void **state)
{
    struct mark mark = {.stream = 1, .seq = 4000000, .due_ns = 987654321012345};
    struct mark found;
    char text[400];
    size_t hint = 0;

    (void)state;
    memset(text, 'f', sizeof(text));
    assert_false(mark_find(text, sizeof(text), &hint, &found));
    mark_write(&mark, text + 200, MARK_BODY_MIN);
    assert_true(mark_find(text, sizeof(text), &hint, &found));
    assert_int_equal(found.stream, 1);
    assert_int_equal(found.seq, 4000000);
    assert_int_equal(found.due_ns, 987654321012345);
    assert_false(mark_find(text, 230, &hint, &found));
}

static void what_is_confirmed_and_never_came_is_lost(void **state)
{
    static struct tally tally;

    (void)state;
    tally_init(&tally, 2, 1, 1000);
    publish(&tally, 1, 130);
    tally_issued(&tally, 0, 131);
    tally_failed(&tally, 0); /* nobody promised that one */
    for (uint32_t seq = 1; seq <= 131; seq++) {
        deliver(&tally, 0, seq);
        if (seq != 64 && seq != 130)
            deliver(&tally, 1, seq);
    }
    assert_int_equal(tally_lost(&tally, 0), 2);
    assert_int_equal(tally_expected(&tally, 0), 260);
    assert_int_equal(tally.duplicates[0], 0);
    deliver(&tally, 1, 64);
    deliver(&tally, 1, 130);
    assert_int_equal(tally_lost(&tally, 0), 0);
    assert_int_equal(tally.disordered[0], 2);
    assert_true(tally_complete(&tally));
}

static void what_comes_twice_is_a_duplicate_not_a_delivery(void **state)
{
    static struct tally tally;

    (void)state;
    tally_init(&tally, 1, 1, 10);
    publish(&tally, 1, 2);
    deliver(&tally, 0, 1);
    deliver(&tally, 0, 1);
    assert_int_equal(tally.duplicates[0], 1);
    assert_int_equal(tally.unique[0], 1);
    assert_int_equal(tally_lost(&tally, 0), 1);
    assert_int_equal(tally_highest(&tally, 0, 0), 1);
}

static void frames_are_parsed_when_they_are_whole(void **state)
{
    struct ws_frame frame;
    char data[300] = {(char)0x81, 126, 0, (char)200};

    (void)state;
    for (size_t len = 0; len < 204; len++)
        assert_int_equal(ws_parse(data, len, &frame), 0);
    assert_int_equal(ws_parse(data, 300, &frame), 204);
    assert_int_equal(frame.opcode, WS_TEXT);
    assert_int_equal(frame.len, 200);
    assert_ptr_equal(frame.payload, data + 4);
}

static void values_are_found_by_their_key(void **state)
{
    static const char text[] = "{\"a\":\"x\",\"offset\":120,\"epoch\":\"e\"}";
    uint64_t offset = 0;
    char epoch[4] = "";

    (void)state;
    assert_true(find_number(text, sizeof(text) - 1, "offset", &offset));
    assert_int_equal(offset, 120);
    assert_true(find_string(text, sizeof(text) - 1, "epoch", epoch, 4));
    assert_string_equal(epoch, "e");
    assert_false(find_number(text, sizeof(text) - 1, "epoch", &offset));
    assert_false(find_string(text, sizeof(text) - 1, "none", epoch, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_keeps_two_digits),
        cmocka_unit_test(a_mark_is_found_in_any_envelope),
        cmocka_unit_test(what_is_confirmed_and_never_came_is_lost),
        cmocka_unit_test(what_comes_twice_is_a_duplicate_not_a_delivery),
        cmocka_unit_test(frames_are_parsed_when_they_are_whole),
        cmocka_unit_test(values_are_found_by_their_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
