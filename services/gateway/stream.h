#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

/*
 * How far an event stream has got, channel by channel, and the text of it: the id that EventSource gives back as
 * Last-Event-ID when it connects again to the same URL.
 *
 *   id = names "-" epoch *("." offset)        as many offsets as the URL has channels, in its order
 *
 * names is a check of the channel list, offsets are in base 36, empty for a channel that keeps no history. An id never
 * says more than was queued to this stream. While its channels are of different epochs there is none: the client keeps the old id,
 * and is told of the loss should it come back with it. One thread.
 */

#include "handoff.h"

#define STREAM_ID_MAX 8192

struct stream;
/* channels ends with NULL; copied. */
struct stream *stream_new(const char *const *channels);
void stream_free(struct stream **stream);
size_t stream_count(const struct stream *stream);
const char *stream_channel(const struct stream *stream, size_t index);
/* The first of this name; stream_count() when there is none. */
size_t stream_find(const struct stream *stream, const char *channel);

/* Begin where an id ended. false: not an id of this channel list; every channel counts as lost then. */
bool stream_resume(struct stream *stream, const char *id);
/* What to ask the hub for: false when the channel begins anew. */
bool stream_position(const struct stream *stream, size_t index,
                     struct position *out);

/* position unknown: no history. */
void stream_set(struct stream *stream, size_t index,
                const struct position *position);
/* A message with this offset was queued; nothing for one without. */
void stream_move(struct stream *stream, size_t index, uint64_t offset);
/* Appends the id; false when there is none. */
bool stream_id(const struct stream *stream, struct ff_buf *out);

#endif
