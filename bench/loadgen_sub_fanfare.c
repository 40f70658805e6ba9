/*
 * Fanfare's native WebSocket and Server-Sent Events, and the floor, which
 * sends the same kind of frames without a handshake; there a subscriber
 * speaks when it is greeted.
 */
#include "loadgen_sub.h"

#include "loadgen_util.h"

#include <stdio.h>
#include <string.h>

#define HEAD_BYTES 160 /* where the action of a control frame stands */

static void subscribe_all(struct sub *sub)
{
    const struct sub_set *set = sub->set;

    for (unsigned i = 0; i < set->channel_count; i++) {
        char recover[160] = "", text[512];
        int len;

        if (set->hooks.recover)
            set->hooks.recover(sub, i, recover, sizeof(recover));
        len = snprintf(text, sizeof(text),
                       "{\"action\":\"subscribe\",\"data\":{\"channel\":"
                       "\"%s\"%s},\"ref\":%u}",
                       set->channels[i], recover, i + 1);
        sub_send_text(sub, text, (size_t)len);
    }
}

static void on_control(struct sub *sub, const char *data, size_t len)
{
    size_t head = len < HEAD_BYTES ? len : HEAD_BYTES;

    if (find_text(data, head, "\"action\":\"error\"")) {
        sub->set->refused++;
        sub_fail(sub, "refused", data, len);
        return;
    }
    if (sub->set->hooks.on_control)
        sub->set->hooks.on_control(sub, data, len);
    if (sub->set->proto == &SUB_FLOOR &&
        find_text(data, head, "\"action\":\"welcome\""))
        subscribe_all(sub);
    if (find_text(data, head, "\"action\":\"subscribed\"") ||
        (sub->set->channel_count == 0 &&
         find_text(data, head, "\"action\":\"welcome\"")))
        sub_confirm(sub);
}

static size_t feed_fanfare(struct sub *sub, char *data, size_t len)
{
    struct ws_frame frame;
    size_t at = 0, used;

    while ((used = ws_parse(data + at, len - at, &frame)) > 0) {
        at += used;
        if (!sub_ws_data(sub, &frame)) {
            if (sub->state == SUB_CLOSED)
                return 0;
            continue;
        }
        if (!sub_deliver(sub, frame.payload, frame.len, used))
            on_control(sub, frame.payload, frame.len);
        if (sub->state == SUB_CLOSED)
            return 0;
    }
    memmove(data, data + at, len - at);
    return len - at;
}

const struct sub_proto SUB_FANFARE = {
    .name = "fanfare",
    .accept = "",
    .status = 101,
    .opened = subscribe_all,
    .feed = feed_fanfare,
};

static void confirm(struct sub *sub)
{
    sub_confirm(sub);
}

const struct sub_proto SUB_FLOOR = {
    .name = "floor",
    .accept = "",
    .feed = feed_fanfare,
};

/* --- Server-Sent Events --------------------------------------------------- */

static void sse_path(const struct sub *sub, char *out, size_t size)
{
    const struct sub_set *set = sub->set;
    size_t len = strlen(out);

    for (unsigned i = 0; i < set->channel_count; i++)
        len += (size_t)snprintf(out + len, size - len, "%cchannel=%s",
                                i ? '&' : '?', set->channels[i]);
}

/* Chunk sizes out of data[from..len); bytes of body and of raw rest. */
static size_t unchunk(struct sub *sub, char *data, size_t from, size_t len,
                      size_t *out_rest)
{
    size_t body = from, at = from;

    while (at < len) {
        size_t left = len - at, take;

        if (sub->chunk_left == 0) {
            char *line = data + at;
            char *end = memmem(line, left, "\r\n", 2);
            unsigned size = 0;

            if (!end)
                break;
            at += (size_t)(end - line) + 2;
            if (end > line && sscanf(line, "%x", &size) == 1)
                sub->chunk_left = (int32_t)size;
            continue;
        }
        take = left < (size_t)sub->chunk_left ? left : (size_t)sub->chunk_left;
        memmove(data + body, data + at, take);
        body += take;
        at += take;
        sub->chunk_left -= (int32_t)take;
    }
    memmove(data + body, data + at, len - at);
    *out_rest = len - at;
    return body;
}

static void on_sse_event(struct sub *sub, const char *data, size_t len)
{
    if (sub_deliver(sub, data, len, len + 2))
        return;
    if (sub->state == SUB_JOINING && find_text(data, len, "event: welcome")) {
        sub->joined = (uint8_t)(sub->set->channel_count - 1);
        sub_confirm(sub);
    }
    if (find_text(data, len, "event: error"))
        sub_fail(sub, "refused", data, len);
}

static size_t feed_sse(struct sub *sub, char *data, size_t len)
{
    size_t rest = 0, body = len, at = 0;
    char *end;

    if (sub->chunked)
        body = unchunk(sub, data, sub->decoded, len, &rest);
    while ((end = memmem(data + at, body - at, "\n\n", 2))) {
        on_sse_event(sub, data + at, (size_t)(end - data) - at);
        if (sub->state == SUB_CLOSED)
            return 0;
        at = (size_t)(end - data) + 2;
    }
    memmove(data, data + at, body + rest - at);
    sub->decoded = (uint32_t)(body - at);
    return body + rest - at;
}

const struct sub_proto SUB_SSE = {
    .name = "sse",
    .accept = "Accept: text/event-stream\r\n",
    .status = 200,
    .path = sse_path,
    .feed = feed_sse,
};

/* --- Nchan: the channel is the path's, messages come bare ------------------ */

static void nchan_path(const struct sub *sub, char *out, size_t size)
{
    size_t len = strlen(out);

    snprintf(out + len, size - len, "?id=%s", sub->set->channels[0]);
}

const struct sub_proto SUB_NCHAN = {
    .name = "nchan",
    .accept = "",
    .status = 101,
    .path = nchan_path,
    .opened = confirm,
    .feed = feed_fanfare,
};

const struct sub_proto SUB_NCHAN_SSE = {
    .name = "nchan-sse",
    .accept = "Accept: text/event-stream\r\n",
    .status = 200,
    .path = nchan_path,
    .opened = confirm,
    .feed = feed_sse,
};
