#include "pages.h"

#include <string.h>

/* Whether path with this ending is the page's. */
static bool is_page(const struct page *page, struct ff_slice path,
                    const char *ending)
{
    size_t rest = strlen(ending);
    return strlen(page->path) == path.len + rest &&
           memcmp(page->path, path.data, path.len) == 0 &&
           strcmp(page->path + path.len, ending) == 0;
}

const struct page *pages_find(struct ff_slice path)
{
    if (path.len == 0)
        return NULL;
    bool folder = path.data[path.len - 1] == '/';
    for (const struct page *page = pages_data; page->path; page++)
        if (is_page(page, path, folder ? "index.html" : "") ||
            (!folder && is_page(page, path, ".html")))
            return page;
    return NULL;
}

bool pages_has(struct ff_slice path)
{
    return pages_find(path) != NULL;
}
