#ifndef FF_MAP_H
#define FF_MAP_H

/*
 * A hash map from byte strings to pointers (open addressing, SipHash-2-4 with a random key for each process, so
 * clients cannot choose colliding keys). The map copies keys and never owns values. Not for several threads.
 */

#include "ff_mem.h"

struct ff_map;

struct ff_map *ff_map_new(void);
void ff_map_free(struct ff_map **map); /* values are the caller's */
/* The same, each value given to fn before, which must not look at the map. */
void ff_map_free_values(struct ff_map **map, void (*fn)(void *value));
size_t ff_map_count(const struct ff_map *map);

/* NULL when absent. */
void *ff_map_get(const struct ff_map *map, struct ff_slice key);
void *ff_map_gets(const struct ff_map *map, const char *key);
/* Sets key to value (not NULL); the value that was there before, or NULL. */
void *ff_map_put(struct ff_map *map, struct ff_slice key, void *value);
void *ff_map_puts(struct ff_map *map, const char *key, void *value);
/* Removes; the value that was there, or NULL. */
void *ff_map_remove(struct ff_map *map, struct ff_slice key);
void *ff_map_removes(struct ff_map *map, const char *key);

/*
 * Walk: for (size_t i = 0; ff_map_next(map, &i, &key, &value);). Removing the item just given is allowed, putting is
 * not. key may be NULL.
 */
bool ff_map_next(const struct ff_map *map, size_t *pos, struct ff_slice *key,
                 void **value);

uint64_t ff_siphash(const uint8_t key[16], const void *data, size_t len);

#endif
