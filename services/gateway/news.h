#ifndef GATEWAY_NEWS_H
#define GATEWAY_NEWS_H

/*
 * Changes of a channel's members on their way to many connections: made by the
 * hub, then immutable and counted by references, any thread. Nobody is told of
 * coming and going oneself, but of the count after it: the few who are named
 * in it get a frame of their own, all others share one for each wire format,
 * encoded by the first who needs it.
 */

#include "message.h"

struct news;

/* To be filled in order of user ids before anybody else sees it. count: members after it. */
struct news *news_new(const char *channel, int64_t count);
void news_add_joined(struct news *news, const char *user_id,
                     struct ff_slice member);
void news_add_left(struct news *news, const char *user_id);
void news_add_changed(struct news *news, struct ff_slice change);
size_t news_bytes(const struct news *news);

struct news *news_ref(struct news *news);
void news_unref(struct news **news);

/* Whether it tells that this user joined or left. */
bool news_names(const struct news *news, struct ff_slice user);
/* Borrowed from it. */
const struct frame *news_frame(struct news *news, enum frame_format format);
/* The frame's text without what it says of this user; the count is always in it. */
void news_write_without(const struct news *news, struct ff_slice user,
                        struct ff_buf *out);

#endif
