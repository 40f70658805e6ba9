#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

/*
 * A page of the stream, its messages decoded once for all who asked; and what
 * it proves. Marks of a removal are in it: they are positions, but nobody is
 * shown them.
 */

#include "message.h"

struct ff_history_page;

struct page {
    uint64_t from;
    bool cut, from_seen;
    struct message **items;
    size_t count;
};

void page_init(struct page *page, uint64_t from,
               const struct ff_history_page *read);
void page_fini(struct page *page);
/* The offset of its last message; 0: it has none. */
uint64_t page_end(const struct page *page);
bool page_has(const struct page *page, uint64_t offset);
/* The first message with a greater offset, or count. */
size_t page_after(const struct page *page, uint64_t offset);
/*
 * Whether nothing between offset and the end of the page can be missing. What
 * leaves a stream leaves it from the front: so nothing after a message that is
 * still there has gone.
 */
bool page_whole_after(const struct page *page, uint64_t offset);

bool message_is_mark(const struct message *message);
/* All up to it was removed; 0: everything before the mark. */
uint64_t message_mark_offset(const struct message *mark);

#endif
