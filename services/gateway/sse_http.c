#include "sse_http.h"

#include "ff_json.h"

static const struct {
    int status;
    const char *text;
} reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {413, "Content Too Large"},
    {426, "Upgrade Required"},
    {503, "Service Unavailable"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Refused";
}

static void add_line(struct ff_buf *out, const char *line)
{
    if (line)
        ff_buf_addf(out, "%s\r\n", line);
}

void http_answer(struct ff_buf *out, int status, const char *type,
                 const char *header, struct ff_slice body, bool with_body)
{
    ff_buf_addf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    if (type)
        ff_buf_addf(out, "content-type: %s\r\ncontent-length: %zu\r\n", type,
                    body.len);
    add_line(out, "connection: close");
    add_line(out, "cache-control: no-cache");
    add_line(out, "x-content-type-options: nosniff");
    add_line(out, header);
    ff_buf_adds(out, "\r\n");
    if (with_body)
        ff_buf_addslice(out, body);
}

void http_refusal(struct ff_buf *out, const struct refusal *refusal)
{
    struct ff_buf json = {0};
    ff_buf_addf(&json, "{\"error\":{\"code\":\"%s\",\"message\":",
                ff_err_code(refusal->err));
    ff_json_add_strings(&json, refusal->text);
    if (refusal->field) {
        ff_buf_adds(&json, ",\"field\":");
        ff_json_add_strings(&json, refusal->field);
    }
    ff_buf_adds(&json, "}}");
    http_answer(out, refusal->status, "application/json", refusal->header,
                ff_buf_slice(&json), true);
    ff_buf_fini(&json);
}

/* Cookies are for listed origins alone. */
void http_cors(struct ff_buf *out, const struct handshake_rules *rules,
               struct ff_slice origin)
{
    if (origin.len == 0)
        return;
    if (rules->any_origin) {
        add_line(out, "access-control-allow-origin: *");
        return;
    }
    ff_buf_adds(out, "access-control-allow-origin: ");
    ff_buf_addslice(out, origin);
    add_line(out, "\r\naccess-control-allow-credentials: true");
    add_line(out, "vary: origin");
}

void http_preflight(struct ff_buf *out, const struct handshake_rules *rules,
                    struct ff_slice origin)
{
    add_line(out, "HTTP/1.1 204 No Content");
    http_cors(out, rules, origin);
    add_line(out, "access-control-allow-methods: GET");
    add_line(out, "access-control-allow-headers: authorization, "
                  "cache-control, last-event-id");
    add_line(out, "access-control-max-age: 86400");
    add_line(out, "connection: close\r\n");
}

void sse_head(struct ff_buf *out, const struct handshake_rules *rules,
              struct ff_slice origin)
{
    add_line(out, "HTTP/1.1 200 OK");
    add_line(out, "content-type: text/event-stream");
    add_line(out, "cache-control: no-cache, no-transform");
    add_line(out, "x-accel-buffering: no");
    add_line(out, "connection: close");
    http_cors(out, rules, origin);
    ff_buf_addf(out, "\r\nretry: %lld\n\n",
                (long long)rules->conf->sse_retry_ms);
}

/* A field of one line: what would end it is left out. */
static void add_field(struct ff_buf *out, const char *name, const char *value)
{
    ff_buf_addf(out, "%s: ", name);
    for (; *value; value++)
        if (*value != '\r' && *value != '\n')
            ff_buf_addc(out, *value);
    ff_buf_addc(out, '\n');
}

void sse_id_line(struct ff_buf *out, const char *id)
{
    add_field(out, "id", id);
}

static size_t line_length(struct ff_slice text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] != '\r' && text.data[len] != '\n')
        len++;
    return len;
}

static void add_data(struct ff_buf *out, struct ff_slice data)
{
    for (;;) {
        size_t len = line_length(data);
        ff_buf_adds(out, "data: ");
        ff_buf_add(out, data.data, len);
        ff_buf_addc(out, '\n');
        if (len == data.len)
            return;
        bool pair = data.data[len] == '\r' && len + 1 < data.len &&
                    data.data[len + 1] == '\n';
        len += pair ? 2 : 1;
        data = (struct ff_slice){data.data + len, data.len - len};
    }
}

void sse_event(struct ff_buf *out, const char *event, const char *id,
               struct ff_slice data)
{
    if (id)
        add_field(out, "id", id);
    if (event)
        add_field(out, "event", event);
    add_data(out, data);
    ff_buf_addc(out, '\n');
}
