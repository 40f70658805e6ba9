#include "tree.h"

#include "ff_hash.h"

/* xorshift32 (Marsaglia, 2003), with a seed that no client knows. */
static uint32_t random_weight(void)
{
    static uint32_t x;

    while (x == 0)
        ff_random(&x, sizeof(x));
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

struct tree_node *tree_find(struct tree_node *root, const void *key,
                            tree_compare *compare)
{
    while (root != NULL) {
        int side = compare(key, root);
        if (side == 0)
            break;
        root = root->kids[side > 0];
    }
    return root;
}

/* All before key, and all behind it. */
static void split(struct tree_node *root, const void *key,
                  tree_compare *compare, struct tree_node *out[2])
{
    struct tree_node *parts[2];

    if (root == NULL) {
        out[0] = out[1] = NULL;
        return;
    }
    int side = compare(key, root) > 0;
    split(root->kids[side], key, compare, parts);
    root->kids[side] = parts[!side];
    out[!side] = root;
    out[side] = parts[side];
}

/* All of left come before all of right. */
static struct tree_node *merge(struct tree_node *left, struct tree_node *right)
{
    if (left == NULL || right == NULL)
        return left == NULL ? right : left;
    if (left->weight > right->weight) {
        left->kids[1] = merge(left->kids[1], right);
        return left;
    }
    right->kids[0] = merge(left, right->kids[0]);
    return right;
}

void tree_insert(struct tree_node **root, const void *key,
                 struct tree_node *node, tree_compare *compare)
{
    node->weight = random_weight();
    while (*root != NULL && (*root)->weight >= node->weight)
        root = &(*root)->kids[compare(key, *root) > 0];
    split(*root, key, compare, node->kids);
    *root = node;
}

void tree_remove(struct tree_node **root, const void *key,
                 tree_compare *compare)
{
    int side;

    while ((side = compare(key, *root)) != 0)
        root = &(*root)->kids[side > 0];
    *root = merge((*root)->kids[0], (*root)->kids[1]);
}

static bool walk(struct tree_node *node, const void *from,
                 tree_compare *compare, tree_visit *fn, void *ctx)
{
    if (node == NULL)
        return true;
    int side = from == NULL ? -1 : compare(from, node);
    if (side < 0 && !walk(node->kids[0], from, compare, fn, ctx))
        return false;
    if (side <= 0 && !fn(ctx, node))
        return false;
    return walk(node->kids[1], side > 0 ? from : NULL, compare, fn, ctx);
}

void tree_walk(struct tree_node *root, const void *from, tree_compare *compare,
               tree_visit *fn, void *ctx)
{
    walk(root, from, compare, fn, ctx);
}

void tree_clear(struct tree_node **root,
                void (*fn)(void *ctx, struct tree_node *node), void *ctx)
{
    struct tree_node *node = *root;

    if (node == NULL)
        return;
    tree_clear(&node->kids[0], fn, ctx);
    tree_clear(&node->kids[1], fn, ctx);
    *root = NULL;
    fn(ctx, node);
}
