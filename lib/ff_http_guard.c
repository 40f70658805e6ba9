#include "ff_http_parts.h"

#include <string.h>
#include <strings.h>

/* --- percent-encoding -------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

ff_err ff_url_decode(struct ff_slice text, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++, len++) {
        if (len + 1 >= size)
            return FF_E_INVALID;
        out[len] = text.data[i];
        if (text.data[i] == '%') {
            if (i + 2 >= text.len)
                return FF_E_INVALID;
            int high = hex_value(text.data[i + 1]);
            int low = hex_value(text.data[i + 2]);
            if (high < 0 || low < 0)
                return FF_E_INVALID;
            out[len] = (char)(high * 16 + low);
            i += 2;
        }
        if (out[len] == '\0')
            return FF_E_INVALID;
    }
    if (size == 0)
        return FF_E_INVALID;
    out[len] = '\0';
    return FF_OK;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool has_control(const char *s)
{
    for (; *s; s++)
        if (is_control(*s))
            return true;
    return false;
}

/* --- path and query ------------------------------------------------------------ */

static bool has_dot_segment(const char *path)
{
    for (const char *at = path; at; at = strchr(at + 1, '/')) {
        size_t len = strcspn(at + 1, "/");
        if ((len == 1 && at[1] == '.') ||
            (len == 2 && at[1] == '.' && at[2] == '.'))
            return true;
    }
    return false;
}

static ff_err take_path(struct ff_http_req *req, const char *url)
{
    struct ff_slice raw = ff_slice_str(url);

    if (raw.len == 0 || raw.len > FF_HTTP_PATH_MAX || raw.data[0] != '/')
        return ff_why_set(
            &req->why, FF_E_INVALID, "path",
            "a path of 1 to %d bytes that begins with / is wanted",
            FF_HTTP_PATH_MAX);
    if (strcasestr(url, "%2f"))
        return ff_why_set(&req->why, FF_E_INVALID, "path",
                          "an encoded slash is not taken");
    req->path = ff_alloc(raw.len + 1);
    if (ff_url_decode(raw, req->path, raw.len + 1) != FF_OK) {
        *req->path = '\0';
        return ff_why_set(&req->why, FF_E_INVALID, "path",
                          "not percent-encoded as it must be");
    }
    if (has_control(req->path) || strchr(url, ' '))
        return ff_why_set(&req->why, FF_E_INVALID, "path",
                          "control characters are not taken");
    if (has_dot_segment(req->path))
        return ff_why_set(&req->why, FF_E_INVALID, "path",
                          "segments . and .. are not taken");
    return FF_OK;
}

static ff_err decode_part(const char *text, char **out)
{
    struct ff_slice raw = ff_slice_str(text);
    char *part = ff_alloc(raw.len + 1);
    ff_err err = ff_url_decode(raw, part, raw.len + 1);

    if (err == FF_OK)
        *out = part;
    else
        free(part);
    return err;
}

static enum MHD_Result on_param(void *cls, enum MHD_ValueKind kind,
                                const char *name, const char *value)
{
    struct ff_http_req *req = cls;
    struct ff_http_param *param = &req->params[req->param_count];

    (void)kind;
    if (decode_part(name, &param->name) != FF_OK)
        req->refusal = FF_E_INVALID;
    else if (decode_part(value ? value : "", &param->value) != FF_OK) {
        free(param->name);
        req->refusal = FF_E_INVALID;
    } else
        req->param_count++;
    return req->refusal == FF_OK ? MHD_YES : MHD_NO;
}

static ff_err take_query(struct ff_http_req *req)
{
    int count =
        MHD_get_connection_values(req->conn, MHD_GET_ARGUMENT_KIND, NULL, NULL);

    if (count <= 0)
        return FF_OK;
    if (count > FF_HTTP_QUERY_MAX)
        return ff_why_set(&req->why, FF_E_INVALID, "query",
                          "at most %d parameters are taken", FF_HTTP_QUERY_MAX);
    req->params = ff_zalloc((size_t)count * sizeof *req->params);
    MHD_get_connection_values(req->conn, MHD_GET_ARGUMENT_KIND, on_param, req);
    if (req->refusal != FF_OK)
        return ff_why_set(&req->why, FF_E_INVALID, "query",
                          "not percent-encoded as it must be");
    return FF_OK;
}

/* --- headers ---------------------------------------------------------------------- */

/* What RFC 9112 section 6 makes of the head of a request. */
struct framing {
    unsigned lengths, codings, hosts, headers;
    const char *length, *coding;
    const char *bad_name, *bad_value;
    bool folded;
};

#if MHD_VERSION < 0x01000000
/*
 * 0.9.75 moves a name whose value goes on in a second line, and appends that line to the name. Only then is there more
 * than blanks between the two.
 */
static bool is_folded(const char *name, const char *value)
{
    const char *at = name + strlen(name) + 1;

    if (!value || value < at || value - at > FF_HTTP_POOL_BYTES)
        return true;
    return at + strspn(at, " \t") != value && at != value;
}
#else
/* Later ones refuse such lines themselves when told to be strict. */
static bool is_folded(const char *name, const char *value)
{
    (void)name;
    (void)value;
    return false;
}
#endif

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *s)
{
    size_t len = strspn(s, "!#$%&'*+-.^_`|~0123456789"
                           "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len > 0 && s[len] == '\0';
}

static bool is_value(const char *s)
{
    for (; *s; s++)
        if (is_control(*s) && *s != '\t')
            return false;
    return true;
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind,
                                 const char *name, const char *value)
{
    struct framing *f = cls;

    (void)kind;
    f->headers++;
    f->folded |= is_folded(name, value);
    value = value ? value : "";
    if (!is_token(name))
        f->bad_name = name;
    if (!is_value(value))
        f->bad_value = name;
    if (strcasecmp(name, "Content-Length") == 0) {
        f->lengths++;
        f->length = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        f->codings++;
        f->coding = value;
    } else if (strcasecmp(name, "Host") == 0)
        f->hosts++;
    return MHD_YES;
}

static bool parse_length(const char *text, uint64_t *out)
{
    size_t len = strspn(text, "0123456789");

    if (len == 0 || len > 18 || text[len] != '\0')
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

/* Whatever two servers in a row could read differently ends here. */
static ff_err check_framing(const struct framing *f, bool old,
                            uint64_t *out_length, struct ff_why *why)
{
    if (f->lengths > 1)
        return ff_why_set(why, FF_E_PROTO, "Content-Length", "given twice");
    if (f->lengths && f->codings)
        return ff_why_set(why, FF_E_PROTO, "Content-Length",
                          "given beside Transfer-Encoding");
    if (f->codings > 1 || (f->coding && strcasecmp(f->coding, "chunked") != 0))
        return ff_why_set(why, FF_E_PROTO, "Transfer-Encoding",
                          "only chunked is taken");
    if (f->length && !parse_length(f->length, out_length))
        return ff_why_set(why, FF_E_PROTO, "Content-Length", "not a number");
    if (f->codings && old)
        return ff_why_set(why, FF_E_PROTO, "Transfer-Encoding",
                          "HTTP/1.0 has none");
    if (f->hosts != 1)
        return ff_why_set(why, FF_E_PROTO, "Host", "exactly one is wanted");
    return FF_OK;
}

static ff_err check_headers(struct ff_http_req *req, const char *version,
                            uint64_t *out_length)
{
    struct framing f = {0};
    bool old = strcmp(version, "HTTP/1.0") == 0;

    MHD_get_connection_values(req->conn, MHD_HEADER_KIND, on_header, &f);
    if (f.folded)
        return ff_why_set(&req->why, FF_E_PROTO, "headers",
                          "folded lines are not taken");
    if (f.bad_name)
        return ff_why_set(&req->why, FF_E_PROTO, "headers",
                          "not a valid header name");
    if (f.bad_value)
        return ff_why_set(&req->why, FF_E_PROTO, f.bad_value,
                          "control characters are not taken");
    if (f.headers > FF_HTTP_HEADERS_MAX)
        return ff_why_set(&req->why, FF_E_PROTO, "headers",
                          "at most %d headers are taken", FF_HTTP_HEADERS_MAX);
    return check_framing(&f, old, out_length, &req->why);
}

static ff_err take_method(struct ff_http_req *req, const char *method)
{
    static const char *const known[] = {"GET",    "HEAD",  "POST",   "PUT",
                                        "DELETE", "PATCH", "OPTIONS"};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(method, known[i]) == 0) {
            req->method = known[i];
            return FF_OK;
        }
    }
    return FF_E_METHOD;
}

ff_err ff_http_guard(struct ff_http_req *req, const struct ff_http_head *head,
                     uint64_t *out_length)
{
    FF_TRY(check_headers(req, head->version, out_length));
    FF_TRY(take_method(req, head->method));
    FF_TRY(take_path(req, head->url));
    return take_query(req);
}
