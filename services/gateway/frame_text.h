#ifndef GATEWAY_FRAME_TEXT_H
#define GATEWAY_FRAME_TEXT_H

/*
 * The frames that a session says, as JSON text: one small function each, appended to a buffer. Messages have their
 * own in message.h. ref: the client's raw JSON, empty when there is none. Pure; any thread.
 */

#include "handoff.h"

void text_welcome(struct ff_buf *out, const char *connection,
                  const struct ff_identity *who, int64_t heartbeat_ms,
                  int64_t now_ms);
void text_authenticated(struct ff_buf *out, const struct ff_identity *who,
                        struct ff_slice ref);
/* channel NULL: not told. why NULL or empty: the error's own text. */
void text_error(struct ff_buf *out, ff_err err, const struct ff_why *why,
                const char *channel, struct ff_slice ref);
/* An error that also tells members of answer, a JSON object: version and missed. */
void text_conflict(struct ff_buf *out, const struct ff_why *why,
                   struct ff_slice answer, struct ff_slice ref);
/* position NULL: not told. presence: a JSON object; empty: not told. */
void text_subscribed(struct ff_buf *out, const char *channel,
                     const struct position *position, enum recovered recovered,
                     struct ff_slice presence, struct ff_slice ref);
void text_unsubscribed(struct ff_buf *out, const char *channel,
                       struct ff_slice ref);
/* offset 0: not a stored message. */
void text_ack(struct ff_buf *out, const char *id, uint64_t offset,
              bool duplicate, struct ff_slice ref);
void text_pong(struct ff_buf *out, struct ff_slice ref);
void text_batch(struct ff_buf *out, size_t count, struct ff_slice ref);
void text_status(struct ff_buf *out, bool certain);
void text_going_away(struct ff_buf *out, const char *message,
                     int64_t within_ms);
void text_gap(struct ff_buf *out, const char *channel,
              const struct position *position);
/* Members of answer, the documents service's JSON object: version, document. */
void text_document(struct ff_buf *out, const char *channel,
                   struct ff_slice answer, struct ff_slice ref);
void text_updated(struct ff_buf *out, const char *channel,
                  struct ff_slice answer, struct ff_slice ref);

/* channel NULL: all online users. list: members of a JSON object, without its braces. */
void text_presence_list(struct ff_buf *out, const char *channel,
                        struct ff_slice list, struct ff_slice ref);
/* Members of record, the presence service's JSON object: status, activity. */
void text_presence_set(struct ff_buf *out, struct ff_slice record,
                       struct ff_slice ref);

/* A history answer: begin, the messages joined by commas, end. */
void text_history_begin(struct ff_buf *out, const char *channel);
void text_history_end(struct ff_buf *out, const struct position *position,
                      bool has_more, struct ff_slice ref);

#endif
