#include "message.h"

#include <stdlib.h>
#include <string.h>

#include "ff_hash.h"
#include "ff_json.h"

#define EVENT_JOINED "document.joined"

ff_err message_new(struct ff_bus_msg *bus, struct message **out_message)
{
    struct message *message = ff_new(struct message);
    ff_err err = ff_message_read(bus, &message->names, &message->m);

    if (err != FF_OK) {
        free(message);
        return err;
    }
    atomic_init(&message->refs, 1);
    message->bus = ff_bus_msg_ref(bus);
    message->whisper = ff_slice_is(message->m.kind, "whisper");
    *out_message = message;
    return FF_OK;
}

struct message *message_ref(struct message *message)
{
    atomic_fetch_add_explicit(&message->refs, 1, memory_order_relaxed);
    return message;
}

void message_unref(struct message **message)
{
    struct message *gone = *message;

    *message = NULL;
    if (gone == NULL || atomic_fetch_sub(&gone->refs, 1) != 1)
        return;
    for (int i = 0; i < FRAME_FORMAT_COUNT; i++) {
        struct frame *frame = atomic_load(&gone->frames[i]);
        frame_unref(&frame);
    }
    ff_bus_msg_unref(&gone->bus);
    free(gone);
}

bool message_is_for(const struct message *message, struct ff_slice user,
                    const char *connection_id)
{
    const struct ff_message *m = &message->m;

    if (m->except.len > 0 && ff_slice_is(m->except, connection_id))
        return false;
    if (m->recipients.len == 0)
        return true;
    return user.len > 0 && ff_recipients_has(m->recipients, user);
}

/* --- JSON ------------------------------------------------------------------ */

static bool is_joined(const struct message *message)
{
    return message->whisper && ff_slice_is(message->m.event, EVENT_JOINED);
}

static struct ff_slice event_of(const struct message *message)
{
    if (message->m.event.len == 0)
        return FF_SLICE_LIT("message");
    return message->m.event;
}

static const char *action_of(const struct message *message)
{
    if (message->m.channel.len == 0)
        return "broadcast";
    if (is_joined(message))
        return EVENT_JOINED;
    return message->whisper ? "whisper" : "message";
}

static void add_user(struct ff_buf *out, const char *key, struct ff_slice user)
{
    ff_buf_addf(out, ",\"%s\":", key);
    if (user.len > 0)
        ff_json_add_string(out, user);
    else
        ff_buf_adds(out, "null");
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

enum body { BODY_RAW, BODY_ONE_LINE, BODY_NONE };

static void add_body(const struct ff_message *m, enum body body,
                     struct ff_buf *out)
{
    struct ff_slice json = m->body.len > 0 ? m->body : FF_SLICE_LIT("null");

    if (body == BODY_NONE)
        return;
    if (m->binary) {
        add_base64(out, m->body);
        return;
    }
    ff_buf_adds(out, ",\"message\":");
    if (body == BODY_RAW)
        ff_buf_addslice(out, json);
    else
        add_one_line(out, json);
}

static void add_numbers(const struct ff_message *m, struct ff_buf *out)
{
    ff_buf_addf(out, ",\"timestamp\":%lld", (long long)m->time_ms);
    if (m->id.len > 0) {
        ff_buf_adds(out, ",\"id\":");
        ff_json_add_string(out, m->id);
    }
    if (m->offset > 0)
        ff_buf_addf(out, ",\"offset\":%llu", (unsigned long long)m->offset);
    if (m->version > 0)
        ff_buf_addf(out, ",\"version\":%llu", (unsigned long long)m->version);
}

/* Members joined by commas, one comma before the first. */
static void add_members(const struct message *message, enum body body,
                        struct ff_buf *out)
{
    const struct ff_message *m = &message->m;

    if (m->channel.len > 0) {
        ff_buf_adds(out, ",\"channel\":");
        ff_json_add_string(out, m->channel);
    }
    if (is_joined(message)) {
        add_user(out, "user_id", m->sender);
        return;
    }
    ff_buf_adds(out, ",\"event\":");
    ff_json_add_string(out, event_of(message));
    add_body(m, body, out);
    add_user(out, "sender", m->sender);
    if (!message->whisper)
        add_numbers(m, out);
}

void message_write_json(const struct message *message, struct ff_buf *out)
{
    size_t from = out->len;

    add_members(message, BODY_ONE_LINE, out);
    out->data[from] = '{';
    ff_buf_addc(out, '}');
}

/* --- frames ---------------------------------------------------------------- */

static struct frame *make_ws(const struct message *message)
{
    const struct ff_message *m = &message->m;
    struct ff_buf text = {0};

    ff_buf_addf(&text, "{\"action\":\"%s\"", action_of(message));
    add_members(message, m->binary ? BODY_NONE : BODY_RAW, &text);
    ff_buf_addc(&text, '}');
    if (m->binary) {
        ff_buf_addc(&text, '\n');
        ff_buf_addslice(&text, m->body);
    }
    struct frame *frame = frame_ws(ff_buf_slice(&text), m->binary);
    ff_buf_fini(&text);
    return frame;
}

/* An event name may hold anything; a line of the stream may not. */
static void add_event_line(struct ff_buf *out, struct ff_slice event)
{
    ff_buf_adds(out, "event: ");
    for (size_t i = 0; i < event.len; i++) {
        unsigned char c = (unsigned char)event.data[i];
        ff_buf_addc(out, c < 0x20 ? ' ' : event.data[i]);
    }
    ff_buf_addc(out, '\n');
}

static struct frame *make_sse(const struct message *message)
{
    struct ff_buf text = {0};

    add_event_line(&text, event_of(message));
    ff_buf_adds(&text, "data: ");
    message_write_json(message, &text);
    ff_buf_adds(&text, "\n\n");
    struct frame *frame = frame_new(text.len);
    memcpy(frame->data, text.data, text.len);
    ff_buf_fini(&text);
    return frame;
}

static struct frame *(*const makers[FRAME_FORMAT_COUNT])(
    const struct message *) = {
    [FRAME_WS] = make_ws,
    [FRAME_SSE] = make_sse,
};

/* Two workers may both encode; the first one's frame stays. */
const struct frame *message_frame(struct message *message,
                                  enum frame_format format)
{
    struct frame *there = atomic_load(&message->frames[format]);

    if (there != NULL)
        return there;
    struct frame *made = makers[format](message);
    if (atomic_compare_exchange_strong(&message->frames[format], &there, made))
        return made;
    frame_unref(&made);
    return there;
}
