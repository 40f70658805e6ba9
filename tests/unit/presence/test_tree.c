/* Trees against a sorted array, with random inserts and removes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/presence/tree.h"

#define KEYS 300

struct item {
    struct tree_node node;
    unsigned key;
};

static struct item items[KEYS];
static bool in[KEYS];

static int compare(const void *key, const struct tree_node *node)
{
    unsigned a = *(const unsigned *)key, b = ((const struct item *)node)->key;
    return a < b ? -1 : a > b;
}

struct walk {
    unsigned next, left; /* left: until it is told to end */
};

static bool visit(void *ctx, struct tree_node *node)
{
    struct walk *walk = ctx;

    while (walk->next < KEYS && !in[walk->next])
        walk->next++;
    assert_int_equal(((struct item *)node)->key, walk->next++);
    return --walk->left > 0;
}

static unsigned count_from(unsigned from)
{
    unsigned count = 0;
    for (unsigned i = from; i < KEYS; i++)
        count += in[i];
    return count;
}

static void check_walk(struct tree_node *root, unsigned from, unsigned most)
{
    struct walk walk = {from, most};
    unsigned want = count_from(from);

    tree_walk(root, from == 0 ? NULL : &from, compare, visit, &walk);
    assert_int_equal(most - walk.left, want < most ? want : most);
}

static void flip(struct tree_node **root, unsigned key)
{
    struct tree_node *found = tree_find(*root, &key, compare);

    assert_ptr_equal(found, in[key] ? &items[key].node : NULL);
    if (in[key]) {
        tree_remove(root, &key, compare);
    } else {
        items[key].key = key;
        tree_insert(root, &key, &items[key].node, compare);
    }
    in[key] = !in[key];
}

static void clear(void *ctx, struct tree_node *node)
{
    assert_true(in[((struct item *)node)->key]);
    (*(unsigned *)ctx)++;
}

static void holds_what_was_put_in_order(void **state)
{
    struct tree_node *root = NULL;
    unsigned cleared = 0;

    (void)state;
    srandom(7);
    for (unsigned i = 0; i < 20000; i++) {
        flip(&root, (unsigned)random() % KEYS);
        if (i % 50 == 0)
            check_walk(root, (unsigned)random() % KEYS,
                       1 + (unsigned)random() % KEYS);
    }
    check_walk(root, 0, KEYS + 1);
    tree_clear(&root, clear, &cleared);
    assert_null(root);
    assert_int_equal(cleared, count_from(0));
}

static unsigned depth(const struct tree_node *node)
{
    if (node == NULL)
        return 0;
    unsigned a = depth(node->kids[0]), b = depth(node->kids[1]);
    return 1 + (a > b ? a : b);
}

/* Keys in rising order are no worse than others. */
static void stays_flat(void **state)
{
    enum { MANY = 100000 };
    struct item *many = calloc(MANY, sizeof(*many));
    struct tree_node *root = NULL;

    (void)state;
    assert_non_null(many);
    for (unsigned i = 0; i < MANY; i++) {
        many[i].key = i;
        tree_insert(&root, &i, &many[i].node, compare);
    }
    assert_true(depth(root) < 100); /* about 40; 100 is out of reach */
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_was_put_in_order),
        cmocka_unit_test(stays_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
