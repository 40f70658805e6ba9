#include "message.h"

#include <stdlib.h>

#include "ff_delivery.h"

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
    frames_fini(&gone->frames);
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

/* --- frames ---------------------------------------------------------------- */

static struct frame *make_ws(const struct message *message)
{
    const struct ff_message *m = &message->m;
    struct ff_buf text = {0};

    ff_buf_addf(&text, "{\"action\":\"%s\"", ff_delivery_action(m));
    ff_delivery_add_members(
        m, m->binary ? FF_DELIVERY_APART : FF_DELIVERY_AS_IS, &text);
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

    add_event_line(&text, ff_delivery_event(&message->m));
    ff_buf_adds(&text, "data: ");
    ff_delivery_write(&message->m, &text);
    ff_buf_adds(&text, "\n\n");
    return frame_of_buf(&text);
}

static struct frame *(*const makers[FRAME_FORMAT_COUNT])(
    const struct message *) = {
    [FRAME_WS] = make_ws,
    [FRAME_SSE] = make_sse,
};

const struct frame *message_frame(struct message *message,
                                  enum frame_format format)
{
    const struct frame *there = frames_get(&message->frames, format);

    if (there != NULL)
        return there;
    return frames_keep(&message->frames, format, makers[format](message));
}
