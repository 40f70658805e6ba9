#include "members.h"

#include <stdlib.h>
#include <string.h>

#include "ff_map.h"
#include "ff_subject.h"

struct entry {
    size_t connections;
    char *about;          /* NULL: of a channel */
    size_t channel, user; /* where they begin in key */
    struct ff_slice key;
};

struct members {
    members_on_change *fn;
    void *ctx;
    struct ff_map *parts[FF_PARTITIONS]; /* key -> struct entry */
    struct ff_buf key;
};

struct members *members_new(members_on_change *fn, void *ctx)
{
    struct members *members = ff_new(struct members);

    members->fn = fn;
    members->ctx = ctx;
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        members->parts[pp] = ff_map_new();
    return members;
}

static void entry_free(void *value)
{
    struct entry *entry = value;

    free((char *)(uintptr_t)entry->key.data);
    free(entry->about);
    free(entry);
}

void members_free(struct members **members)
{
    struct members *gone = *members;

    *members = NULL;
    for (unsigned pp = 0; gone != NULL && pp < FF_PARTITIONS; pp++)
        ff_map_free_values(&gone->parts[pp], entry_free);
    if (gone != NULL)
        ff_buf_fini(&gone->key);
    free(gone);
}

/* app NUL channel NUL user NUL; user "" is the channel itself. */
static struct ff_slice key_of(struct members *members, const char *app,
                              const char *channel, const char *user)
{
    struct ff_buf *key = &members->key;

    ff_buf_clear(key);
    ff_buf_add(key, app, strlen(app) + 1);
    ff_buf_add(key, channel, strlen(channel) + 1);
    ff_buf_add(key, user, strlen(user) + 1);
    return ff_buf_slice(key);
}

static struct ff_map *part_of(const struct members *members,
                              const char *channel)
{
    return members->parts[ff_subject_partition(ff_slice_str(channel))];
}

static struct members_item item_of(const struct entry *entry, bool on)
{
    const char *key = entry->key.data;
    bool is_user = entry->about != NULL;

    return (struct members_item){
        .app = key,
        .channel = key + entry->channel,
        .user = is_user ? key + entry->user : NULL,
        .about = is_user && on ? entry->about : NULL,
        .on = on,
    };
}

static void tell(struct members *members, const struct entry *entry, bool on)
{
    const struct members_item item = item_of(entry, on);

    members->fn(members->ctx, ff_subject_partition(ff_slice_str(item.channel)),
                &item);
}

static struct entry *entry_new(struct members *members, struct ff_slice key,
                               const char *app, const char *channel)
{
    struct entry *entry = ff_new(struct entry);

    entry->channel = strlen(app) + 1;
    entry->user = entry->channel + strlen(channel) + 1;
    entry->key = (struct ff_slice){ff_slice_dup(key), key.len};
    ff_map_put(part_of(members, channel), key, entry);
    return entry;
}

static void entry_remove(struct members *members, struct entry *entry)
{
    ff_map_remove(part_of(members, entry->key.data + entry->channel),
                  entry->key);
    tell(members, entry, false);
    entry_free(entry);
}

void members_join(struct members *members, const char *app, const char *channel,
                  const char *user, const char *about)
{
    struct ff_slice key = key_of(members, app, channel, user);
    struct entry *entry = ff_map_get(part_of(members, channel), key);

    if (entry == NULL)
        entry = entry_new(members, key, app, channel);
    entry->connections++;
    if (entry->about != NULL && strcmp(entry->about, about) == 0)
        return;
    free(entry->about);
    entry->about = ff_strdup(about);
    tell(members, entry, true);
}

void members_leave(struct members *members, const char *app,
                   const char *channel, const char *user)
{
    struct ff_slice key = key_of(members, app, channel, user);
    struct entry *entry = ff_map_get(part_of(members, channel), key);

    if (entry != NULL && --entry->connections == 0)
        entry_remove(members, entry);
}

void members_occupy(struct members *members, const char *app,
                    const char *channel, bool occupied)
{
    struct ff_slice key = key_of(members, app, channel, "");
    struct entry *entry = ff_map_get(part_of(members, channel), key);

    if (occupied == (entry != NULL))
        return;
    if (!occupied)
        entry_remove(members, entry);
    else
        tell(members, entry_new(members, key, app, channel), true);
}

void members_each(const struct members *members, unsigned partition,
                  void (*fn)(void *ctx, const struct members_item *item),
                  void *ctx)
{
    void *entry;

    for (size_t i = 0;
         ff_map_next(members->parts[partition], &i, NULL, &entry);) {
        const struct members_item item = item_of(entry, true);
        fn(ctx, &item);
    }
}
