#include "ff_delivery.h"

#include <inttypes.h>

#include "ff_hash.h"

static void add_text(struct ff_buf *out, const char *name,
                     struct ff_slice value)
{
    ff_buf_addf(out, "\"%s\":", name);
    ff_json_add_string(out, value);
}

static void add_members(const struct ff_message *message, struct ff_buf *out)
{
    if (message->channel.len > 0) {
        add_text(out, "channel", message->channel);
        ff_buf_addc(out, ',');
    }
    add_text(out, "event",
             message->event.len ? message->event : FF_SLICE_LIT("message"));
    if (message->sender.len > 0) {
        ff_buf_addc(out, ',');
        add_text(out, "sender", message->sender);
    } else {
        ff_buf_adds(out, ",\"sender\":null");
    }
    ff_buf_addf(out, ",\"timestamp\":%" PRId64 ",", message->time_ms);
    add_text(out, "id", message->id);
    if (message->offset > 0)
        ff_buf_addf(out, ",\"offset\":%" PRIu64, message->offset);
    if (message->version > 0)
        ff_buf_addf(out, ",\"version\":%" PRIu64, message->version);
}

void ff_delivery_write(const struct ff_message *message, struct ff_buf *out)
{
    ff_buf_addc(out, '{');
    add_members(message, out);
    ff_buf_adds(out, ",\"message\":");
    if (message->binary) {
        ff_buf_addc(out, '"');
        ff_base64(out, message->body);
        ff_buf_adds(out, "\",\"encoding\":\"base64\"");
    } else if (message->body.len > 0) {
        ff_buf_addslice(out, message->body);
    } else {
        ff_buf_adds(out, "null");
    }
    ff_buf_addc(out, '}');
}
