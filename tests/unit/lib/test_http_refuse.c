/* HTTP: what never reaches a handler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "http_client.h"

#define HOST "Host: x\r\n"

static const struct {
    const char *request;
    int status;
} refused[] = {
    /* framing: two servers in a row could read these differently */
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n"
     "\r\nx",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 30\r\n"
     "\r\nxGET /smuggled HTTP/1.1\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
     "Content-Length: 3\r\n\r\n0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"
     "0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n"
     "0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n"
     "0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n"
     "0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400},
    {"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "X: a\rTransfer-Encoding: chunked\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
     "zz\r\nabc\r\n0\r\n\r\n",
     400},
    /* heads */
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.0\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "X : 1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "X\x01: 1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "X: a\x01z\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", 400},
    /* methods */
    {"TRACE / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"get / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 405},
    /* paths */
    {"GET /a/../b HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /.. HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /./a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%2e%2e/etc HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /v1/..%2f..%2fetc HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /a%2Fb HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /a%0ab HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /a%zz HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /a% HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET http://x/a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /?q=%zz HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /?q=%00 HTTP/1.1\r\n" HOST "\r\n", 400},
    /* sizes */
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999\r\n\r\nx", 413},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n"
     "Expect: 100-continue\r\n\r\n",
     413},
};

static struct server server;

static int start(void **state)
{
    (void)state;
    server_start(&server, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_int_equal(server.calls, 0);
    server_stop(&server);
    return 0;
}

static void test_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct client c;
        client_reach(&c, &server);
        int status = client_ask(&c, refused[i].request);
        if (status != refused[i].status)
            fail_msg("%d instead of %d: %s", status, refused[i].status,
                     refused[i].request);
        client_wait_closed(&c);
        client_close(&c);
    }
}

static void test_head_too_big(void **state)
{
    struct client c;
    struct ff_buf b = {0};

    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        ff_buf_clear(&b);
        ff_buf_adds(&b, kind == 0 ? "GET /" : "GET / HTTP/1.1\r\n" HOST "X: ");
        for (int i = 0; i < (kind == 0 ? 3000 : 64 * 1024); i++)
            ff_buf_addc(&b, kind == 2 && i % 100 == 50 ? '\t' : 'a');
        ff_buf_adds(&b, kind == 0 ? " HTTP/1.1\r\n" HOST "\r\n" : "\r\n\r\n");
        client_reach(&c, &server);
        assert_int_equal(client_ask(&c, b.data), kind == 0 ? 400 : 431);
        client_wait_closed(&c);
        client_close(&c);
    }
    ff_buf_clear(&b);
    ff_buf_adds(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 70; i++)
        ff_buf_adds(&b, "X: 1\r\n");
    ff_buf_adds(&b, "\r\n");
    client_reach(&c, &server);
    assert_int_equal(client_ask(&c, b.data), 400);
    client_close(&c);
    ff_buf_fini(&b);
}

/* The whole body is sent before the answer is looked for, as simple clients do. */
static void test_body_too_big(void **state)
{
    struct client c;
    char *data = ff_zalloc(1000000);
    static const char *const heads[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
        "F4240\r\n"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct answer a = {0};
        client_reach(&c, &server);
        client_sends(&c, heads[i]);
        client_send(&c, data, 1000000);
        client_sends(&c, i ? "\r\n0\r\n\r\n" : "");
        client_read(&c, &a);
        assert_int_equal(a.status, 413);
        assert_non_null(strstr(a.body, "\"too_big\""));
        assert_non_null(strstr(a.body, "at most 1000 bytes"));
        answer_fini(&a);
        client_wait_closed(&c);
        client_close(&c);
    }
    free(data);
}

static void test_endless_body(void **state)
{
    struct client c;
    char *part = ff_zalloc(0x10000 + 2);
    unsigned sent = 0;

    (void)state;
    memcpy(part + 0x10000, "\r\n", 2);
    client_reach(&c, &server);
    client_sends(&c, "POST / HTTP/1.1\r\n" HOST
                     "Transfer-Encoding: chunked\r\n\r\n");
    for (; !c.closed && sent < 1000; sent++) {
        client_sends(&c, "10000\r\n");
        client_send(&c, part, 0x10000 + 2);
        ff_loop_step(server.loop, 0);
        char probe;
        if (recv(c.fd, &probe, 1, MSG_DONTWAIT) == 0)
            c.closed = true;
    }
    assert_true(sent < 1000);
    client_close(&c);
    free(part);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_refuses),
        T(test_head_too_big),
        T(test_body_too_big),
        T(test_endless_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
