#include "channels.h"

#include <stdlib.h>
#include <string.h>

#include "ff_map.h"

struct channels {
    struct ff_map *map; /* key -> struct channel */
    struct ff_buf key;
};

struct channels *channels_new(void)
{
    struct channels *channels = ff_new(struct channels);

    channels->map = ff_map_new();
    return channels;
}

static void channel_free(void *value)
{
    struct channel *channel = value;

    free(channel->members);
    free(channel);
}

void channels_free(struct channels **channels)
{
    struct channels *gone = *channels;

    if (gone == NULL)
        return;
    *channels = NULL;
    ff_map_free_values(&gone->map, channel_free);
    ff_buf_fini(&gone->key);
    free(gone);
}

size_t channels_count(const struct channels *channels)
{
    return ff_map_count(channels->map);
}

static void key_make(struct ff_buf *key, const char *app_id, const char *name)
{
    ff_buf_clear(key);
    ff_buf_add(key, app_id, strlen(app_id) + 1);
    ff_buf_add(key, name, strlen(name) + 1);
}

struct channel *channels_find(const struct channels *channels,
                              const char *app_id, const char *name)
{
    struct ff_buf *key = &((struct channels *)channels)->key;

    key_make(key, app_id, name);
    return ff_map_get(channels->map, ff_buf_slice(key));
}

struct channel *channels_get(struct channels *channels, const char *app_id,
                             const char *name)
{
    struct channel *channel = channels_find(channels, app_id, name);

    if (channel != NULL)
        return channel;
    size_t len = channels->key.len;
    channel = ff_zalloc(sizeof(*channel) + len);
    memcpy(channel->key, channels->key.data, len);
    channel->key_len = len;
    channel->app_id = channel->key;
    channel->name = channel->key + strlen(app_id) + 1;
    ff_map_put(channels->map, ff_buf_slice(&channels->key), channel);
    return channel;
}

void channels_remove(struct channels *channels, struct channel *channel)
{
    if (channel->count > 0)
        ff_bug("channel %s is removed with members", channel->name);
    ff_map_remove(channels->map,
                  (struct ff_slice){channel->key, channel->key_len});
    channel_free(channel);
}

struct channel *channels_next(const struct channels *channels, size_t *pos)
{
    void *channel = NULL;

    return ff_map_next(channels->map, pos, NULL, &channel) ? channel : NULL;
}

/* --- both sides of a subscription ------------------------------------------ */

/* Most sessions have one subscription and many channels one member: begin at one. */
static void *grow(void *items, uint32_t *cap, uint32_t count, size_t size)
{
    if (count < *cap)
        return items;
    *cap = *cap == 0 ? 1 : *cap * 2;
    return ff_realloc(items, *cap * size);
}

struct subscription *subscription_find(const struct subscriptions *of,
                                       const struct channel *channel)
{
    for (uint32_t i = 0; i < of->count; i++) {
        if (of->items[i].channel == channel)
            return &of->items[i];
    }
    return NULL;
}

struct subscription *subscription_add(struct subscriptions *of,
                                      struct channel *channel,
                                      struct session *session,
                                      struct conn *conn)
{
    uint32_t slot = of->count, index = channel->count;

    of->items = grow(of->items, &of->cap, slot, sizeof(*of->items));
    channel->members =
        grow(channel->members, &channel->cap, index, sizeof(struct member));
    of->items[slot] = (struct subscription){.channel = channel, .index = index};
    channel->members[index] = (struct member){
        .session = session,
        .conn = conn,
        .of = of,
        .slot = slot,
        .stream = conn_info(conn)->kind == CONN_SSE,
    };
    of->count++;
    channel->count++;
    return &of->items[slot];
}

void subscription_activate(struct subscription *subscription)
{
    subscription->active = true;
    subscription->channel->members[subscription->index].active = true;
}

/* The last one takes the free place, and the other side is told. */
static void leave_channel(struct channel *channel, uint32_t index)
{
    struct member *last = &channel->members[--channel->count];

    channel->members[index] = *last;
    last->of->items[last->slot].index = index;
}

void subscription_remove(struct subscriptions *of,
                         struct subscription *subscription)
{
    leave_channel(subscription->channel, subscription->index);
    struct subscription *last = &of->items[--of->count];
    if (last == subscription)
        return;
    *subscription = *last;
    uint32_t slot = (uint32_t)(subscription - of->items);
    subscription->channel->members[subscription->index].slot = slot;
}

void subscriptions_fini(struct subscriptions *of)
{
    if (of->count > 0)
        ff_bug("%u subscriptions are left", of->count);
    free(of->items);
    *of = (struct subscriptions){0};
}
