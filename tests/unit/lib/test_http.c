/* HTTP: requests, answers now and later, and the life of a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ff_clock.h"
#include "http_client.h"

static void expect_body(struct client *c, const char *request, const char *body)
{
    struct answer a = {0};

    client_sends(c, request);
    client_read(c, &a);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, body);
    answer_fini(&a);
}

static void test_reads_requests(void **state)
{
    struct server s;
    struct client c;

    (void)state;
    server_start(&s, NULL);
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    expect_body(&c,
                "GET /a%20b/c%C3%A9?x=1&q=1+2%2f3 HTTP/1.1\r\nHost: x\r\n"
                "X-Test: yes\r\n\r\n",
                "GET /a b/cé q=1 2/3 h=yes peer=127.0.0.1 body=");
    expect_body(&c,
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
                "POST / q=- h=- peer=127.0.0.1 body=hello");
    expect_body(&c,
                "PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                "\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
                "PUT /x q=- h=- peer=127.0.0.1 body=hello world");
    assert_int_equal(s.calls, 3);
    assert_false(c.closed);
    client_close(&c);
    server_stop(&s);
}

static void test_body_in_parts(void **state)
{
    struct server s;
    struct client c;

    (void)state;
    server_start(&s, NULL);
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    client_sends(&c, "POST / HTTP/1.1\r\nHo");
    ff_loop_step(s.loop, 10);
    client_sends(&c, "st: x\r\nContent-Length: 6\r\n\r\nabc");
    ff_loop_step(s.loop, 10);
    ff_loop_step(s.loop, 10);
    assert_int_equal(s.calls, 0);
    expect_body(&c, "def", "POST / q=- h=- peer=127.0.0.1 body=abcdef");
    client_close(&c);
    server_stop(&s);
}

static void test_pipelined(void **state)
{
    struct server s;
    struct client c;
    static const char one[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    server_start(&s, NULL);
    s.later = true;
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    client_sends(&c, one);
    client_sends(&c, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    turn_until(s.loop, s.kept_count == 1);
    server_answer_kept(&s);
    turn_until(s.loop, s.kept_count == 1);
    server_answer_kept(&s);
    expect_body(&c, "", "GET /1 q=- h=- peer=127.0.0.1 body=");
    expect_body(&c, "", "GET /2 q=- h=- peer=127.0.0.1 body=");
    client_close(&c);
    server_stop(&s);
}

static void test_answers_later(void **state)
{
    struct server s;
    struct client c[300];

    (void)state;
    server_start(&s, NULL);
    s.later = true;
    for (size_t i = 0; i < 300; i++) {
        client_open(&c[i], s.loop, "127.0.0.1", ff_http_port(s.http));
        client_sends(&c[i], "POST /l HTTP/1.1\r\nHost: x\r\n"
                            "Content-Length: 2\r\n\r\nhi");
        ff_loop_step(s.loop, 0);
    }
    for (int round = 0; round < 3; round++) {
        turn_until(s.loop, s.kept_count == 300);
        assert_int_equal(ff_http_pending(s.http), 300);
        server_answer_kept(&s);
        assert_int_equal(ff_http_pending(s.http), 0);
        for (size_t i = 0; i < 300; i++)
            expect_body(&c[i],
                        round == 2 ? ""
                                   : "POST /l HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 2\r\n\r\nhi",
                        "POST /l q=- h=- peer=127.0.0.1 body=hi");
    }
    for (size_t i = 0; i < 300; i++)
        client_close(&c[i]);
    server_stop(&s);
}

/* An answer wakes the server: none of these waits for its next tick. */
static void test_answers_wake(void **state)
{
    struct server s;
    struct client c;

    (void)state;
    server_start(&s, NULL);
    s.later = true;
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    for (int i = 0; i < 1000; i++) {
        client_sends(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        turn_until(s.loop, s.kept_count == 1);
        server_answer_kept(&s);
        expect_body(&c, "", "GET / q=- h=- peer=127.0.0.1 body=");
    }
    client_close(&c);
    server_stop(&s);
}

/* All ready in the same run: 0.9.75's table of events holds 128. */
static void test_128_at_once(void **state)
{
    struct server s;
    struct client c[128];

    (void)state;
    server_start(&s, NULL);
    for (size_t i = 0; i < 128; i++) {
        client_open(&c[i], s.loop, "127.0.0.1", ff_http_port(s.http));
        ff_loop_step(s.loop, 0);
    }
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < 128; i++)
            client_sends(&c[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        for (size_t i = 0; i < 128; i++)
            expect_body(&c[i], "", "GET / q=- h=- peer=127.0.0.1 body=");
    }
    for (size_t i = 0; i < 128; i++)
        client_close(&c[i]);
    server_stop(&s);
}

static void test_client_goes_away(void **state)
{
    struct server s;
    struct client c;

    (void)state;
    server_start(&s, NULL);
    s.later = true;
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    client_sends(&c, "GET /gone HTTP/1.1\r\nHost: x\r\nX-Test: t\r\n\r\n");
    turn_until(s.loop, s.kept_count == 1);
    client_close(&c);
    ff_loop_step(s.loop, 10);
    ff_loop_step(s.loop, 10);
    assert_string_equal(ff_http_path(s.kept[0]), "/gone");
    assert_string_equal(ff_http_header(s.kept[0], "X-Test"), "t");
    server_answer_kept(&s);
    s.later = false;
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    assert_int_equal(client_ask(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    client_close(&c);
    server_stop(&s);
}

static void test_server_goes_away(void **state)
{
    struct server s;
    struct client c;

    (void)state;
    server_start(&s, NULL);
    s.later = true;
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    client_sends(&c, "GET /kept HTTP/1.1\r\nHost: x\r\n\r\n");
    turn_until(s.loop, s.kept_count == 1);
    ff_http_free(&s.http);
    assert_string_equal(ff_http_path(s.kept[0]), "/kept");
    assert_null(ff_http_header(s.kept[0], "Host"));
    server_answer_kept(&s);
    assert_int_equal(client_ask(&c, ""), 503);
    client_wait_closed(&c);
    client_close(&c);
    server_stop(&s);
}

static void test_drains(void **state)
{
    struct server s;
    struct client c;
    struct answer a = {0};

    (void)state;
    server_start(&s, NULL);
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    assert_int_equal(client_ask(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    ff_http_drain(s.http);
    client_sends(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client_read(&c, &a);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "Connection: close\r\n"));
    answer_fini(&a);
    client_wait_closed(&c);
    client_close(&c);
    server_stop(&s);
}

static void test_answer_shapes(void **state)
{
    struct server s;
    struct client c;
    struct answer a = {0};
    struct ff_why why = {"channel", "is \"odd\""};

    (void)state;
    server_start(&s, NULL);
    s.later = true;
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    client_sends(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    turn_until(s.loop, s.kept_count == 1);
    ff_http_add_header(s.kept[0], "X-Good", "1");
    ff_http_add_header(s.kept[0], "X-Bad", "1\r\nX-Split: 1");
    ff_http_add_header(s.kept[0], "X-Bad\nX-Split", "1");
    ff_http_reply_error(s.kept[0], FF_E_RATE, &why);
    client_read(&c, &a);
    assert_int_equal(a.status, 429);
    assert_string_equal(a.body,
                        "{\"error\":{\"code\":\"rate_limited\",\"message\":"
                        "\"is \\\"odd\\\"\",\"field\":\"channel\"}}");
    assert_non_null(strstr(a.head, "X-Good: 1\r\n"));
    assert_non_null(strstr(a.head, "Retry-After: 1\r\n"));
    assert_non_null(strstr(a.head, "Server: test\r\n"));
    assert_non_null(strstr(a.head, "Content-Type: application/json\r\n"));
    assert_null(strstr(a.head, "Split"));
    answer_fini(&a);
    client_close(&c);
    server_stop(&s);
}

/* --- life -------------------------------------------------------------------------- */

static void test_port_taken(void **state)
{
    struct server s;
    struct ff_http *second = NULL;
    struct ff_why why = {0};

    (void)state;
    server_start(&s, NULL);
    struct ff_http_options o = {.host = "127.0.0.1",
                                .port = ff_http_port(s.http)};
    assert_int_equal(
        ff_http_new(s.loop, &o, server_on_request, &s, &second, &why), FF_E_IO);
    assert_null(second);
    assert_string_equal(why.field, "port");
    assert_non_null(strstr(why.text, "in use"));
    o.host = "no such host";
    assert_int_equal(
        ff_http_new(s.loop, &o, server_on_request, &s, &second, &why), FF_E_IO);
    assert_string_equal(why.field, "host");
    server_stop(&s);
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

static void test_ipv6(void **state)
{
    struct ff_http_options o = {.host = "::", .max_body_bytes = 10};
    struct server s;
    struct client c;

    (void)state;
    if (!has_ipv6())
        skip();
    server_start(&s, &o);
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    expect_body(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / q=- h=- peer=127.0.0.1 body=");
    client_close(&c);
    client_open(&c, s.loop, "::1", ff_http_port(s.http));
    expect_body(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / q=- h=- peer=::1 body=");
    client_close(&c);
    server_stop(&s);
}

static void test_idle_connection_ends(void **state)
{
    struct ff_http_options o = {
        .host = "127.0.0.1", .max_body_bytes = 10, .idle_timeout_s = 1};
    struct server s;
    struct client c;

    (void)state;
    server_start(&s, &o);
    client_open(&c, s.loop, "127.0.0.1", ff_http_port(s.http));
    assert_int_equal(client_ask(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    client_wait_closed(&c);
    client_close(&c);
    server_stop(&s);
}

static void test_url_decode(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(ff_url_decode(ff_slice_str("a%2Fb%25"), out, 8), FF_OK);
    assert_string_equal(out, "a/b%");
    assert_int_equal(ff_url_decode(ff_slice_str("1234567"), out, 8), FF_OK);
    assert_int_equal(ff_url_decode(ff_slice_str(""), out, 8), FF_OK);
    assert_string_equal(out, "");
    static const char *const bad[] = {"12345678", "%", "%1", "%g0", "%00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ff_url_decode(ff_slice_str(bad[i]), out, 8),
                         FF_E_INVALID);
    assert_int_equal(ff_url_decode(ff_slice_str(""), out, 0), FF_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_requests),
        cmocka_unit_test(test_body_in_parts),
        cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_answers_later),
        cmocka_unit_test(test_answers_wake),
        cmocka_unit_test(test_128_at_once),
        cmocka_unit_test(test_client_goes_away),
        cmocka_unit_test(test_server_goes_away),
        cmocka_unit_test(test_drains),
        cmocka_unit_test(test_answer_shapes),
        cmocka_unit_test(test_port_taken),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_idle_connection_ends),
        cmocka_unit_test(test_url_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
