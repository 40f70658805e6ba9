#ifndef FF_DELIVERY_H
#define FF_DELIVERY_H

/*
 * A message as clients read it: in live frames, event streams, and history answers, wherever it comes from.
 */

#include "ff_message.h"

/* The whisper that tells of one who opened a document; it has no event and no message, but "user_id". */
#define FF_EVENT_JOINED "document.joined"

/* How the body is given. */
enum ff_delivery_body {
    FF_DELIVERY_AS_IS,    /* JSON as it came, bytes as base64 with "encoding" */
    FF_DELIVERY_ONE_LINE, /* the same without line breaks */
    FF_DELIVERY_APART,    /* not at all: bytes that follow the object */
};

/* What the frame of a WebSocket calls it; a literal. */
const char *ff_delivery_action(const struct ff_message *message);
/* "message" when it was given none. */
struct ff_slice ff_delivery_event(const struct ff_message *message);
/* Its members appended to out, a comma before each: ,"channel","event","message",… */
void ff_delivery_add_members(const struct ff_message *message,
                             enum ff_delivery_body body, struct ff_buf *out);
/* The object without "action" appended to out, on one line. */
void ff_delivery_write(const struct ff_message *message, struct ff_buf *out);

#endif
