#ifndef GATEWAY_SSE_HTTP_H
#define GATEWAY_SSE_HTTP_H

/*
 * HTTP answers and event streams as bytes: heads, refusals, events, comments.
 * Pure; any thread.
 *
 * Sources: RFC 9112 (heads), WHATWG HTML 9.2 (server-sent events).
 */

#include "handshake.h"

/* A whole answer; the connection ends after it. header may be NULL. */
void http_answer(struct ff_buf *out, int status, const char *type,
                 const char *header, struct ff_slice body, bool with_body);
/* {"error":{"code","message","field"?}} */
void http_refusal(struct ff_buf *out, const struct refusal *refusal);

/* Lines for a browser of another origin; empty when no origin was told. */
void http_cors(struct ff_buf *out, const struct handshake_rules *rules,
               struct ff_slice origin);
void http_preflight(struct ff_buf *out, const struct handshake_rules *rules,
                    struct ff_slice origin);

/* The beginning of an event stream, with its retry line. */
void sse_head(struct ff_buf *out, const struct handshake_rules *rules,
              struct ff_slice origin);
/*
 * One event. Line ends of any kind in data make further data lines, and none
 * of them reaches event or id. event, id: NULL for none.
 */
void sse_event(struct ff_buf *out, const char *event, const char *id,
               struct ff_slice data);
/* The line "id: …" that is put before a shared event. */
void sse_id_line(struct ff_buf *out, const char *id);
#endif
