#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

/*
 * A page of the stream, its messages decoded once for all who asked; and what
 * it proves. Marks of a removal are in it: they are positions, but nobody is
 * shown them.
 */

#include "message.h"

struct ff_history_page;
struct ff_history_query;

struct page {
    uint64_t from;
    bool newest, cut, from_seen; /* as in ff_history.h */
    uint64_t first, last, per_channel;
    struct message **items;
    size_t count;
};

void page_init(struct page *page, const struct ff_history_query *query,
               const struct ff_history_page *read);
void page_fini(struct page *page);
/* The offset of its last message; 0: it has none. */
uint64_t page_end(const struct page *page);
bool page_has(const struct page *page, uint64_t offset);
/* The first message with a greater offset, or count. */
size_t page_after(const struct page *page, uint64_t offset);
/*
 * Whether all that came after offset (at least from) up to the page's end is
 * in it. What leaves a channel leaves it from the front: so while the message
 * at `from` is there, nothing behind it has gone; nor while the stream as a
 * whole reaches back that far, unless the channel has as many messages as it
 * may. A page is read in steps, and
 * its first message may have left before the last was read: that of another
 * message then has to be read again, from there.
 */
enum page_proof { PAGE_WHOLE, PAGE_LACKS, PAGE_UNSURE };
enum page_proof page_proof(const struct page *page, uint64_t offset);
/*
 * Who had everything when history was removed is as far as the mark of it: the
 * mark's offset if the page begins with it, else offset itself.
 */
uint64_t page_past_mark(const struct page *page, uint64_t offset);

bool message_is_mark(const struct message *message);
/* A mark that something after offset was removed, as far as it tells. */
bool message_removes_after(const struct message *message, uint64_t offset);
/* All up to it was removed; 0: everything before the mark. */
uint64_t message_mark_offset(const struct message *mark);

#endif
