#ifndef GATEWAY_CONN_FRAMES_H
#define GATEWAY_CONN_FRAMES_H

/*
 * The frames that the transport itself makes: replies to one connection,
 * pings, comments, ends. The caller owns what it gets. Pure; any thread.
 *
 * Source: RFC 6455 section 5.5 (control frames).
 */

#include "message.h"

/* An event of a stream; event, id: NULL for none. */
struct frame *frame_event(const char *event, const char *id,
                          struct ff_slice data);
struct frame *frame_id_line(const char *id); /* put before a shared event */
struct frame *frame_comment(void);           /* keeps a silent stream awake */
struct frame *frame_ping(void);
struct frame *frame_ws_close_with(struct ff_slice payload);
/* reason: NULL for none; cut to 123 bytes. */
struct frame *frame_ws_close(ff_err err, const char *reason);
struct frame *frame_sse_close(ff_err err, const char *reason);

#endif
