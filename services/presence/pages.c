#include "pages.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "ff_map.h"

struct frozen {
    TAILQ_ENTRY(frozen) order;
    char *key;
    struct face **faces;
    size_t count, cap;
    size_t *starts; /* of the pages */
    size_t page_count, starts_cap;
    size_t bytes; /* of the last page, while it is made */
    size_t page_members;
    int64_t used_ms;
};

struct pages {
    size_t page_members;
    size_t faces; /* of all */
    struct ff_map *by_key;
    TAILQ_HEAD(frozen_list, frozen) order; /* the longest unused first */
};

struct pages *pages_new(size_t page_members)
{
    struct pages *pages = ff_new(struct pages);

    pages->page_members = page_members;
    pages->by_key = ff_map_new();
    TAILQ_INIT(&pages->order);
    return pages;
}

static void frozen_free(struct frozen *list)
{
    for (size_t i = 0; i < list->count; i++)
        face_unref(&list->faces[i]);
    free(list->faces);
    free(list->starts);
    free(list->key);
    free(list);
}

static void drop(struct pages *pages, struct frozen *list)
{
    TAILQ_REMOVE(&pages->order, list, order);
    ff_map_removes(pages->by_key, list->key);
    pages->faces -= list->count;
    frozen_free(list);
}

void pages_free(struct pages **pages)
{
    struct frozen *list;

    if (*pages == NULL)
        return;
    while ((list = TAILQ_FIRST(&(*pages)->order)) != NULL)
        drop(*pages, list);
    ff_map_free(&(*pages)->by_key);
    free(*pages);
    *pages = NULL;
}

static bool is_over(const struct pages *pages, const struct frozen *list,
                    int64_t now_ms)
{
    bool is_last = TAILQ_NEXT(list, order) == NULL;

    return now_ms - list->used_ms > PAGES_KEEP_MS ||
           (pages->faces > PAGES_FACES_MAX && !is_last);
}

void pages_expire(struct pages *pages, int64_t now_ms)
{
    struct frozen *list = TAILQ_FIRST(&pages->order), *next;

    for (; list != NULL && is_over(pages, list, now_ms); list = next) {
        next = TAILQ_NEXT(list, order);
        drop(pages, list);
    }
}

/* --- freezing --------------------------------------------------------------------- */

static bool is_full(const struct frozen *list, const struct face *next)
{
    if (list->page_count == 0)
        return true;
    size_t members = list->count - list->starts[list->page_count - 1];
    return members >= list->page_members ||
           list->bytes + next->len + 1 > PAGES_BYTES_MAX;
}

static void add_face(void *ctx, struct face *face)
{
    struct frozen *list = ctx;

    if (is_full(list, face)) {
        list->starts = ff_grow(list->starts, &list->starts_cap,
                               list->page_count + 1, sizeof(*list->starts));
        list->starts[list->page_count++] = list->count;
        list->bytes = 0;
    }
    list->faces =
        ff_grow(list->faces, &list->cap, list->count + 1, sizeof(*list->faces));
    list->faces[list->count++] = face_ref(face);
    list->bytes += face->len + 1;
}

static struct frozen *freeze(struct pages *pages, const struct channel *channel)
{
    struct frozen *list = ff_new(struct frozen);

    list->page_members = pages->page_members;
    roster_walk(channel, add_face, list);
    return list;
}

static char *make_key(const struct pages_key *key)
{
    return ff_asprintf("%s %lld %s", key->app, (long long)key->version,
                       key->channel);
}

static void keep(struct pages *pages, struct frozen *list, char *key,
                 int64_t now_ms)
{
    list->key = key;
    list->used_ms = now_ms;
    ff_map_puts(pages->by_key, key, list);
    TAILQ_INSERT_TAIL(&pages->order, list, order);
    pages->faces += list->count;
    pages_expire(pages, now_ms);
}

/* --- reading ---------------------------------------------------------------------- */

static void use(struct pages *pages, struct frozen *list, int64_t now_ms)
{
    list->used_ms = now_ms;
    TAILQ_REMOVE(&pages->order, list, order);
    TAILQ_INSERT_TAIL(&pages->order, list, order);
}

static void write_page(const struct frozen *list, size_t number,
                       struct ff_buf *out, struct page *out_page)
{
    bool more = number + 1 < list->page_count;
    size_t i = list->page_count > 0 ? list->starts[number] : 0;
    size_t end = more ? list->starts[number + 1] : list->count;

    for (const char *comma = ""; i < end; i++, comma = ",") {
        ff_buf_adds(out, comma);
        ff_buf_addslice(out, face_text(list->faces[i]));
    }
    *out_page = (struct page){list->count, more};
}

void pages_first(struct pages *pages, const struct pages_key *key,
                 const struct channel *channel, int64_t now_ms,
                 struct ff_buf *out, struct page *out_page)
{
    char *text = make_key(key);
    struct frozen *list = ff_map_gets(pages->by_key, text);

    if (list != NULL) {
        use(pages, list, now_ms);
        write_page(list, 0, out, out_page);
        free(text);
        return;
    }
    list = freeze(pages, channel);
    write_page(list, 0, out, out_page);
    if (out_page->more) {
        keep(pages, list, text, now_ms);
        return;
    }
    frozen_free(list);
    free(text);
}

ff_err pages_next(struct pages *pages, const struct pages_key *key,
                  size_t number, int64_t now_ms, struct ff_buf *out,
                  struct page *out_page)
{
    char *text = make_key(key);
    struct frozen *list = ff_map_gets(pages->by_key, text);

    free(text);
    if (list == NULL)
        return FF_E_CONFLICT;
    if (number >= list->page_count)
        return FF_E_INVALID;
    use(pages, list, now_ms);
    write_page(list, number, out, out_page);
    return FF_OK;
}
