#include "ff_http_parts.h"

#include <string.h>
#include <strings.h>

/* --- reading --------------------------------------------------------------- */

const char *ff_http_method(const struct ff_http_req *req)
{
    return req->method ? req->method : "";
}

const char *ff_http_path(const struct ff_http_req *req)
{
    return req->path ? req->path : "/";
}

const char *ff_http_query(const struct ff_http_req *req, const char *name)
{
    for (size_t i = 0; i < req->param_count; i++)
        if (strcmp(req->params[i].name, name) == 0)
            return req->params[i].value;
    return NULL;
}

const char *ff_http_header(const struct ff_http_req *req, const char *name)
{
    if (!req->conn)
        return NULL;
    return MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
}

const char *ff_http_peer(const struct ff_http_req *req)
{
    return req->peer;
}

struct ff_slice ff_http_body(const struct ff_http_req *req)
{
    return ff_buf_slice(&req->body);
}

void *ff_http_data(const struct ff_http_req *req)
{
    return req->data;
}

void ff_http_set_data(struct ff_http_req *req, void *data)
{
    req->data = data;
}

/* An IPv4 client of an IPv6 listener is shown as an IPv4 one. */
void ff_http_req_peer(struct ff_http_req *req)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(req->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *addr = info ? info->client_addr : NULL;

    if (!addr)
        return;
    if (addr->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)addr)->sin_addr,
                  req->peer, sizeof req->peer);
        return;
    }
    const struct in6_addr *in6 =
        &((const struct sockaddr_in6 *)addr)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(in6))
        inet_ntop(AF_INET, &in6->s6_addr[12], req->peer, sizeof req->peer);
    else
        inet_ntop(AF_INET6, in6, req->peer, sizeof req->peer);
}

/* --- the end of a request ---------------------------------------------------- */

void ff_http_req_free(struct ff_http_req *req)
{
    ff_buf_fini(&req->body);
    ff_buf_fini(&req->headers);
    for (size_t i = 0; i < req->param_count; i++) {
        free(req->params[i].name);
        free(req->params[i].value);
    }
    free(req->params);
    free(req->path);
    free(req);
}

static void wait_no_more(struct ff_http_req *req)
{
    struct ff_http *http = req->http;

    req->waiting = false;
    if (!http)
        return;
    if (req->prev)
        req->prev->next = req->next;
    else if (http->waiting == req)
        http->waiting = req->next;
    if (req->next)
        req->next->prev = req->prev;
    req->next = req->prev = NULL;
    http->waiting_count--;
}

static bool has_header(const struct ff_http_req *req, const char *name)
{
    for (size_t at = 0; at < req->headers.len;) {
        const char *own = req->headers.data + at;
        if (strcasecmp(own, name) == 0)
            return true;
        at += strlen(own) + 1;
        at += strlen(req->headers.data + at) + 1;
    }
    return false;
}

static void add_headers(const struct ff_http_req *req,
                        struct MHD_Response *response, const char *type)
{
    for (size_t at = 0; at < req->headers.len;) {
        const char *name = req->headers.data + at;
        const char *value = name + strlen(name) + 1;
        MHD_add_response_header(response, name, value);
        at += strlen(name) + strlen(value) + 2;
    }
    if (type)
        MHD_add_response_header(response, "Content-Type", type);
    if (req->http->server_name)
        MHD_add_response_header(response, "Server", req->http->server_name);
    if (req->close || req->http->draining)
        MHD_add_response_header(response, "Connection", "close");
}

static void send_reply(struct ff_http_req *req, int status, const char *type,
                       struct ff_slice body)
{
    /* Copied: the interface takes what it will not change as not const. */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)(body.len ? body.data : ""),
        MHD_RESPMEM_MUST_COPY);

    if (!response)
        ff_bug("libmicrohttpd has no memory");
    add_headers(req, response, type);
    req->answered = true;
    if (MHD_queue_response(req->conn, (unsigned)status, response) != MHD_YES)
        req->failed = true;
    MHD_destroy_response(response);
    if (req->suspended) {
        req->suspended = false;
        MHD_resume_connection(req->conn);
        ff_wake_up(req->http->again);
    }
}

void ff_http_reply(struct ff_http_req *req, int status, const char *type,
                   struct ff_slice body)
{
    if (req->waiting)
        wait_no_more(req);
    if (!req->conn) {
        ff_http_req_free(req);
        return;
    }
    if (!req->answered)
        send_reply(req, status, type, body);
}

void ff_http_reply_json(struct ff_http_req *req, int status,
                        struct ff_slice json)
{
    ff_http_reply(req, status, "application/json", json);
}

/* What RFC 9110 and RFC 6585 want beside these statuses. */
static void add_hint(struct ff_http_req *req, int status)
{
    if (status == 401 && !has_header(req, "WWW-Authenticate"))
        ff_http_add_header(req, "WWW-Authenticate", "Bearer");
    if ((status == 429 || status == 503) && !has_header(req, "Retry-After"))
        ff_http_add_header(req, "Retry-After", "1");
}

void ff_http_reply_error(struct ff_http_req *req, ff_err err,
                         const struct ff_why *why)
{
    struct ff_buf json = {0};
    int status = ff_err_http(err);

    ff_buf_adds(&json, "{\"error\":{\"code\":");
    ff_json_add_strings(&json, ff_err_code(err));
    ff_buf_adds(&json, ",\"message\":");
    ff_json_add_strings(&json,
                        why && why->text[0] ? why->text : ff_err_text(err));
    if (why && why->field[0]) {
        ff_buf_adds(&json, ",\"field\":");
        ff_json_add_strings(&json, why->field);
    }
    ff_buf_adds(&json, "}}");
    add_hint(req, status);
    ff_http_reply_json(req, status, ff_buf_slice(&json));
    ff_buf_fini(&json);
}

void ff_http_add_header(struct ff_http_req *req, const char *name,
                        const char *value)
{
    if (!*name || strpbrk(name, "\r\n") || strpbrk(value, "\r\n"))
        return;
    ff_buf_add(&req->headers, name, strlen(name) + 1);
    ff_buf_add(&req->headers, value, strlen(value) + 1);
}
