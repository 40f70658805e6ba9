/* What a handshake may ask for, and how it is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/handshake.h"

static char *no_list[] = {NULL};
static struct gateway_conf conf;
static struct handshake_rules rules;
static struct handshake granted;
static struct refusal refusal;

static bool is_page(struct ff_slice path)
{
    return ff_slice_is(path, "/") || ff_slice_is(path, "/chat.js");
}

static void use(const char *host, char **origins, bool demo)
{
    static char proxy[] = "10.0.0.0/8";
    static char *proxies[] = {proxy, NULL};
    static char cookie[] = "fanfare_token", address[20];
    snprintf(address, sizeof(address), "%s", host);
    conf = (struct gateway_conf){
        .host = address,
        .allowed_origins = origins,
        .trusted_proxies = proxies,
        .token_cookie = cookie,
        .demo = demo,
    };
    handshake_rules_fini(&rules);
    handshake_rules_init(&rules, &conf, is_page);
}

#define S(text) ff_slice_str(text)

/* A good upgrade, to be spoilt by each test. */
static struct handshake_in upgrade(const char *path)
{
    return (struct handshake_in){
        .method = HTTP_GET,
        .path = S(path),
        .http_version = S("HTTP/1.1"),
        .host = S("gw.example"),
        .upgrade = S("websocket"),
        .connection = S("keep-alive, Upgrade"),
        .ws_version = S("13"),
        .ws_key = S("dGhlIHNhbXBsZSBub25jZQ=="),
        .peer = "9.9.9.9",
    };
}

static struct handshake_in get(const char *path)
{
    return (struct handshake_in){
        .method = HTTP_GET,
        .path = S(path),
        .http_version = S("HTTP/1.1"),
        .host = S("gw.example"),
        .peer = "9.9.9.9",
    };
}

static ff_err check(const struct handshake_in *in)
{
    memset(&granted, 0, sizeof(granted));
    memset(&refusal, 0, sizeof(refusal));
    return handshake_check(&rules, in, &granted, &refusal);
}

static void refused(const struct handshake_in *in, ff_err err, int status,
                    const char *field)
{
    assert_string_equal(ff_err_code(check(in)), ff_err_code(err));
    assert_int_equal(refusal.err, err);
    assert_int_equal(refusal.status, status);
    if (field)
        assert_string_equal(refusal.field, field);
    assert_non_null(refusal.text);
}

static int set_up(void **state)
{
    (void)state;
    use("127.0.0.1", no_list, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    handshake_rules_fini(&rules);
    return 0;
}

static void websocket_paths(void **state)
{
    (void)state;
    const char *open[] = {"/v1/ws", "/ws", "/"};
    for (size_t i = 0; i < 3; i++) {
        struct handshake_in in = upgrade(open[i]);
        assert_int_equal(check(&in), FF_OK);
        assert_int_equal(granted.kind, HANDSHAKE_WS);
        assert_string_equal(granted.peer, "9.9.9.9");
    }
    const char *closed[] = {"/v1/sse", "/livez", "/chat.js", "/v1/ws/", ""};
    for (size_t i = 0; i < 5; i++) {
        struct handshake_in in = upgrade(closed[i]);
        refused(&in, FF_E_NOT_FOUND, 404, NULL);
    }
}

static void plain_paths(void **state)
{
    (void)state;
    struct handshake_in in = get("/");
    assert_int_equal(check(&in), FF_OK);
    assert_int_equal(granted.kind, HANDSHAKE_PAGE);
    in = get("/livez");
    assert_int_equal(check(&in), FF_OK);
    assert_int_equal(granted.kind, HANDSHAKE_LIVE);
    in = get("/v1/ws");
    refused(&in, FF_E_PROTO, 426, "upgrade");
    assert_string_equal(refusal.header, "upgrade: websocket");
    in = get("/nothing");
    refused(&in, FF_E_NOT_FOUND, 404, NULL);
    use("127.0.0.1", no_list, false);
    in = get("/");
    refused(&in, FF_E_NOT_FOUND, 404, NULL);
    in = upgrade("/");
    assert_int_equal(check(&in), FF_OK);
}

static void methods_and_bodies(void **state)
{
    (void)state;
    struct handshake_in in = get("/v1/sse");
    in.args[in.arg_count++] = S("channel=a");
    in.method = HTTP_OTHER;
    refused(&in, FF_E_METHOD, 405, NULL);
    assert_string_equal(refusal.header, "allow: GET");
    in.method = HTTP_OPTIONS;
    assert_int_equal(check(&in), FF_OK);
    assert_int_equal(granted.kind, HANDSHAKE_PREFLIGHT);
    in.method = HTTP_GET;
    in.content_length = S("0");
    assert_int_equal(check(&in), FF_OK);
    in.content_length = S("1");
    refused(&in, FF_E_TOO_BIG, 413, "content-length");
    in.content_length = S("");
    in.transfer_encoding = S("chunked");
    refused(&in, FF_E_TOO_BIG, 413, "content-length");
    in = upgrade("/v1/ws");
    in.method = HTTP_OTHER;
    refused(&in, FF_E_METHOD, 405, NULL);
    in = get("/chat.js");
    in.method = HTTP_HEAD;
    assert_int_equal(check(&in), FF_OK);
}

static void what_an_upgrade_needs(void **state)
{
    (void)state;
    struct handshake_in in = upgrade("/v1/ws");
    in.upgrade = S("WebSocket");
    assert_int_equal(check(&in), FF_OK);
    in.upgrade = S("h2c");
    refused(&in, FF_E_PROTO, 400, "upgrade");
    in = upgrade("/v1/ws");
    in.ws_version = S("8");
    refused(&in, FF_E_PROTO, 426, "upgrade");
    assert_string_equal(refusal.header, "sec-websocket-version: 13");
    in = upgrade("/v1/ws");
    in.connection = S("keep-alive");
    refused(&in, FF_E_PROTO, 400, "connection");
    in = upgrade("/v1/ws");
    in.http_version = S("HTTP/1.0");
    refused(&in, FF_E_PROTO, 400, "connection");
    const char *keys[] = {"",
                          "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZ!==",
                          "dGhlIHNhbXBsZSBub25jZQ==x"};
    for (size_t i = 0; i < 4; i++) {
        in = upgrade("/v1/ws");
        in.ws_key = S(keys[i]);
        refused(&in, FF_E_PROTO, 400, "sec-websocket-key");
    }
}

static void hosts(void **state)
{
    (void)state;
    struct handshake_in in = upgrade("/v1/ws");
    in.host = S("");
    refused(&in, FF_E_INVALID, 400, "host");
    in.host = S("a,b");
    refused(&in, FF_E_INVALID, 400, "host");
}

static void subprotocols(void **state)
{
    (void)state;
    struct handshake_in in = upgrade("/v1/ws");
    in.ws_protocols = S("my-own.v1, other");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(handshake_protocol(in.ws_protocols), "my-own.v1"));
    char long_list[200];
    memset(long_list, 'a', sizeof(long_list));
    long_list[sizeof(long_list) - 1] = '\0';
    const char *bad[] = {",", "a b", "(x)", long_list};
    for (size_t i = 0; i < 4; i++) {
        in.ws_protocols = S(bad[i]);
        refused(&in, FF_E_PROTO, 400, "sec-websocket-protocol");
    }
}

static void tokens(void **state)
{
    (void)state;
    struct handshake_in in = upgrade("/v1/ws");
    in.cookie = S("a=1; fanfare_token=from.cookie; b=2");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(granted.token, "from.cookie"));
    in.args[in.arg_count++] = S("token=from.query");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(granted.token, "from.query"));
    in.authorization = S("bearer  from.header");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(granted.token, "from.header"));
    in.authorization = S("Basic xyz");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(granted.token, "from.query"));
    in.authorization = S("Bearer two words");
    refused(&in, FF_E_INVALID, 400, "token");
    static char big[HANDSHAKE_TOKEN_MAX + 20] = "Bearer ";
    memset(big + 7, 'x', HANDSHAKE_TOKEN_MAX + 1);
    in.authorization = S(big);
    refused(&in, FF_E_TOO_BIG, 413, "token");
}

static void arguments(void **state)
{
    (void)state;
    struct handshake_in in = get("/v1/sse");
    refused(&in, FF_E_MISSING, 400, "channel");
    in.args[in.arg_count++] = S("channel=a b");
    in.args[in.arg_count++] = S("app=shop");
    in.args[in.arg_count++] = S("token=secret");
    in.args[in.arg_count++] = S("last_event_id=7.x");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(granted.app, "shop"));
    assert_true(ff_slice_is(granted.last_event_id, "7.x"));
    in.last_event_id = S("8.x");
    assert_int_equal(check(&in), FF_OK);
    assert_true(ff_slice_is(granted.last_event_id, "8.x"));
    struct ff_buf query = {0};
    handshake_query(&in, &query);
    assert_string_equal(query.data, "channel=a b&app=shop&last_event_id=7.x");
    ff_buf_fini(&query);
    in.last_event_id = S("8\r\nx");
    refused(&in, FF_E_INVALID, 400, "last_event_id");
    in.last_event_id = (struct ff_slice){"a\0b", 3};
    refused(&in, FF_E_INVALID, 400, "last_event_id");
    in = upgrade("/v1/ws");
    in.args[in.arg_count++] = S("app=a b");
    refused(&in, FF_E_INVALID, 400, "app");
}

static void origins_in_development(void **state)
{
    (void)state;
    struct handshake_in in = upgrade("/v1/ws");
    in.origin = S("https://anything.example");
    assert_int_equal(check(&in), FF_OK);
}

static void origins_of_the_own_host(void **state)
{
    (void)state;
    use("0.0.0.0", no_list, true);
    struct handshake_in in = upgrade("/v1/ws");
    in.origin = S("https://gw.example");
    assert_int_equal(check(&in), FF_OK);
    in.origin = S("http://gw.example:8080");
    refused(&in, FF_E_ORIGIN, 403, "origin");
    in.host = S("gw.example:8080");
    assert_int_equal(check(&in), FF_OK);
    in.origin = S("null");
    refused(&in, FF_E_ORIGIN, 403, "origin");
}

static void origins_are_compared_whole(void **state)
{
    (void)state;
    static char good[] = "https://good.example";
    static char *listed[] = {good, NULL};
    use("127.0.0.1", listed, true);
    struct handshake_in in = upgrade("/v1/ws");
    in.origin = S(good);
    assert_int_equal(check(&in), FF_OK);
    const char *bad[] = {"https://good.example.evil.com",
                         "http://good.example",
                         "https://GOOD.example",
                         "https://good.example.",
                         "https://good.example/",
                         "null",
                         "https://gw.example"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        in.origin = S(bad[i]);
        refused(&in, FF_E_ORIGIN, 403, "origin");
    }
    in = get("/livez");
    in.origin = S("https://evil.example");
    assert_int_equal(check(&in), FF_OK);
}

static void a_cookie_alone_needs_an_origin(void **state)
{
    (void)state;
    use("0.0.0.0", no_list, true);
    struct handshake_in in = upgrade("/v1/ws");
    assert_int_equal(check(&in), FF_OK);
    in.cookie = S("fanfare_token=t");
    refused(&in, FF_E_ORIGIN, 403, "origin");
    in.args[in.arg_count++] = S("token=t");
    assert_int_equal(check(&in), FF_OK);
    in = get("/v1/sse");
    in.args[in.arg_count++] = S("channel=a");
    in.cookie = S("fanfare_token=t");
    assert_int_equal(check(&in), FF_OK);
}

static void proxies(void **state)
{
    (void)state;
    struct handshake_in in = upgrade("/v1/ws");
    in.forwarded_for = S("1.1.1.1");
    assert_int_equal(check(&in), FF_OK);
    assert_string_equal(granted.peer, "9.9.9.9");
    in.peer = "10.1.2.3";
    assert_int_equal(check(&in), FF_OK);
    assert_string_equal(granted.peer, "1.1.1.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(websocket_paths),
        T(plain_paths),
        T(methods_and_bodies),
        T(what_an_upgrade_needs),
        T(hosts),
        T(subprotocols),
        T(tokens),
        T(arguments),
        T(origins_in_development),
        T(origins_of_the_own_host),
        T(origins_are_compared_whole),
        T(a_cookie_alone_needs_an_origin),
        T(proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
