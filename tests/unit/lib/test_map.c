/* The map: SipHash's published vectors, and every operation against a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_map.h"

/* From the reference implementation: key 00..0f, input 00..(len - 1). */
static void siphash_is_siphash(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {
        {0, 0x726fdb47dd0e0e31u},  {1, 0x74f839c593dc67fdu},
        {2, 0x0d6c8009d9a94f5au},  {3, 0x85676696d7fb7e2du},
        {7, 0xab0200f58b01d137u},  {8, 0x93f5f5799a932462u},
        {15, 0xa129ca6149be45e5u},
    };
    uint8_t key[16], input[16];
    (void)state;
    for (uint8_t i = 0; i < 16; i++)
        key[i] = input[i] = i;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_true(ff_siphash(key, input, vectors[i].len) == vectors[i].hash);
}

static void puts_and_gets(void **state)
{
    int one = 1, two = 2;
    struct ff_map *map = ff_map_new();
    (void)state;
    assert_null(ff_map_gets(map, "a"));
    assert_null(ff_map_removes(map, "a"));
    assert_null(ff_map_puts(map, "a", &one));
    assert_ptr_equal(ff_map_gets(map, "a"), &one);
    assert_ptr_equal(ff_map_puts(map, "a", &two), &one);
    assert_int_equal(ff_map_count(map), 1);
    assert_ptr_equal(ff_map_removes(map, "a"), &two);
    assert_null(ff_map_gets(map, "a"));
    assert_int_equal(ff_map_count(map), 0);
    ff_map_free(&map);
    assert_null(map);
    ff_map_free(&map);
}

static void keys_are_bytes(void **state)
{
    int a = 0, b = 0, empty = 0;
    char key[] = "x";
    struct ff_map *map = ff_map_new();
    (void)state;
    ff_map_put(map, FF_SLICE_LIT("a\0b"), &a);
    ff_map_put(map, FF_SLICE_LIT("a\0c"), &b);
    ff_map_put(map, (struct ff_slice){NULL, 0}, &empty);
    ff_map_puts(map, key, &b);
    key[0] = 'y';
    assert_ptr_equal(ff_map_get(map, FF_SLICE_LIT("a\0b")), &a);
    assert_ptr_equal(ff_map_get(map, FF_SLICE_LIT("a\0c")), &b);
    assert_ptr_equal(ff_map_gets(map, ""), &empty);
    assert_ptr_equal(ff_map_gets(map, "x"), &b);
    assert_null(ff_map_gets(map, "a"));
    ff_map_free(&map);
}

#define KEYS 3000

static void check_all(const struct ff_map *map, const char *there, char *values)
{
    size_t count = 0;
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        assert_ptr_equal(ff_map_gets(map, key), there[i] ? &values[i] : NULL);
        count += there[i] != 0;
    }
    assert_int_equal(ff_map_count(map), count);
}

static void walk_all(const struct ff_map *map, const char *there,
                     const char *values)
{
    struct ff_slice key;
    void *value;
    size_t seen = 0;
    for (size_t pos = 0; ff_map_next(map, &pos, &key, &value); seen++) {
        long i = (char *)value - values;
        char text[16];
        snprintf(text, sizeof(text), "k%ld", i);
        assert_true(there[i]);
        assert_true(ff_slice_is(key, text));
    }
    assert_int_equal(seen, ff_map_count(map));
}

/* A fixed sequence that looks random: fill, thin out, fill again. */
static void agrees_with_a_model(void **state)
{
    static char there[KEYS], values[KEYS];
    struct ff_map *map = ff_map_new();
    uint32_t x = 1;
    (void)state;
    for (int n = 0; n < 60000; n++) {
        x = x * 1664525 + 1013904223;
        unsigned i = (x >> 8) % KEYS;
        char key[16];
        snprintf(key, sizeof(key), "k%u", i);
        bool put = n / 10000 % 2 == 0 ? x >> 30 != 0 : x >> 30 == 0;
        void *before =
            put ? ff_map_puts(map, key, &values[i]) : ff_map_removes(map, key);
        assert_ptr_equal(before, there[i] ? &values[i] : NULL);
        there[i] = put;
        if (n % 5000 == 0) {
            check_all(map, there, values);
            walk_all(map, there, values);
        }
    }
    check_all(map, there, values);
    ff_map_free(&map);
}

static void walk_may_remove(void **state)
{
    static char values[100];
    struct ff_map *map = ff_map_new();
    (void)state;
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        ff_map_puts(map, key, &values[i]);
    }
    struct ff_slice key;
    void *value;
    size_t seen = 0;
    for (size_t pos = 0; ff_map_next(map, &pos, &key, &value); seen++)
        assert_ptr_equal(ff_map_remove(map, key), value);
    assert_int_equal(seen, 100);
    assert_int_equal(ff_map_count(map), 0);
    size_t pos = 0;
    assert_false(ff_map_next(map, &pos, NULL, &value));
    ff_map_free(&map);
}

static void count_value(void *value)
{
    (*(int *)value)++;
}

static void values_end_with_it(void **state)
{
    struct ff_map *map = ff_map_new();
    int kept = 0, gone = 0;
    (void)state;
    ff_map_puts(map, "a", &kept);
    ff_map_puts(map, "b", &gone);
    ff_map_puts(map, "c", &kept);
    ff_map_removes(map, "b");
    ff_map_free_values(&map, count_value);
    assert_null(map);
    assert_int_equal(kept, 2);
    assert_int_equal(gone, 0);
    ff_map_free_values(&map, count_value);
    assert_int_equal(kept, 2);
}

/* Coming and going for ever must not make it grow, nor searches endless. */
static void churn_keeps_it_small(void **state)
{
    struct ff_map *map = ff_map_new();
    int value = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        assert_null(ff_map_puts(map, key, &value));
        assert_ptr_equal(ff_map_removes(map, key), &value);
        assert_null(ff_map_gets(map, "never"));
    }
    assert_int_equal(ff_map_count(map), 0);
    ff_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_is_siphash),
        cmocka_unit_test(puts_and_gets),
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(agrees_with_a_model),
        cmocka_unit_test(walk_may_remove),
        cmocka_unit_test(values_end_with_it),
        cmocka_unit_test(churn_keeps_it_small),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
