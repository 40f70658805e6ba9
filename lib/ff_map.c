#include "ff_map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ff_hash.h"

struct slot {
    char *key; /* NULL: free, or was removed */
    size_t len;
    uint64_t hash;
    void *value;
};

/* slots is a power of two; filled counts the removed ones too. */
struct ff_map {
    struct slot *slots;
    size_t cap, count, filled;
};

/* Value of a slot whose item was removed: a search goes on past it. */
static char removed;

static uint8_t process_key[16];

static void make_process_key(void)
{
    ff_random(process_key, sizeof(process_key));
}

static uint64_t hash_of(struct ff_slice key)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_process_key);
    return ff_siphash(process_key, key.data, key.len);
}

struct ff_map *ff_map_new(void)
{
    return ff_new(struct ff_map);
}

void ff_map_free(struct ff_map **map)
{
    if (!*map)
        return;
    for (size_t i = 0; i < (*map)->cap; i++)
        free((*map)->slots[i].key);
    free((*map)->slots);
    free(*map);
    *map = NULL;
}

void ff_map_free_values(struct ff_map **map, void (*fn)(void *value))
{
    void *value;

    if (!*map)
        return;
    for (size_t i = 0; ff_map_next(*map, &i, NULL, &value);)
        fn(value);
    ff_map_free(map);
}

size_t ff_map_count(const struct ff_map *map)
{
    return map->count;
}

static struct slot *find(const struct ff_map *map, struct ff_slice key,
                         uint64_t hash)
{
    if (map->cap == 0)
        return NULL;
    for (size_t i = hash & (map->cap - 1);; i = (i + 1) & (map->cap - 1)) {
        struct slot *slot = &map->slots[i];
        if (!slot->key && !slot->value)
            return NULL;
        if (slot->key && slot->hash == hash &&
            ff_slice_eq(key, (struct ff_slice){slot->key, slot->len}))
            return slot;
    }
}

/* Into the first free slot; there is one, and the key is not in the map. */
static void place(struct ff_map *map, struct slot item)
{
    size_t i = item.hash & (map->cap - 1);
    while (map->slots[i].key)
        i = (i + 1) & (map->cap - 1);
    map->filled += map->slots[i].value == NULL;
    map->count++;
    map->slots[i] = item;
}

/* At most three quarters are filled, so that searches stay short. */
static void make_room(struct ff_map *map)
{
    if ((map->filled + 1) * 4 <= map->cap * 3)
        return;
    struct ff_map old = *map;
    size_t cap = 8;
    while (cap < (old.count + 1) * 2)
        cap *= 2;
    *map = (struct ff_map){.slots = ff_zalloc(cap * sizeof(struct slot)),
                           .cap = cap};
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].key)
            place(map, old.slots[i]);
    }
    free(old.slots);
}

void *ff_map_get(const struct ff_map *map, struct ff_slice key)
{
    struct slot *slot = find(map, key, hash_of(key));
    return slot ? slot->value : NULL;
}

void *ff_map_gets(const struct ff_map *map, const char *key)
{
    return ff_map_get(map, ff_slice_str(key));
}

void *ff_map_put(struct ff_map *map, struct ff_slice key, void *value)
{
    if (!value)
        ff_bug("NULL put into a map");
    uint64_t hash = hash_of(key);
    struct slot *slot = find(map, key, hash);
    if (slot) {
        void *before = slot->value;
        slot->value = value;
        return before;
    }
    make_room(map);
    place(map, (struct slot){ff_slice_dup(key), key.len, hash, value});
    return NULL;
}

void *ff_map_puts(struct ff_map *map, const char *key, void *value)
{
    return ff_map_put(map, ff_slice_str(key), value);
}

void *ff_map_remove(struct ff_map *map, struct ff_slice key)
{
    struct slot *slot = find(map, key, hash_of(key));
    if (!slot)
        return NULL;
    void *value = slot->value;
    free(slot->key);
    *slot = (struct slot){.value = &removed};
    map->count--;
    return value;
}

void *ff_map_removes(struct ff_map *map, const char *key)
{
    return ff_map_remove(map, ff_slice_str(key));
}

bool ff_map_next(const struct ff_map *map, size_t *pos, struct ff_slice *key,
                 void **value)
{
    while (*pos < map->cap) {
        const struct slot *slot = &map->slots[(*pos)++];
        if (!slot->key)
            continue;
        if (key)
            *key = (struct ff_slice){slot->key, slot->len};
        *value = slot->value;
        return true;
    }
    return false;
}

/* SipHash-2-4: Aumasson and Bernstein, 2012. */
static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint64_t load64(const uint8_t *p, size_t len)
{
    uint64_t x = 0;
    for (size_t i = 0; i < len; i++)
        x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

uint64_t ff_siphash(const uint8_t key[16], const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t k0 = load64(key, 8), k1 = load64(key + 8, 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
                     k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
    size_t words = len / 8;
    for (size_t i = 0; i < words; i++)
        sip_word(v, load64(p + i * 8, 8));
    uint64_t last = words * 8 < len ? load64(p + words * 8, len % 8) : 0;
    sip_word(v, last | (uint64_t)len << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
