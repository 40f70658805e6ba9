/*
 * NATS's own WebSocket (its text protocol in binary frames) and Centrifugo's
 * JSON protocol.
 */
#include "loadgen_sub.h"

#include "loadgen_util.h"

#include <stdio.h>
#include <string.h>

/* --- NATS ----------------------------------------------------------------- */

static void nats_opened(struct sub *sub)
{
    static const char connect[] = "CONNECT {\"verbose\":false,"
                                  "\"pedantic\":false,\"protocol\":1}\r\n";
    char subscribe[256] = "", text[512];
    int len;

    if (sub->set->channel_count)
        snprintf(subscribe, sizeof(subscribe), "SUB %s 1\r\n",
                 sub->set->channels[0]);
    len = snprintf(text, sizeof(text), "%s%sPING\r\n", connect, subscribe);

    sub_send_text(sub, text, (size_t)len);
}

/* One line, and a payload where it is a MSG; bytes used, 0 when not whole. */
static size_t take_nats(struct sub *sub, const char *data, size_t len)
{
    const char *end = memmem(data, len, "\r\n", 2);
    size_t line, size = 0;

    if (!end)
        return 0;
    line = (size_t)(end - data) + 2;
    if (strncmp(data, "MSG ", 4) == 0) {
        const char *number = memrchr(data, ' ', line);

        for (number++; number < end; number++)
            size = size * 10 + (size_t)(*number - '0');
        if (len < line + size + 2)
            return 0;
        sub_deliver(sub, end + 2, size, line + size + 2);
        return line + size + 2;
    }
    if (strncmp(data, "PING", 4) == 0)
        sub_send_text(sub, "PONG\r\n", 6);
    else if (strncmp(data, "PONG", 4) == 0)
        sub_confirm(sub);
    else if (strncmp(data, "-ERR", 4) == 0)
        sub_fail(sub, "refused", data, line);
    return line;
}

/* Frames out of data[decoded..len), joined; the start of the raw rest. */
static size_t unframe(struct sub *sub, char *data, size_t len, size_t *out_body)
{
    size_t body = sub->decoded, at = body, used;
    struct ws_frame frame;

    while ((used = ws_parse(data + at, len - at, &frame)) > 0) {
        at += used;
        if (sub_ws_data(sub, &frame)) {
            memmove(data + body, frame.payload, frame.len);
            body += frame.len;
        } else if (sub->state == SUB_CLOSED) {
            break;
        }
    }
    *out_body = body;
    return at;
}

static size_t feed_nats(struct sub *sub, char *data, size_t len)
{
    size_t body, at = 0, used;
    size_t raw = unframe(sub, data, len, &body);

    while (sub->state != SUB_CLOSED &&
           (used = take_nats(sub, data + at, body - at)) > 0)
        at += used;
    if (sub->state == SUB_CLOSED)
        return 0;
    sub->decoded = (uint32_t)(body - at);
    memmove(data, data + at, body - at);
    memmove(data + sub->decoded, data + raw, len - raw);
    return sub->decoded + len - raw;
}

const struct sub_proto SUB_NATS = {
    .name = "nats",
    .accept = "",
    .status = 101,
    .opened = nats_opened,
    .feed = feed_nats,
};

/* --- Centrifugo ------------------------------------------------------------ */

static void centrifugo_opened(struct sub *sub)
{
    char text[512];
    int len = snprintf(text, sizeof(text),
                       "{\"id\":1,\"connect\":{}}\n"
                       "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}",
                       sub->set->channels[0]);

    if (sub->set->channel_count == 0)
        len = (int)strlen("{\"id\":1,\"connect\":{}}");
    sub_send_text(sub, text, (size_t)len);
}

static void take_centrifugo(struct sub *sub, const char *data, size_t len)
{
    const char *last = sub->set->channel_count ? "\"id\":2," : "\"id\":1,";

    if (sub_deliver(sub, data, len, len))
        return;
    if (len == 2)
        sub_send_text(sub, "{}", 2);
    else if (find_text(data, len, "\"error\":"))
        sub_fail(sub, "refused", data, len);
    else if (find_text(data, len < 16 ? len : 16, last))
        sub_confirm(sub);
}

/* A frame holds one reply or push a line. */
static void take_lines(struct sub *sub, const char *data, size_t len)
{
    while (len > 0 && sub->state != SUB_CLOSED) {
        const char *end = memchr(data, '\n', len);
        size_t line = end ? (size_t)(end - data) : len;

        if (line > 0)
            take_centrifugo(sub, data, line);
        data += line + (end ? 1 : 0);
        len -= line + (end ? 1 : 0);
    }
}

static size_t feed_centrifugo(struct sub *sub, char *data, size_t len)
{
    struct ws_frame frame;
    size_t at = 0, used;

    while ((used = ws_parse(data + at, len - at, &frame)) > 0) {
        at += used;
        if (sub_ws_data(sub, &frame))
            take_lines(sub, frame.payload, frame.len);
        if (sub->state == SUB_CLOSED)
            return 0;
    }
    memmove(data, data + at, len - at);
    return len - at;
}

const struct sub_proto SUB_CENTRIFUGO = {
    .name = "centrifugo",
    .accept = "",
    .status = 101,
    .opened = centrifugo_opened,
    .feed = feed_centrifugo,
};
