/* A message's frames: made once, shared, right on each wire. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session_fake.h"

#define HEADED                                                                 \
    "\"channel\":\"a\",\"event\":\"e\",\"message\":1,\"sender\":null,"         \
    "\"timestamp\":1000,\"id\":\"i\"}"

static struct message *plain(void)
{
    struct ff_message m = {.channel = FF_SLICE_LIT("a"),
                           .event = FF_SLICE_LIT("e"),
                           .id = FF_SLICE_LIT("i"),
                           .body = FF_SLICE_LIT("1")};

    return fake_message(&m, 0);
}

static void assert_frame(const struct frame *frame, const char *wanted)
{
    assert_int_equal(frame->len, strlen(wanted));
    assert_memory_equal(frame->data, wanted, frame->len);
}

static void each_format_is_made_once(void **state)
{
    struct message *message = plain();

    (void)state;
    const struct frame *ws = message_frame(message, FRAME_WS);
    assert_ptr_equal(message_frame(message, FRAME_WS), ws);
    assert_int_equal((unsigned char)ws->data[0], 0x81);
    assert_int_equal((unsigned char)ws->data[1], ws->len - 2);
    struct ff_slice text = fake_payload(ws);
    assert_true(ff_slice_is(text, "{\"action\":\"message\"," HEADED));
    assert_frame(message_frame(message, FRAME_SSE),
                 "event: e\ndata: {" HEADED "\n\n");
    message_unref(&message);
}

static void frames_outlive_their_message(void **state)
{
    struct message *message = plain();
    struct frame *frame =
        frame_ref((struct frame *)message_frame(message, FRAME_WS));

    (void)state;
    message_unref(&message);
    assert_int_equal(atomic_load(&frame->refs), 1);
    frame_unref(&frame);
    assert_null(frame);
}

static void lengths_are_written_in_as_few_bytes_as_it_takes(void **state)
{
    static const struct {
        size_t len, head;
        unsigned char mark;
    } rows[] = {
        {0, 2, 0},       {125, 2, 125},    {126, 4, 126},
        {65535, 4, 126}, {65536, 10, 127},
    };
    char *bytes = ff_zalloc(65536);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct frame *frame =
            frame_ws((struct ff_slice){bytes, rows[i].len}, true);
        const unsigned char *head = (const unsigned char *)frame->data;
        size_t len = 0;
        assert_true(frame->binary);
        assert_int_equal(frame->len, rows[i].head + rows[i].len);
        assert_int_equal(head[0], 0x82);
        assert_int_equal(head[1], rows[i].mark);
        for (size_t k = 2; k < rows[i].head; k++)
            len = len << 8 | head[k];
        assert_true(rows[i].head == 2 || len == rows[i].len);
        frame_unref(&frame);
    }
    free(bytes);
}

static void bytes_travel_behind_a_head(void **state)
{
    struct ff_message m = {.channel = FF_SLICE_LIT("a"),
                           .binary = true,
                           .body = FF_SLICE_LIT("\n\0")};
    struct message *message = fake_message(&m, 3);
    const struct frame *ws = message_frame(message, FRAME_WS);
    struct ff_slice payload = fake_payload(ws);

    (void)state;
    assert_true(ws->binary);
    assert_true(ff_slice_eq(
        payload,
        FF_SLICE_LIT("{\"action\":\"message\",\"channel\":\"a\",\"event\":"
                     "\"message\",\"sender\":null,\"timestamp\":1000,"
                     "\"offset\":3}\n\n\0")));
    message_unref(&message);
}

/* Neither a name nor white space can end a line of an event stream. */
static void a_stream_keeps_its_lines(void **state)
{
    struct ff_message m = {.channel = FF_SLICE_LIT("a"),
                           .event = FF_SLICE_LIT("e"),
                           .body = FF_SLICE_LIT("[\n1,\r\n\"\\n\"]")};
    struct message *message = fake_message(&m, 0);

    (void)state;
    /* What the bus' headers would not carry, another way in might. */
    message->m.event = FF_SLICE_LIT("x\ny");
    assert_frame(message_frame(message, FRAME_SSE),
                 "event: x y\ndata: {\"channel\":\"a\",\"event\":\"x\\ny\","
                 "\"message\":[ 1,  \"\\n\"],\"sender\":null,"
                 "\"timestamp\":1000}\n\n");
    message_unref(&message);
}

static void who_gets_it(void **state)
{
    static const struct {
        const char *recipients, *except, *user, *connection;
        bool gets;
    } rows[] = {
        {"", "", "", "c1", true},          {"", "c1", "", "c1", false},
        {"", "c1", "", "c2", true},        {"42", "", "42", "c1", true},
        {"42", "", "4", "c1", false},      {"42", "", "", "c1", false},
        {"7,42", "c1", "42", "c1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct message *message = plain();
        message->m.recipients = ff_slice_str(rows[i].recipients);
        message->m.except = ff_slice_str(rows[i].except);
        assert_true(message_is_for(message, ff_slice_str(rows[i].user),
                                   rows[i].connection) == rows[i].gets);
        message_unref(&message);
    }
}

static void what_is_no_channel_message_is_refused(void **state)
{
    struct ff_bus_out out = {.subject = "ff.hb.gateway.x"};
    struct ff_bus_msg *bus = ff_bus_msg_new(&out);
    struct message *message = NULL;

    (void)state;
    assert_int_equal(message_new(bus, &message), FF_E_PROTO);
    assert_null(message);
    ff_bus_msg_unref(&bus);
}

static void *encode(void *message)
{
    return (void *)message_frame(message, FRAME_WS);
}

static void two_workers_share_one_frame(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct message *message = plain();
        pthread_t other;
        void *theirs;
        assert_int_equal(pthread_create(&other, NULL, encode, message), 0);
        const void *ours = message_frame(message, FRAME_WS);
        pthread_join(other, &theirs);
        assert_ptr_equal(ours, theirs);
        message_unref(&message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_is_made_once),
        cmocka_unit_test(frames_outlive_their_message),
        cmocka_unit_test(lengths_are_written_in_as_few_bytes_as_it_takes),
        cmocka_unit_test(bytes_travel_behind_a_head),
        cmocka_unit_test(a_stream_keeps_its_lines),
        cmocka_unit_test(who_gets_it),
        cmocka_unit_test(what_is_no_channel_message_is_refused),
        cmocka_unit_test(two_workers_share_one_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
