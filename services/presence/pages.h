#ifndef PRESENCE_PAGES_H
#define PRESENCE_PAGES_H

/*
 * Lists of members page by page. Page 0 freezes the list of one version; the pages after it are read from that, until
 * nobody has read one for PAGES_KEEP_MS, or too much is frozen and it is the one that waits longest. A list of one
 * page is not kept. Pure: time is given. One thread.
 */

#include "roster.h"

#define PAGES_KEEP_MS   10000
#define PAGES_BYTES_MAX (500 * 1024) /* of a page; one member is always on it */
#define PAGES_FACES_MAX 8000000      /* that all frozen lists hold */

struct pages;
struct pages *pages_new(size_t page_members);
void pages_free(struct pages **pages);

/* Which list. The channel of page 0 is flushed and may be NULL. */
struct pages_key {
    const char *app, *channel;
    int64_t version;
};

struct page {
    size_t count; /* members of the whole list */
    bool more;    /* there are pages behind it */
};

/* Members joined by commas are appended to out. */
void pages_first(struct pages *pages, const struct pages_key *key,
                 const struct channel *channel, int64_t now_ms,
                 struct ff_buf *out, struct page *out_page);
/* FF_E_CONFLICT: it is not frozen any more; FF_E_INVALID: it has no such page. */
FF_MUST_USE ff_err pages_next(struct pages *pages, const struct pages_key *key,
                              size_t number, int64_t now_ms, struct ff_buf *out,
                              struct page *out_page);
void pages_expire(struct pages *pages, int64_t now_ms);

#endif
