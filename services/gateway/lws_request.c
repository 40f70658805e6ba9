#include "lws_parts.h"

#include <string.h>

#include "net.h"

static const struct {
    enum lws_token_indexes token;
    size_t offset;
} headers[] = {
    {WSI_TOKEN_HTTP, offsetof(struct handshake_in, http_version)},
    {WSI_TOKEN_HOST, offsetof(struct handshake_in, host)},
    {WSI_TOKEN_ORIGIN, offsetof(struct handshake_in, origin)},
    {WSI_TOKEN_UPGRADE, offsetof(struct handshake_in, upgrade)},
    {WSI_TOKEN_CONNECTION, offsetof(struct handshake_in, connection)},
    {WSI_TOKEN_VERSION, offsetof(struct handshake_in, ws_version)},
    {WSI_TOKEN_KEY, offsetof(struct handshake_in, ws_key)},
    {WSI_TOKEN_PROTOCOL, offsetof(struct handshake_in, ws_protocols)},
    {WSI_TOKEN_HTTP_AUTHORIZATION,
     offsetof(struct handshake_in, authorization)},
    {WSI_TOKEN_HTTP_COOKIE, offsetof(struct handshake_in, cookie)},
    {WSI_TOKEN_X_FORWARDED_FOR, offsetof(struct handshake_in, forwarded_for)},
    {WSI_TOKEN_HTTP_CONTENT_LENGTH,
     offsetof(struct handshake_in, content_length)},
    {WSI_TOKEN_HTTP_TRANSFER_ENCODING,
     offsetof(struct handshake_in, transfer_encoding)},
    {WSI_TOKEN_HTTP_USER_AGENT, offsetof(struct handshake_in, user_agent)},
};

/* What a copying function of the library has written, n bytes. */
static struct ff_slice keep(struct request_text *text, int n)
{
    if (n <= 0)
        return (struct ff_slice){0};
    struct ff_slice s = {text->bytes + text->used, (size_t)n};
    text->used += (size_t)n + 1;
    return s;
}

static int room(const struct request_text *text)
{
    return (int)(sizeof(text->bytes) - text->used);
}

static void read_headers(struct lws *wsi, struct request_text *text,
                         struct handshake_in *out)
{
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct ff_slice *to =
            (struct ff_slice *)(void *)((char *)out + headers[i].offset);
        *to = keep(text, lws_hdr_copy(wsi, text->bytes + text->used, room(text),
                                      headers[i].token));
    }
    static const char last_id[] = "last-event-id:";
    out->last_event_id = keep(
        text, lws_hdr_custom_copy(wsi, text->bytes + text->used, room(text),
                                  last_id, (int)sizeof(last_id) - 1));
}

static void read_args(struct lws *wsi, struct request_text *text,
                      struct handshake_in *out)
{
    for (int i = 0; i < HANDSHAKE_ARGS_MAX; i++) {
        int n = lws_hdr_copy_fragment(wsi, text->bytes + text->used, room(text),
                                      WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n < 0)
            return;
        if (n > 0)
            out->args[out->arg_count++] = keep(text, n);
    }
}

static enum http_method method_of(int method)
{
    switch (method) {
    case LWSHUMETH_GET:
        return HTTP_GET;
    case LWSHUMETH_HEAD:
        return HTTP_HEAD;
    case LWSHUMETH_OPTIONS:
        return HTTP_OPTIONS;
    default:
        return HTTP_OTHER;
    }
}

void request_read(struct lws *wsi, struct request_text *text,
                  struct handshake_in *out)
{
    char *uri = NULL;
    int len = 0;
    text->used = 0;
    out->arg_count = 0;
    out->method = method_of(lws_http_get_uri_and_method(wsi, &uri, &len));
    out->path = (struct ff_slice){0};
    if (uri && len > 0)
        out->path = (struct ff_slice){uri, (size_t)len};
    read_headers(wsi, text, out);
    read_args(wsi, text, out);
    net_peer(lws_get_socket_fd(wsi), text->peer);
    out->peer = text->peer;
}
