#include "page.h"

#include <stdlib.h>

#include "ff_history.h"

void page_init(struct page *page, const struct ff_history_query *query,
               const struct ff_history_page *read)
{
    *page = (struct page){
        .from = query->from,
        .newest = query->newest,
        .cut = read->cut,
        .from_seen = read->from_seen,
        .first = read->first,
        .last = read->last,
        .per_channel = read->per_channel,
    };
    page->items = ff_alloc((read->count + 1) * sizeof(*page->items));
    for (size_t i = 0; i < read->count; i++) {
        if (message_new(read->msgs[i], &page->items[page->count]) == FF_OK)
            page->count++;
    }
}

void page_fini(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        message_unref(&page->items[i]);
    free(page->items);
    *page = (struct page){0};
}

uint64_t page_end(const struct page *page)
{
    return page->count == 0 ? 0 : page->items[page->count - 1]->m.offset;
}

size_t page_after(const struct page *page, uint64_t offset)
{
    size_t low = 0, high = page->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (page->items[middle]->m.offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool page_has(const struct page *page, uint64_t offset)
{
    size_t after = page_after(page, offset);

    return after > 0 && page->items[after - 1]->m.offset == offset;
}

/* Older messages did not fit. */
static bool is_headless(const struct page *page)
{
    return page->cut && page->newest;
}

/*
 * Nothing after offset left the stream, of any channel; and the channel is far
 * from having as many messages as it may, also if the replica lagged that the
 * page was read from.
 */
static bool none_left(const struct page *page, uint64_t offset)
{
    size_t after = page_after(page, offset);

    if (page->cut || page->first > offset + 1)
        return false;
    for (size_t i = after; i < page->count; i++) {
        if (message_removes_after(page->items[i], offset))
            return false;
    }
    return page->per_channel == 0 ||
           page->count - after < page->per_channel / 2;
}

enum page_proof page_proof(const struct page *page, uint64_t offset)
{
    bool whole = page->from_seen || none_left(page, offset);

    if (page_after(page, offset) > 0)
        return whole ? PAGE_WHOLE : PAGE_UNSURE;
    return whole && !is_headless(page) ? PAGE_WHOLE : PAGE_LACKS;
}

uint64_t page_past_mark(const struct page *page, uint64_t offset)
{
    if (is_headless(page) || page->count == 0 ||
        !message_is_mark(page->items[0]))
        return offset;
    uint64_t removed = message_mark_offset(page->items[0]);
    if (removed == 0 || removed > offset)
        return offset;
    uint64_t mark = page->items[0]->m.offset;
    return mark > offset ? mark : offset;
}

bool message_is_mark(const struct message *message)
{
    return ff_slice_is(message->m.kind, "removed");
}

bool message_removes_after(const struct message *message, uint64_t offset)
{
    if (!message_is_mark(message))
        return false;
    uint64_t removed = message_mark_offset(message);
    return removed == 0 || removed > offset;
}

uint64_t message_mark_offset(const struct message *mark)
{
    json_t *body = NULL;
    uint64_t offset = 0;

    if (ff_json_parse_object(mark->m.body, &body, NULL) == FF_OK)
        offset = (uint64_t)json_integer_value(json_object_get(body, "offset"));
    json_decref(body);
    return offset;
}
