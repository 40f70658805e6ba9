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

#define GET "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

static struct server server;
static struct client client = {.fd = -1};

static int start(void **state)
{
    (void)state;
    server_start(&server, NULL);
    return 0;
}

static int start_and_reach(void **state)
{
    start(state);
    client_reach(&client, &server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_close(&client);
    server_stop(&server);
    return 0;
}

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
    (void)state;
    expect_body(&client,
                "GET /a%20b/c%C3%A9?x=1&q=1+2%2f3 HTTP/1.1\r\nHost: x\r\n"
                "X-Test: yes\r\n\r\n",
                "GET /a b/cé q=1 2/3 h=yes peer=127.0.0.1 body=");
    expect_body(&client,
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
                "POST / q=- h=- peer=127.0.0.1 body=hello");
    expect_body(&client,
                "PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                "\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
                "PUT /x q=- h=- peer=127.0.0.1 body=hello world");
    assert_int_equal(server.calls, 3);
    assert_false(client.closed);
}

static void test_body_in_parts(void **state)
{
    (void)state;
    client_sends(&client, "POST / HTTP/1.1\r\nHo");
    ff_loop_step(server.loop, 10);
    client_sends(&client, "st: x\r\nContent-Length: 6\r\n\r\nabc");
    ff_loop_step(server.loop, 10);
    ff_loop_step(server.loop, 10);
    assert_int_equal(server.calls, 0);
    expect_body(&client, "def", "POST / q=- h=- peer=127.0.0.1 body=abcdef");
}

static void test_pipelined(void **state)
{
    (void)state;
    server.later = true;
    client_sends(&client, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    client_sends(&client, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    turn_until(server.loop, server.kept_count == 1);
    server_answer_kept(&server);
    turn_until(server.loop, server.kept_count == 1);
    server_answer_kept(&server);
    expect_body(&client, "", "GET /1 q=- h=- peer=127.0.0.1 body=");
    expect_body(&client, "", "GET /2 q=- h=- peer=127.0.0.1 body=");
}

static void test_answers_later(void **state)
{
    struct client c[300];

    (void)state;
    server.later = true;
    for (size_t i = 0; i < 300; i++) {
        client_reach(&c[i], &server);
        client_sends(&c[i], "POST /l HTTP/1.1\r\nHost: x\r\n"
                            "Content-Length: 2\r\n\r\nhi");
        ff_loop_step(server.loop, 0);
    }
    for (int round = 0; round < 3; round++) {
        turn_until(server.loop, server.kept_count == 300);
        assert_int_equal(ff_http_pending(server.http), 300);
        server_answer_kept(&server);
        assert_int_equal(ff_http_pending(server.http), 0);
        for (size_t i = 0; i < 300; i++)
            expect_body(&c[i],
                        round == 2 ? ""
                                   : "POST /l HTTP/1.1\r\nHost: x\r\n"
                                     "Content-Length: 2\r\n\r\nhi",
                        "POST /l q=- h=- peer=127.0.0.1 body=hi");
    }
    for (size_t i = 0; i < 300; i++)
        client_close(&c[i]);
}

/* An answer wakes the server: none of these waits for its next tick. */
static void test_answers_wake(void **state)
{
    (void)state;
    server.later = true;
    for (int i = 0; i < 1000; i++) {
        client_sends(&client, GET);
        turn_until(server.loop, server.kept_count == 1);
        server_answer_kept(&server);
        expect_body(&client, "", "GET / q=- h=- peer=127.0.0.1 body=");
    }
}

/* All ready in the same run: 0.9.75's table of events holds 128. */
static void test_128_at_once(void **state)
{
    struct client c[128];

    (void)state;
    for (size_t i = 0; i < 128; i++) {
        client_reach(&c[i], &server);
        ff_loop_step(server.loop, 0);
    }
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < 128; i++)
            client_sends(&c[i], GET);
        for (size_t i = 0; i < 128; i++)
            expect_body(&c[i], "", "GET / q=- h=- peer=127.0.0.1 body=");
    }
    for (size_t i = 0; i < 128; i++)
        client_close(&c[i]);
}

static void test_client_goes_away(void **state)
{
    (void)state;
    server.later = true;
    client_sends(&client, "GET /gone HTTP/1.1\r\nHost: x\r\nX-Test: t\r\n\r\n");
    turn_until(server.loop, server.kept_count == 1);
    client_close(&client);
    ff_loop_step(server.loop, 10);
    ff_loop_step(server.loop, 10);
    assert_string_equal(ff_http_path(server.kept[0]), "/gone");
    assert_string_equal(ff_http_header(server.kept[0], "X-Test"), "t");
    server_answer_kept(&server);
    server.later = false;
    client_reach(&client, &server);
    assert_int_equal(client_ask(&client, GET), 200);
}

static void test_server_goes_away(void **state)
{
    (void)state;
    server.later = true;
    client_sends(&client, "GET /kept HTTP/1.1\r\nHost: x\r\n\r\n");
    turn_until(server.loop, server.kept_count == 1);
    ff_http_free(&server.http);
    assert_string_equal(ff_http_path(server.kept[0]), "/kept");
    assert_null(ff_http_header(server.kept[0], "Host"));
    server_answer_kept(&server);
    assert_int_equal(client_ask(&client, ""), 503);
    client_wait_closed(&client);
}

static void test_drains(void **state)
{
    struct answer a = {0};

    (void)state;
    assert_int_equal(client_ask(&client, GET), 200);
    ff_http_drain(server.http);
    client_sends(&client, GET);
    client_read(&client, &a);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "Connection: close\r\n"));
    answer_fini(&a);
    client_wait_closed(&client);
}

static void test_answer_shapes(void **state)
{
    struct answer a = {0};
    struct ff_why why = {"channel", "is \"odd\""};

    (void)state;
    server.later = true;
    client_sends(&client, GET);
    turn_until(server.loop, server.kept_count == 1);
    ff_http_add_header(server.kept[0], "X-Good", "1");
    ff_http_add_header(server.kept[0], "X-Bad", "1\r\nX-Split: 1");
    ff_http_add_header(server.kept[0], "X-Bad\nX-Split", "1");
    ff_http_reply_error(server.kept[0], FF_E_RATE, &why);
    client_read(&client, &a);
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
}

/* --- life -------------------------------------------------------------------------- */

static void test_port_taken(void **state)
{
    struct ff_http *second = NULL;
    struct ff_why why = {0};

    (void)state;
    struct ff_http_options o = {.host = "127.0.0.1",
                                .port = ff_http_port(server.http)};
    assert_int_equal(
        ff_http_new(server.loop, &o, server_on_request, &server, &second, &why),
        FF_E_IO);
    assert_null(second);
    assert_string_equal(why.field, "port");
    assert_non_null(strstr(why.text, "in use"));
    o.host = "no such host";
    assert_int_equal(
        ff_http_new(server.loop, &o, server_on_request, &server, &second, &why),
        FF_E_IO);
    assert_string_equal(why.field, "host");
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

    (void)state;
    if (!has_ipv6())
        skip();
    server_start(&server, &o);
    client_reach(&client, &server);
    expect_body(&client, GET, "GET / q=- h=- peer=127.0.0.1 body=");
    client_close(&client);
    client_open(&client, server.loop, "::1", ff_http_port(server.http));
    expect_body(&client, GET, "GET / q=- h=- peer=::1 body=");
}

static void test_idle_connection_ends(void **state)
{
    struct ff_http_options o = {
        .host = "127.0.0.1", .max_body_bytes = 10, .idle_timeout_s = 1};

    (void)state;
    server_start(&server, &o);
    client_reach(&client, &server);
    assert_int_equal(client_ask(&client, GET), 200);
    client_wait_closed(&client);
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

/* A server and a client; a server; what the test itself starts. */
#define T(name) cmocka_unit_test_setup_teardown(name, start_and_reach, stop)
#define S(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define L(name) cmocka_unit_test_teardown(name, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_reads_requests),
        T(test_body_in_parts),
        T(test_pipelined),
        S(test_answers_later),
        T(test_answers_wake),
        S(test_128_at_once),
        T(test_client_goes_away),
        T(test_server_goes_away),
        T(test_drains),
        T(test_answer_shapes),
        S(test_port_taken),
        L(test_ipv6),
        L(test_idle_connection_ends),
        cmocka_unit_test(test_url_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
