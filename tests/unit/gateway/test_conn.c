/* A connection above any socket: how it begins, what is heard, and how it ends. */

#include "conn_steps.h"

static void hear(struct conn *conn, const char *text, bool first, bool last)
{
    struct piece piece = {ff_slice_str(text), first, last, false, 0};
    conn_receive(conn, &piece);
}

static void a_session_gets_what_was_asked(void **state)
{
    (void)state;
    struct handshake_in in = {.path = ff_slice_str("/v1/ws"),
                              .origin = ff_slice_str("https://o"),
                              .user_agent = ff_slice_str("test/1"),
                              .arg_count = 3,
                              .args = {ff_slice_str("token=abc"),
                                       ff_slice_str("channel=x"),
                                       ff_slice_str("channel=y")}};
    struct conn *conn = fake_admit(CONN_WS, &in);
    assert_null(conn_session(conn));
    conn_open(conn);
    assert_ptr_equal(conn_session(conn), last_session);
    assert_string_equal(last_session->token, "abc");
    assert_int_equal(last_session->channels, 2);
    const struct conn_info *info = conn_info(conn);
    assert_string_equal(info->path, "/v1/ws");
    assert_string_equal(info->query, "channel=x&channel=y");
    assert_string_equal(info->user_agent, "test/1");
    assert_string_equal(info->origin, "https://o");
    assert_string_equal(info->peer, "1.1.1.1");
    assert_string_equal(info->name, "g.1");
    assert_ptr_equal(conns_find(&fake_worker.conns, info->id), conn);
    conn_free(&conn);
    assert_int_equal(sessions_open, 0);
    assert_int_equal(limits_count(fake_worker.limits), 0);
}

static void a_close_comes_after_what_was_said(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    say(conn, "last words");
    conn_close(conn, FF_E_EXPIRED, "over");
    conn_close(conn, FF_E_SLOW, "only the first counts");
    say(conn, "never");
    conn_send_json(conn, NULL, NULL, FF_SLICE_LIT("{}"));
    hear(conn, "ignored", true, true);
    fake_turn();
    wrote("last words\x88\x06\x11\x32over");
    assert_null(last_session->got.data);
    assert_true(conn_peer_closes(conn)); /* the answer: hang up */
    conn_free(&conn);
}

static void the_client_closes(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    say(conn, "on the way");
    assert_false(conn_peer_closes(conn)); /* the library answers */
    wrote("on the way");
    say(conn, "too late");
    fake_turn();
    assert_int_equal(fake.out.len, 0);
    conn_free(&conn);
}

static void a_dead_socket(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake.dead = true;
    say(conn, "x");
    fake_turn();
    assert_int_equal(fake.drops, 1);
    assert_true(conn_is_closing(conn));
    say(conn, "y");
    fake_turn();
    conn_kill(conn);
    assert_int_equal(fake.drops, 1);
    conn_free(&conn);
}

static void messages_come_whole(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    hear(conn, "one", true, true);
    hear(conn, "t", true, false);
    hear(conn, "wo", false, true);
    struct piece bytes = {FF_SLICE_LIT("raw"), true, true, true, 0};
    conn_receive(conn, &bytes);
    assert_string_equal(last_session->got.data, "t:one t:two b:raw ");
    conn_free(&conn);
}

/* The library answers pings when the socket is writable. */
static void a_pong_goes_before_the_reply_to_fragments(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    hear(conn, "he", true, false);
    hear(conn, "llo", false, true);
    say(conn, "reply");
    fake_turn();
    assert_int_equal(fake.out.len, 0);
    assert_int_equal(fake.wants, 1);
    fake_make_room(conn, 100);
    wrote("reply");
    conn_free(&conn);
}

static void a_message_that_is_too_big(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    struct piece piece = {FF_SLICE_LIT("x"), true, false, false, 1 << 30};
    conn_receive(conn, &piece);
    assert_true(conn_is_closing(conn));
    fake_turn();
    assert_memory_equal(fake.out.data + 2, "\x03\xf1", 2); /* 1009 */
    conn_free(&conn);
}

static void silence_is_pinged_then_ended(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    fake_pass(24);
    assert_int_equal(fake.out.len, 0);
    fake_pass(2);
    wrote("\x89\x01p");
    conn_heard(conn);
    fake_pass(24);
    assert_int_equal(fake.out.len, 0);
    fake_pass(2);
    wrote("\x89\x01p");
    fake_pass(8);
    assert_false(conn_is_closing(conn));
    fake_pass(2);
    assert_true(conn_is_closing(conn));
    assert_memory_equal(fake.out.data + 2, "\x11\x3a", 2); /* 4410 */
    fake_pass(2);
    assert_int_equal(fake.drops, 1);
    conn_free(&conn);
}

static void the_connection_timeout(void **state)
{
    (void)state;
    fake_conf.heartbeat_interval = 3600;
    fake_conf.connection_timeout = 100;
    struct conn *conn = open_ws();
    fake_pass(50);
    hear(conn, "x", true, true);
    fake_pass(99);
    assert_false(conn_is_closing(conn));
    fake_pass(2);
    assert_true(conn_is_closing(conn));
    conn_free(&conn);
}

static void who_is_not_listened_to_is_not_blamed(void **state)
{
    (void)state;
    struct conn *conn = open_ws();
    last_session->pause = true;
    hear(conn, "x", true, true);
    assert_true(fake.paused);
    fake_pass(400);
    assert_false(conn_is_closing(conn));
    conn_pause(conn, false);
    assert_false(fake.paused);
    conn_free(&conn);
}

static struct conn *open_stream(void)
{
    struct conn *conn = fake_admit(CONN_SSE, NULL);
    conn_open(conn);
    fake_turn();
    wrote("event: welcome\ndata: {\"hello\":1}\n\n");
    return conn;
}

static void a_stream_has_ids_and_ends_with_an_error(void **state)
{
    (void)state;
    struct conn *conn = open_stream();
    struct frame *event = frame_event("chat", NULL, FF_SLICE_LIT("1"));
    conn_send_event(conn, event, "7.x");
    conn_send_event(conn, event, "8.x");
    conn_send_event(conn, event, NULL);
    frame_unref(&event);
    fake_turn();
    wrote("id: 7.x\nevent: chat\ndata: 1\n\n"
          "id: 8.x\nevent: chat\ndata: 1\n\nevent: chat\ndata: 1\n\n");
    fake.room = 4;
    conn_close(conn, FF_E_REVOKED, NULL);
    fake_turn();
    assert_int_equal(fake.drops, 0);
    fake_make_room(conn, 1000);
    assert_int_equal(fake.drops, 1);
    assert_non_null(strstr(fake.out.data, "event: error\ndata: {"));
    assert_non_null(strstr(fake.out.data, "token_revoked"));
    conn_free(&conn);
}

static void a_silent_stream_is_kept_awake(void **state)
{
    (void)state;
    struct conn *conn = open_stream();
    fake_pass(14);
    assert_int_equal(fake.out.len, 0);
    fake_pass(2);
    wrote(":\n\n");
    fake_pass(10);
    say(conn, "x");
    fake_turn();
    wrote("x");
    fake_pass(14);
    assert_int_equal(fake.out.len, 0);
    fake_pass(2);
    wrote(":\n\n");
    conn_free(&conn);
}

static void a_page_ends_when_it_is_written(void **state)
{
    (void)state;
    struct conn *conn = fake_admit(CONN_SSE, NULL);
    struct frame *page = frame_bytes(FF_SLICE_LIT("<html>"));
    fake.room = 3;
    conn_push(conn, page);
    frame_unref(&page);
    conn_finish(conn);
    fake_turn();
    assert_int_equal(fake.drops, 0);
    fake_make_room(conn, 3);
    assert_int_equal(fake.drops, 1);
    assert_int_equal(sessions_open, 0);
    conn_free(&conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_gets_what_was_asked),
        TEST(a_close_comes_after_what_was_said),
        TEST(the_client_closes),
        TEST(a_dead_socket),
        TEST(messages_come_whole),
        TEST(a_pong_goes_before_the_reply_to_fragments),
        TEST(a_message_that_is_too_big),
        TEST(silence_is_pinged_then_ended),
        TEST(the_connection_timeout),
        TEST(who_is_not_listened_to_is_not_blamed),
        TEST(a_stream_has_ids_and_ends_with_an_error),
        TEST(a_silent_stream_is_kept_awake),
        TEST(a_page_ends_when_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
