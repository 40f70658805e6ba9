#ifndef PRESENCE_TREE_H
#define PRESENCE_TREE_H

/*
 * An ordered set of structs that have a struct tree_node as their first member: a treap (Seidel and Aragon, 1996), so
 * finding, inserting and removing take O(log n) whatever the keys are. It allocates nothing and owns nothing. A root
 * of NULL is an empty one. One thread.
 */

#include "ff_mem.h"

struct tree_node {
    struct tree_node *kids[2];
    uint32_t weight;
};

/* Below, at or above 0 as key comes before, at or behind the node. */
typedef int tree_compare(const void *key, const struct tree_node *node);

struct tree_node *tree_find(struct tree_node *root, const void *key,
                            tree_compare *compare);
/* No node with this key is in it. */
void tree_insert(struct tree_node **root, const void *key,
                 struct tree_node *node, tree_compare *compare);
/* A node with this key is in it. */
void tree_remove(struct tree_node **root, const void *key,
                 tree_compare *compare);

/*
 * Call fn for each node in order, from the first one at or behind `from` (NULL: from the first of all), until fn
 * returns false. fn must not insert or remove.
 */
typedef bool tree_visit(void *ctx, struct tree_node *node);
void tree_walk(struct tree_node *root, const void *from, tree_compare *compare,
               tree_visit *fn, void *ctx);

/* Empty it; fn may free the node. */
void tree_clear(struct tree_node **root,
                void (*fn)(void *ctx, struct tree_node *node), void *ctx);

#endif
