#ifndef GATEWAY_MESSAGE_H
#define GATEWAY_MESSAGE_H

/*
 * One channel message on its way to many connections, and its frames: each wire format is encoded once, by the first
 * who needs it, and shared. Immutable but for that; counted by references; any thread.
 */

#include <stdatomic.h>

#include "ff_message.h"

enum frame_format { FRAME_WS, FRAME_SSE, FRAME_FORMAT_COUNT };

/*
 * Ready bytes: a WebSocket frame with its header, or a whole SSE event, "event: …\ndata: …\n\n" (the id line, which is per
 * stream, is put before it).
 */
struct frame {
    atomic_uint refs;
    bool binary;
    size_t len;
    char data[];
};

struct frame *frame_new(size_t len); /* refs 1 */
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame **frame);
struct frame *frame_bytes(struct ff_slice bytes); /* as they are */
struct frame *frame_of_buf(struct ff_buf *text);  /* the same; empties text */
/* A text (or binary) WebSocket frame around a payload: unmasked, FIN, RFC 6455 5.2. */
struct frame *frame_ws(struct ff_slice payload, bool binary);

/* The frames of one thing: any thread makes them, who is first gives its own to all. */
struct frames {
    _Atomic(struct frame *) of[FRAME_FORMAT_COUNT];
};

void frames_fini(struct frames *frames);
/* NULL: not made yet. Borrowed from frames. */
static inline const struct frame *frames_get(const struct frames *frames,
                                             enum frame_format format)
{
    return atomic_load(&frames->of[format]);
}
/* Takes what was made, and gives back the one that stays. */
const struct frame *frames_keep(struct frames *frames, enum frame_format format,
                                struct frame *made);

struct message {
    atomic_uint refs;
    struct ff_bus_msg *bus; /* what all slices borrow from */
    struct ff_message_names names;
    struct ff_message m;
    struct frames frames;
};

/* Takes a reference of bus. FF_E_PROTO. */
FF_MUST_USE ff_err message_new(struct ff_bus_msg *bus,
                               struct message **out_message);
struct message *message_ref(struct message *message);
void message_unref(struct message **message);
/* Borrowed from the message. */
const struct frame *message_frame(struct message *message,
                                  enum frame_format format);
/* Whether this user, on this connection, gets it: recipients and except. user empty: anonymous. */
bool message_is_for(const struct message *message, struct ff_slice user,
                    const char *connection_id);

#endif
