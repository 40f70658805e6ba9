#include "page.h"

#include <stdlib.h>

#include "ff_history.h"

void page_init(struct page *page, uint64_t from,
               const struct ff_history_page *read)
{
    *page = (struct page){
        .from = from, .cut = read->cut, .from_seen = read->from_seen};
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

bool page_whole_after(const struct page *page, uint64_t offset)
{
    if (page_after(page, offset) > 0)
        return true;
    if (page->cut || offset < page->from)
        return false;
    if (page->from_seen)
        return true;
    if (page->count == 0 || !message_is_mark(page->items[0]))
        return false;
    uint64_t removed = message_mark_offset(page->items[0]);
    return removed > 0 && removed <= offset;
}

bool message_is_mark(const struct message *message)
{
    return ff_slice_is(message->m.kind, "removed");
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
