#include "conn_frames.h"

#include <string.h>

#include "ff_json.h"
#include "sse_http.h"

#define WS_CLOSE    0x88
#define WS_PING     0x89
#define REASON_MAX  123
#define CODE_NORMAL 1000
#define CODE_POLICY 1008

struct frame *frame_event(const char *event, const char *id,
                          struct ff_slice data)
{
    struct ff_buf text = {0};
    sse_event(&text, event, id, data);
    return frame_of_buf(&text);
}

struct frame *frame_id_line(const char *id)
{
    struct ff_buf text = {0};
    sse_id_line(&text, id);
    return frame_of_buf(&text);
}

struct frame *frame_comment(void)
{
    return frame_bytes(FF_SLICE_LIT(":\n\n"));
}

/* libwebsockets does not tell of a pong that is empty. */
struct frame *frame_ping(void)
{
    const char bytes[3] = {(char)WS_PING, 1, 'p'};
    return frame_bytes((struct ff_slice){bytes, sizeof(bytes)});
}

/* Not within a character. */
static size_t cut(const char *reason)
{
    size_t len = reason ? strlen(reason) : 0;
    if (len > REASON_MAX)
        len = REASON_MAX;
    while (len > 0 && reason[len] && ((unsigned char)reason[len] >> 6) == 2)
        len--;
    return len;
}

static int close_code(ff_err err)
{
    int code = ff_err_close(err);
    if (code)
        return code;
    return err == FF_OK ? CODE_NORMAL : CODE_POLICY;
}

struct frame *frame_ws_close_with(struct ff_slice payload)
{
    struct frame *frame = frame_new(payload.len + 2);
    frame->data[0] = (char)WS_CLOSE;
    frame->data[1] = (char)payload.len;
    memcpy(frame->data + 2, payload.data, payload.len);
    return frame;
}

struct frame *frame_ws_close(ff_err err, const char *reason)
{
    char payload[2 + REASON_MAX];
    size_t len = cut(reason);
    int code = close_code(err);
    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    if (len)
        memcpy(payload + 2, reason, len);
    return frame_ws_close_with((struct ff_slice){payload, len + 2});
}

struct frame *frame_sse_close(ff_err err, const char *reason)
{
    struct ff_buf json = {0};
    ff_buf_addf(&json, "{\"type\":\"error\",\"code\":\"%s\",\"message\":",
                ff_err_code(err));
    ff_json_add_strings(&json, reason ? reason : ff_err_text(err));
    ff_buf_addc(&json, '}');
    struct frame *frame = frame_event("error", NULL, ff_buf_slice(&json));
    ff_buf_fini(&json);
    return frame;
}
