#include "news.h"

#include <stdlib.h>
#include <string.h>

#include "conn_frames.h"
#include "ff_json.h"

#define HEAD "{\"action\":\"presence\""

struct item {
    char *user_id; /* NULL: nobody's */
    char *json;
};

struct items {
    const char *name;
    struct item *items;
    size_t count, cap;
};

enum { JOINED, LEFT, CHANGED, KINDS };

struct news {
    atomic_uint refs;
    char *channel;
    int64_t count;
    size_t bytes;
    struct items kinds[KINDS];
    struct frames frames;
};

struct news *news_new(const char *channel, int64_t count)
{
    static const char *const names[KINDS] = {
        [JOINED] = "joined", [LEFT] = "left", [CHANGED] = "changed"};
    struct news *news = ff_new(struct news);

    atomic_init(&news->refs, 1);
    news->channel = ff_strdup(channel);
    news->count = count;
    for (int kind = 0; kind < KINDS; kind++)
        news->kinds[kind].name = names[kind];
    return news;
}

static void add(struct news *news, int kind, const char *user_id, char *json)
{
    struct items *all = &news->kinds[kind];

    all->items =
        ff_grow(all->items, &all->cap, all->count + 1, sizeof(all->items[0]));
    all->items[all->count++] = (struct item){ff_strdup(user_id), json};
    news->bytes += strlen(json);
}

void news_add_joined(struct news *news, const char *user_id,
                     struct ff_slice member)
{
    add(news, JOINED, user_id, ff_slice_dup(member));
}

void news_add_left(struct news *news, const char *user_id)
{
    struct ff_buf json = {0};

    ff_json_add_strings(&json, user_id);
    add(news, LEFT, user_id, ff_buf_take(&json));
}

void news_add_changed(struct news *news, struct ff_slice change)
{
    add(news, CHANGED, NULL, ff_slice_dup(change));
}

size_t news_bytes(const struct news *news)
{
    return news->bytes;
}

struct news *news_ref(struct news *news)
{
    atomic_fetch_add_explicit(&news->refs, 1, memory_order_relaxed);
    return news;
}

static void items_fini(struct items *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].user_id);
        free(all->items[i].json);
    }
    free(all->items);
}

void news_unref(struct news **news)
{
    struct news *gone = *news;

    *news = NULL;
    if (gone == NULL || atomic_fetch_sub(&gone->refs, 1) != 1)
        return;
    frames_fini(&gone->frames);
    for (int kind = 0; kind < KINDS; kind++)
        items_fini(&gone->kinds[kind]);
    free(gone->channel);
    free(gone);
}

/* --- whom it names -------------------------------------------------------- */

static int compare(const void *key, const void *any)
{
    const struct ff_slice *user = key;
    const struct item *item = any;
    int order = strncmp(user->data, item->user_id, user->len);

    return order != 0 ? order : -(item->user_id[user->len] != '\0');
}

static const struct item *find(const struct items *all, struct ff_slice user)
{
    if (all->count == 0)
        return NULL;
    return bsearch(&user, all->items, all->count, sizeof(all->items[0]),
                   compare);
}

bool news_names(const struct news *news, struct ff_slice user)
{
    return user.len > 0 && (find(&news->kinds[JOINED], user) != NULL ||
                            find(&news->kinds[LEFT], user) != NULL);
}

/* --- frames --------------------------------------------------------------- */

static void write_items(const struct items *all, struct ff_slice without,
                        struct ff_buf *out)
{
    size_t written = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct item *item = &all->items[i];
        if (without.len > 0 && item->user_id != NULL &&
            ff_slice_is(without, item->user_id))
            continue;
        if (written++ == 0)
            ff_buf_addf(out, ",\"%s\":[", all->name);
        else
            ff_buf_addc(out, ',');
        ff_buf_adds(out, item->json);
    }
    if (written > 0)
        ff_buf_addc(out, ']');
}

/* Members with a comma before each, and the end of the object. */
static void write_members(const struct news *news, struct ff_slice without,
                          struct ff_buf *out)
{
    ff_buf_adds(out, ",\"channel\":");
    ff_json_add_strings(out, news->channel);
    for (int kind = 0; kind < KINDS; kind++)
        write_items(&news->kinds[kind], without, out);
    ff_buf_addf(out, ",\"count\":%lld}", (long long)news->count);
}

void news_write_without(const struct news *news, struct ff_slice user,
                        struct ff_buf *out)
{
    ff_buf_adds(out, HEAD);
    write_members(news, user, out);
}

static const struct ff_slice nobody = {"", 0};

static struct frame *make_ws(const struct news *news)
{
    struct ff_buf text = {0};

    ff_buf_adds(&text, HEAD);
    write_members(news, nobody, &text);
    struct frame *frame = frame_ws(ff_buf_slice(&text), false);
    ff_buf_fini(&text);
    return frame;
}

static struct frame *make_sse(const struct news *news)
{
    struct ff_buf json = {0};

    write_members(news, nobody, &json);
    json.data[0] = '{';
    struct frame *frame = frame_event("presence", NULL, ff_buf_slice(&json));
    ff_buf_fini(&json);
    return frame;
}

static struct frame *(*const makers[FRAME_FORMAT_COUNT])(
    const struct news *news) = {
    [FRAME_WS] = make_ws,
    [FRAME_SSE] = make_sse,
};

const struct frame *news_frame(struct news *news, enum frame_format format)
{
    const struct frame *there = frames_get(&news->frames, format);

    if (there != NULL)
        return there;
    return frames_keep(&news->frames, format, makers[format](news));
}
