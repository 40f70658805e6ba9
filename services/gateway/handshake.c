#include "handshake.h"

#include <stdlib.h>
#include <string.h>

#include "words.h"

/* What is open at a path: to an upgrade, and without one. */
struct route {
    const char *path;
    bool ws;
    bool plain;
    enum handshake_kind kind; /* of the plain one */
};

static const struct route routes[] = {
    {"/v1/ws", true, false, HANDSHAKE_PAGE},
    {"/ws", true, false, HANDSHAKE_PAGE},
    {"/", true, true, HANDSHAKE_PAGE},
    {"/v1/sse", false, true, HANDSHAKE_SSE},
    {"/livez", false, true, HANDSHAKE_LIVE},
};

static const struct route page_route = {NULL, false, true, HANDSHAKE_PAGE};

void handshake_rules_init(struct handshake_rules *rules,
                          const struct gateway_conf *conf,
                          bool (*is_page)(struct ff_slice path))
{
    *rules = (struct handshake_rules){.conf = conf};
    rules->is_page = conf->demo ? is_page : NULL;
    size_t cap = 0;
    for (char **p = conf->trusted_proxies; p && *p; p++) {
        rules->proxies = ff_grow(rules->proxies, &cap, rules->proxy_count + 1,
                                 sizeof(rules->proxies[0]));
        if (address_range_parse(*p, &rules->proxies[rules->proxy_count]))
            rules->proxy_count++;
    }
    char **origins = conf->allowed_origins;
    rules->any_origin =
        (!origins || !*origins) && ff_conf_is_loopback(conf->host);
    for (char **p = origins; p && *p; p++)
        rules->any_origin |= strcmp(*p, "*") == 0;
}

void handshake_rules_fini(struct handshake_rules *rules)
{
    free(rules->proxies);
    *rules = (struct handshake_rules){0};
}

static ff_err refuse(struct refusal *out, ff_err err, const char *field,
                     const char *text)
{
    *out = (struct refusal){err, ff_err_http(err), field, text, NULL};
    return err;
}

/* --- shape of the request ------------------------------------------------ */

struct check {
    const struct handshake_rules *rules;
    const struct handshake_in *in;
    const struct route *route;
    bool from_cookie;
    size_t channels; /* named in the query */
    struct handshake *out;
    struct refusal *refusal;
};

static ff_err check_shape(struct check *c)
{
    const struct handshake_in *in = c->in;
    if (in->host.len == 0 || memchr(in->host.data, ',', in->host.len))
        return refuse(c->refusal, FF_E_INVALID, "host",
                      "exactly one Host is needed");
    if (in->arg_count >= HANDSHAKE_ARGS_MAX)
        return refuse(c->refusal, FF_E_TOO_BIG, "query",
                      "too many query arguments");
    return FF_OK;
}

static ff_err check_route(struct check *c)
{
    const struct handshake_in *in = c->in;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (ff_slice_is(in->path, routes[i].path))
            c->route = &routes[i];
    bool page = c->rules->is_page && c->rules->is_page(in->path);
    if (!c->route && page)
        c->route = &page_route;
    bool upgrade = in->upgrade.len > 0;
    if (!c->route || (upgrade && !c->route->ws) ||
        (!upgrade && c->route->plain && c->route->kind == HANDSHAKE_PAGE &&
         !page))
        return refuse(c->refusal, FF_E_NOT_FOUND, NULL,
                      "there is nothing at this path");
    c->out->kind = upgrade ? HANDSHAKE_WS : c->route->kind;
    return FF_OK;
}

static bool method_fits(const struct check *c)
{
    switch (c->in->method) {
    case HTTP_GET:
        return true;
    case HTTP_HEAD:
        return c->out->kind == HANDSHAKE_PAGE || c->out->kind == HANDSHAKE_LIVE;
    case HTTP_OPTIONS:
        return c->out->kind == HANDSHAKE_SSE;
    case HTTP_OTHER:
        break;
    }
    return false;
}

static ff_err check_method(struct check *c)
{
    const struct handshake_in *in = c->in;
    if (!method_fits(c)) {
        ff_err err = refuse(c->refusal, FF_E_METHOD, NULL,
                            "this path is only read; publish by HTTP at the "
                            "ingress");
        c->refusal->header = "allow: GET";
        return err;
    }
    if (in->transfer_encoding.len ||
        (in->content_length.len && !ff_slice_is(in->content_length, "0")))
        return refuse(c->refusal, FF_E_TOO_BIG, "content-length",
                      "no request body is taken here");
    if (in->method == HTTP_OPTIONS)
        c->out->kind = HANDSHAKE_PREFLIGHT;
    return FF_OK;
}

/* --- upgrade ------------------------------------------------------------- */

static bool has_upgrade_token(struct ff_slice connection)
{
    while (connection.len)
        if (words_same(words_take_first(&connection, ','), "upgrade"))
            return true;
    return false;
}

/* 16 bytes in base64. */
static bool is_ws_key(struct ff_slice key)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    if (key.len != 24 || memcmp(key.data + 22, "==", 2) != 0)
        return false;
    for (size_t i = 0; i < 22; i++)
        if (!key.data[i] || !strchr(letters, key.data[i]))
            return false;
    return true;
}

struct ff_slice handshake_protocol(struct ff_slice protocols)
{
    return words_take_first(&protocols, ',');
}

/* A name that the library's list can hold, of RFC 9110 token characters. */
static bool are_ws_protocols(struct ff_slice protocols)
{
    if (protocols.len > 120)
        return false;
    struct ff_slice first = handshake_protocol(protocols);
    if (protocols.len && (first.len == 0 || first.len > 60))
        return false;
    for (size_t i = 0; i < first.len; i++) {
        unsigned char c = (unsigned char)first.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("()<>@;:\\\"/[]?={}", c))
            return false;
    }
    return true;
}

static ff_err upgrade_required(struct check *c, const char *text,
                               const char *header)
{
    ff_err err = refuse(c->refusal, FF_E_PROTO, "upgrade", text);
    c->refusal->status = 426;
    c->refusal->header = header;
    return err;
}

static ff_err check_upgrade(struct check *c)
{
    const struct handshake_in *in = c->in;
    if (in->upgrade.len == 0)
        return c->route->plain
                   ? FF_OK
                   : upgrade_required(c, "this path is for WebSocket",
                                      "upgrade: websocket");
    if (!words_same(in->upgrade, "websocket"))
        return refuse(c->refusal, FF_E_PROTO, "upgrade",
                      "only websocket is known");
    if (!ff_slice_is(in->ws_version, "13"))
        return upgrade_required(c, "only version 13 is known",
                                "sec-websocket-version: 13");
    if (!has_upgrade_token(in->connection) ||
        !ff_slice_is(in->http_version, "HTTP/1.1"))
        return refuse(c->refusal, FF_E_PROTO, "connection",
                      "an upgrade needs HTTP/1.1 and Connection: Upgrade");
    if (!is_ws_key(in->ws_key))
        return refuse(c->refusal, FF_E_PROTO, "sec-websocket-key",
                      "not 16 bytes in base64");
    if (!are_ws_protocols(in->ws_protocols))
        return refuse(c->refusal, FF_E_PROTO, "sec-websocket-protocol",
                      "not a short list of names");
    return FF_OK;
}

/* --- who asks ------------------------------------------------------------ */

bool handshake_arg(struct ff_slice arg, const char *name,
                   struct ff_slice *out_value)
{
    size_t len = strlen(name);
    if (arg.len <= len || arg.data[len] != '=' ||
        memcmp(arg.data, name, len) != 0)
        return false;
    *out_value = (struct ff_slice){arg.data + len + 1, arg.len - len - 1};
    return true;
}

static void find_args(struct check *c)
{
    const struct handshake_in *in = c->in;
    c->out->last_event_id = in->last_event_id;
    for (size_t i = 0; i < in->arg_count; i++) {
        struct ff_slice value;
        if (handshake_arg(in->args[i], "token", &value))
            c->out->token = value;
        else if (handshake_arg(in->args[i], "app", &value))
            c->out->app = value;
        else if (handshake_arg(in->args[i], "channel", &value))
            c->channels++;
        else if (handshake_arg(in->args[i], "last_event_id", &value) &&
                 !in->last_event_id.len)
            c->out->last_event_id = value;
    }
}

static struct ff_slice cookie_value(struct ff_slice cookies, const char *name)
{
    while (cookies.len) {
        struct ff_slice value, item = words_take_first(&cookies, ';');
        if (!handshake_arg(item, name, &value))
            continue;
        if (value.len >= 2 && value.data[0] == '"')
            value = (struct ff_slice){value.data + 1, value.len - 2};
        return value;
    }
    return (struct ff_slice){0};
}

static void find_token(struct check *c)
{
    const struct handshake_in *in = c->in;
    struct ff_slice words = words_trim(in->authorization);
    struct ff_slice scheme = words_take_first(&words, ' ');
    if (words_same(scheme, "bearer"))
        c->out->token = words_trim(words);
    const char *cookie = c->rules->conf->token_cookie;
    if (c->out->token.len || !*cookie)
        return;
    c->out->token = cookie_value(in->cookie, cookie);
    c->from_cookie = c->out->token.len > 0;
}

static ff_err check_who(struct check *c)
{
    find_args(c);
    find_token(c);
    const struct handshake *out = c->out;
    if (out->token.len > HANDSHAKE_TOKEN_MAX)
        return refuse(c->refusal, FF_E_TOO_BIG, "token",
                      "longer than any token");
    if (!words_is_one(out->token))
        return refuse(c->refusal, FF_E_INVALID, "token", "not a token");
    if (out->app.len > 60 || !words_is_one(out->app))
        return refuse(c->refusal, FF_E_INVALID, "app", "not an app's id");
    if (out->last_event_id.len > 4096 || words_has_line_end(out->last_event_id))
        return refuse(c->refusal, FF_E_INVALID, "last_event_id",
                      "not an id that was sent");
    if (out->kind == HANDSHAKE_SSE && !c->channels)
        return refuse(c->refusal, FF_E_MISSING, "channel",
                      "name at least one channel");
    return FF_OK;
}

/* --- origin -------------------------------------------------------------- */

static bool origin_is_listed(const struct check *c)
{
    for (char **p = c->rules->conf->allowed_origins; p && *p; p++)
        if (ff_slice_is(c->in->origin, *p))
            return true;
    return false;
}

static bool origin_is_own(const struct check *c)
{
    char **listed = c->rules->conf->allowed_origins;
    if (listed && *listed)
        return false;
    struct ff_slice origin = c->in->origin;
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        struct ff_slice rest = {origin.data + len, origin.len - len};
        if (origin.len > len && memcmp(origin.data, schemes[i], len) == 0 &&
            ff_slice_eq(rest, c->in->host))
            return true;
    }
    return false;
}

/*
 * A browser always tells the origin of a WebSocket: without one, a cookie
 * proves nothing. An event stream is not readable by other origins anyway.
 */
static ff_err check_origin(struct check *c)
{
    bool ok = c->rules->any_origin;
    if (!ok && c->in->origin.len == 0)
        ok = !(c->out->kind == HANDSHAKE_WS && c->from_cookie);
    if (ok || c->out->kind == HANDSHAKE_PAGE ||
        c->out->kind == HANDSHAKE_LIVE || origin_is_listed(c) ||
        origin_is_own(c))
        return FF_OK;
    return refuse(c->refusal, FF_E_ORIGIN, "origin",
                  "this origin is not allowed");
}

static ff_err (*const checks[])(struct check *) = {
    check_shape,   check_route, check_method,
    check_upgrade, check_who,   check_origin,
};

ff_err handshake_check(const struct handshake_rules *rules,
                       const struct handshake_in *in,
                       struct handshake *out_handshake,
                       struct refusal *out_refusal)
{
    struct handshake granted = {0};
    struct check c = {
        .rules = rules, .in = in, .out = &granted, .refusal = out_refusal};
    address_of_client(in->peer, in->forwarded_for, rules->proxies,
                      rules->proxy_count, granted.peer);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        FF_TRY(checks[i](&c));
    *out_handshake = granted;
    return FF_OK;
}

void handshake_query(const struct handshake_in *in, struct ff_buf *out)
{
    for (size_t i = 0; i < in->arg_count; i++) {
        struct ff_slice value;
        if (handshake_arg(in->args[i], "token", &value))
            continue;
        if (out->len)
            ff_buf_addc(out, '&');
        ff_buf_addslice(out, in->args[i]);
    }
}
