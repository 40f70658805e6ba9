#include <string.h>

#include "routes.h"

/* Where clients connect and how they come back; D10 of the feature rows: names as such clients read them. */

#define HEARTBEAT_MS       25000
#define RECONNECT_ATTEMPTS 5
#define RECONNECT_DELAY_MS 1000
#define SSE_RETRY_MS       3000

/* http://host -> ws://host, https://host -> wss://host */
static void add_ws_url(struct ff_buf *out, const char *base, const char *path)
{
    struct ff_buf url = {0};

    ff_buf_addf(&url, "ws%s%s", strncmp(base, "http", 4) == 0 ? base + 4 : "",
                path);
    ff_json_add_string(out, ff_buf_slice(&url));
    ff_buf_fini(&url);
}

static void add_url(struct ff_buf *out, const char *base, const char *path)
{
    struct ff_buf url = {0};

    ff_buf_addf(&url, "%s%s", base, path);
    ff_json_add_string(out, ff_buf_slice(&url));
    ff_buf_fini(&url);
}

void config_get(struct call *call)
{
    const char *base = call->ingress->conf->public_gateway_url;
    struct ff_buf out = {0};

    ff_buf_adds(&out, "{\"websocket_url\":");
    add_ws_url(&out, base, "/v1/ws");
    ff_buf_addf(&out,
                ",\"heartbeat_interval\":%d,\"reconnect_attempts\":%d,"
                "\"reconnect_delay\":%d,\"sse_url\":",
                HEARTBEAT_MS, RECONNECT_ATTEMPTS, RECONNECT_DELAY_MS);
    add_url(&out, base, "/v1/sse");
    ff_buf_addf(&out,
                ",\"retry_interval\":%d,\"supported_events\":"
                "[\"notifications\",\"chat\",\"analytics\"]}",
                SSE_RETRY_MS);
    call_reply(call, &out);
}
