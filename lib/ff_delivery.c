#include "ff_delivery.h"

#include <inttypes.h>

#include "ff_hash.h"

static bool is_whisper(const struct ff_message *message)
{
    return ff_slice_is(message->kind, "whisper");
}

static bool is_joined(const struct ff_message *message)
{
    return is_whisper(message) && ff_slice_is(message->event, FF_EVENT_JOINED);
}

const char *ff_delivery_action(const struct ff_message *message)
{
    if (message->channel.len == 0)
        return "broadcast";
    if (is_joined(message))
        return FF_EVENT_JOINED;
    return is_whisper(message) ? "whisper" : "message";
}

struct ff_slice ff_delivery_event(const struct ff_message *message)
{
    if (message->event.len == 0)
        return FF_SLICE_LIT("message");
    return message->event;
}

static void add_text(struct ff_buf *out, const char *key, struct ff_slice text)
{
    ff_buf_addf(out, ",\"%s\":", key);
    ff_json_add_string(out, text);
}

static void add_user(struct ff_buf *out, const char *key, struct ff_slice user)
{
    if (user.len > 0)
        add_text(out, key, user);
    else
        ff_buf_addf(out, ",\"%s\":null", key);
}

/* A line break outside a string is only white space; on an event stream it would end the line. */
static void add_one_line(struct ff_buf *out, struct ff_slice json)
{
    size_t from = out->len;

    ff_buf_addslice(out, json);
    for (size_t i = from; i < out->len; i++) {
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
    }
}

static void add_base64(struct ff_buf *out, struct ff_slice bytes)
{
    ff_buf_adds(out, ",\"message\":\"");
    ff_base64(out, bytes);
    ff_buf_adds(out, "\",\"encoding\":\"base64\"");
}

static void add_body(const struct ff_message *message,
                     enum ff_delivery_body body, struct ff_buf *out)
{
    struct ff_slice json =
        message->body.len > 0 ? message->body : FF_SLICE_LIT("null");

    if (body == FF_DELIVERY_APART)
        return;
    if (message->binary) {
        add_base64(out, message->body);
        return;
    }
    ff_buf_adds(out, ",\"message\":");
    if (body == FF_DELIVERY_AS_IS)
        ff_buf_addslice(out, json);
    else
        add_one_line(out, json);
}

static void add_numbers(const struct ff_message *message, struct ff_buf *out)
{
    ff_buf_addf(out, ",\"timestamp\":%" PRId64, message->time_ms);
    if (message->id.len > 0)
        add_text(out, "id", message->id);
    if (message->offset > 0)
        ff_buf_addf(out, ",\"offset\":%" PRIu64, message->offset);
    if (message->version > 0)
        ff_buf_addf(out, ",\"version\":%" PRIu64, message->version);
}

void ff_delivery_add_members(const struct ff_message *message,
                             enum ff_delivery_body body, struct ff_buf *out)
{
    if (message->channel.len > 0)
        add_text(out, "channel", message->channel);
    if (is_joined(message)) {
        add_user(out, "user_id", message->sender);
        return;
    }
    add_text(out, "event", ff_delivery_event(message));
    add_body(message, body, out);
    add_user(out, "sender", message->sender);
    if (!is_whisper(message))
        add_numbers(message, out);
}

void ff_delivery_write(const struct ff_message *message, struct ff_buf *out)
{
    size_t from = out->len;

    ff_delivery_add_members(message, FF_DELIVERY_ONE_LINE, out);
    out->data[from] = '{';
    ff_buf_addc(out, '}');
}
