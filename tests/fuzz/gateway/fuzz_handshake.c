/*
 * A handshake made of anything: what is granted keeps its promises. The input
 * is lines, one for each text of the request, and the rest are arguments.
 */
#include <string.h>

#include "services/gateway/handshake.h"
#include "services/gateway/sse_http.h"
#include "services/gateway/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gateway_conf conf;
static struct handshake_rules rules[2];

static bool is_page(struct ff_slice path)
{
    return ff_slice_is(path, "/");
}

static void set_up(void)
{
    static char loopback[] = "127.0.0.1", any[] = "0.0.0.0";
    static char proxy[] = "10.0.0.0/8", cookie[] = "fanfare_token";
    static char *proxies[] = {proxy, NULL};
    if (rules[0].conf)
        return;
    conf = (struct gateway_conf){.host = loopback,
                                 .trusted_proxies = proxies,
                                 .token_cookie = cookie,
                                 .demo = true};
    handshake_rules_init(&rules[0], &conf, is_page);
    conf.host = any;
    handshake_rules_init(&rules[1], &conf, is_page);
}

static struct ff_slice next_line(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
    size_t len = end ? (size_t)(end - *data) : *size;
    struct ff_slice line = {(const char *)*data, len};
    *data += end ? len + 1 : len;
    *size -= end ? len + 1 : len;
    return line;
}

static void check_granted(const struct handshake_in *in,
                          const struct handshake *granted)
{
    struct address address;
    if (!address_parse(ff_slice_str(granted->peer), &address))
        ff_bug("the peer is no address: %s", granted->peer);
    if (!words_is_one(granted->token) ||
        granted->token.len > HANDSHAKE_TOKEN_MAX)
        ff_bug("a token of several words");
    if (words_has_line_end(granted->last_event_id))
        ff_bug("an id with a line end");
    if (granted->kind == HANDSHAKE_WS &&
        (in->method != HTTP_GET || in->ws_key.len != 24 || !in->host.len))
        ff_bug("half a handshake was granted");
}

static void check_refused(const struct refusal *refusal)
{
    struct ff_buf text = {0};
    http_refusal(&text, refusal);
    if (refusal->status < 400 || !strstr(text.data, "\r\n\r\n{\"error\":"))
        ff_bug("no answer for a refusal");
    ff_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    struct handshake_in in = {.peer = "10.0.0.1"};
    struct ff_slice *texts[] = {
        &in.path,          &in.host,           &in.origin,
        &in.upgrade,       &in.connection,     &in.ws_version,
        &in.ws_key,        &in.ws_protocols,   &in.authorization,
        &in.cookie,        &in.forwarded_for,  &in.http_version,
        &in.last_event_id, &in.content_length, &in.transfer_encoding,
    };
    in.method = (enum http_method)(size % 4);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = next_line(&data, &size);
    while (size > 0 && in.arg_count < HANDSHAKE_ARGS_MAX)
        in.args[in.arg_count++] = next_line(&data, &size);
    for (size_t i = 0; i < 2; i++) {
        struct handshake granted;
        struct refusal refusal = {0};
        if (handshake_check(&rules[i], &in, &granted, &refusal) == FF_OK)
            check_granted(&in, &granted);
        else
            check_refused(&refusal);
    }
    struct ff_buf query = {0};
    handshake_query(&in, &query);
    ff_buf_fini(&query);
    return 0;
}
