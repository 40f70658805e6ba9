/* A connection above any socket: what waits to be written, and how much of it may. */

#include "conn_steps.h"

static void say_bytes(struct conn *conn, size_t len)
{
    struct frame *frame = frame_new(len);
    memset(frame->data, 'x', len);
    conn_send(conn, frame);
    frame_unref(&frame);
}

static void one_write_for_each_turn(void **state)
{
    (void)state;
    struct conn *conn = fake_admit(CONN_WS, NULL);
    conn_open(conn);
    say(conn, "a");
    say(conn, "b");
    assert_int_equal(fake.writes, 0);
    fake_turn();
    assert_int_equal(fake.writes, 1);
    wrote(WELCOME "ab");
    fake_turn();
    assert_int_equal(fake.writes, 1);
    conn_free(&conn);
}

static void more_frames_than_one_write_takes(void **state)
{
    (void)state;
    fake_conf.max_queue_bytes = 1 << 20;
    struct conn *conn = open_ws();
    for (int i = 0; i < WORKER_IOV * 2 + 1; i++)
        say(conn, "x");
    fake_turn();
    assert_int_equal(fake.writes, 3);
    assert_int_equal(fake.out.len, WORKER_IOV * 2 + 1);
    conn_free(&conn);
}

static void a_full_socket_is_waited_for(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake.room = 5;
    say(conn, "one");
    say(conn, "two");
    say(conn, "three");
    fake_turn();
    wrote("onetwo"); /* two is cut: its rest is kept below */
    assert_int_equal(fake.wants, 1);
    say(conn, "four");
    fake_turn();
    assert_int_equal(fake.wants, 1); /* asked once */
    fake_make_room(conn, 100);
    wrote("threefour");
    assert_int_equal(conn_queued_bytes(conn), 0);
    conn_free(&conn);
}

static void a_slow_reader_is_closed(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake.room = 0;
    int n = 0;
    while (!conn_is_closing(conn)) {
        say(conn, "0123456789012345678901234567890123456789");
        fake_turn();
        assert_true(++n < 4096);
    }
    assert_true(conn_queued_bytes(conn) < 200); /* all but the close frame */
    say(conn, "late");
    fake_make_room(conn, 1000);
    assert_memory_equal(fake.out.data, "\x88", 1);
    assert_memory_equal(fake.out.data + 2, "\x11\x38", 2); /* 4408 */
    assert_int_equal(fake.drops, 0);
    fake_pass(6);
    assert_int_equal(fake.drops, 1);
    conn_free(&conn);
}

/* A burst within one turn tells nothing about the client. */
static void much_at_once_is_not_slow(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    for (int i = 0; i < 10; i++)
        say_bytes(conn, 3000);
    fake_turn();
    assert_false(conn_is_closing(conn));
    assert_int_equal(fake.out.len, 30000);
    conn_free(&conn);
}

static void one_frame_is_never_too_much(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake.room = 0;
    say_bytes(conn, 5000);
    fake_turn();
    assert_false(conn_is_closing(conn));
    say(conn, "and one more");
    assert_true(conn_is_closing(conn));
    conn_free(&conn);
}

/* 40,000 bytes where 4,096 may wait; what comes live behind them has its own room. */
static void what_was_missed_may_be_much(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake.room = 0;
    assert_true(conn_may_replay(conn, 65536));
    uint32_t counted = conn_begin_replay(conn);
    for (int i = 0; i < 40; i++)
        say_bytes(conn, 1000);
    conn_end_replay(conn, counted);
    assert_false(conn_may_replay(conn, 40000));
    for (int i = 0; i < 3; i++)
        say_bytes(conn, 1000);
    assert_false(conn_is_closing(conn));
    fake_make_room(conn, 40000); /* its leave goes with it */
    assert_true(conn_may_replay(conn, 60000));
    for (int i = 0; i < 4; i++)
        say_bytes(conn, 1000);
    assert_true(conn_is_closing(conn));
    conn_free(&conn);
}

/* Else a client that does not read would make its queue longer with each subscription. */
static void a_replay_excuses_nothing_but_itself(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake.room = 0;
    for (int i = 0; i < 3; i++)
        say_bytes(conn, 1000);
    for (int i = 0; i < 2; i++) {
        uint32_t counted = conn_begin_replay(conn);
        conn_end_replay(conn, counted);
    }
    assert_false(conn_is_closing(conn));
    say_bytes(conn, 1000);
    assert_true(conn_is_closing(conn));
    conn_free(&conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_write_for_each_turn),
        TEST(more_frames_than_one_write_takes),
        TEST(a_full_socket_is_waited_for),
        TEST(a_slow_reader_is_closed),
        TEST(much_at_once_is_not_slow),
        TEST(one_frame_is_never_too_much),
        TEST(what_was_missed_may_be_much),
        TEST(a_replay_excuses_nothing_but_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
