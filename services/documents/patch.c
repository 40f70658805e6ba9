#include "patch.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENT_MAX  256
#define SEGMENTS_MAX 32

/* A pointer, cut and unescaped: /a~1b/0 is "a/b", "0". */
struct pointer {
    size_t count;
    char segments[SEGMENTS_MAX][SEGMENT_MAX];
};

static const char *unescape(const char *text, char *out)
{
    size_t n = 0;

    while (*text != '\0' && *text != '/') {
        char c = *text++;
        if (c == '~') {
            if (*text != '0' && *text != '1')
                return NULL;
            c = *text++ == '0' ? '~' : '/';
        }
        if (n == SEGMENT_MAX - 1)
            return NULL;
        out[n++] = c;
    }
    out[n] = '\0';
    return text;
}

static bool pointer_parse(const char *text, struct pointer *out)
{
    out->count = 0;
    while (text != NULL && *text == '/' && out->count < SEGMENTS_MAX)
        text = unescape(text + 1, out->segments[out->count++]);
    return text != NULL && *text == '\0';
}

/* An array index without sign or leading zeros; limit and above is refused. */
static bool index_parse(const char *text, size_t limit, size_t *out)
{
    size_t len = strlen(text);

    if (len == 0 || len > 9 || (len > 1 && text[0] == '0') ||
        strspn(text, "0123456789") != len)
        return false;
    *out = (size_t)strtoul(text, NULL, 10);
    return *out < limit;
}

static json_t *child(const json_t *parent, const char *segment)
{
    size_t i;

    if (json_is_object(parent))
        return json_object_get(parent, segment);
    if (json_is_array(parent) &&
        index_parse(segment, json_array_size(parent), &i))
        return json_array_get(parent, i);
    return NULL;
}

static json_t *find(json_t *root, const struct pointer *at, size_t depth)
{
    for (size_t i = 0; i < depth && root != NULL; i++)
        root = child(root, at->segments[i]);
    return root;
}

/* Each of these gets the parent of the place, and the last segment. */
static bool put_in(json_t *parent, const char *last, json_t *stolen)
{
    size_t i;

    if (json_is_object(parent))
        return json_object_set_new(parent, last, stolen) == 0;
    if (json_is_array(parent) && strcmp(last, "-") == 0)
        return json_array_append_new(parent, stolen) == 0;
    if (json_is_array(parent) &&
        index_parse(last, json_array_size(parent) + 1, &i))
        return json_array_insert_new(parent, i, stolen) == 0;
    json_decref(stolen);
    return false;
}

static bool take_out(json_t *parent, const char *last)
{
    size_t i;

    if (json_is_object(parent))
        return json_object_del(parent, last) == 0;
    if (json_is_array(parent) && index_parse(last, json_array_size(parent), &i))
        return json_array_remove(parent, i) == 0;
    return false;
}

/* One operation at work: the root may be replaced as a whole. */
struct op {
    json_t **root;
    struct pointer path, from;
    const json_t *value;
    size_t *copy_left;
    bool too_big;
};

/* About as many bytes as the value has as text. */
static size_t weigh(const json_t *value)
{
    size_t sum = 4, i;
    const char *key;
    json_t *item;

    if (json_is_string(value))
        return sum + json_string_length(value);
    json_array_foreach(value, i, item) sum += weigh(item);
    json_object_foreach((json_t *)value, key, item) sum +=
        strlen(key) + weigh(item);
    return sum;
}

static bool op_add(struct op *op)
{
    size_t n = op->path.count;
    json_t *value = json_deep_copy(op->value);

    if (n == 0) {
        json_decref(*op->root);
        *op->root = value;
        return true;
    }
    return put_in(find(*op->root, &op->path, n - 1), op->path.segments[n - 1],
                  value);
}

static bool op_remove(struct op *op)
{
    size_t n = op->path.count;

    return n > 0 && take_out(find(*op->root, &op->path, n - 1),
                             op->path.segments[n - 1]);
}

static bool op_replace(struct op *op)
{
    if (find(*op->root, &op->path, op->path.count) == NULL)
        return false;
    return op->path.count == 0 ? op_add(op) : op_remove(op) && op_add(op);
}

static bool op_copy(struct op *op)
{
    json_t *source = find(*op->root, &op->from, op->from.count);

    if (source == NULL)
        return false;
    size_t weight = weigh(source);
    op->too_big = weight > *op->copy_left;
    if (op->too_big)
        return false;
    *op->copy_left -= weight;
    json_t *copy = json_deep_copy(source);
    op->value = copy;
    bool done = op_add(op);
    json_decref(copy);
    return done;
}

/* A place cannot be moved into itself. */
static bool is_inside(const struct pointer *inner, const struct pointer *outer)
{
    if (inner->count <= outer->count)
        return false;
    for (size_t i = 0; i < outer->count; i++) {
        if (strcmp(inner->segments[i], outer->segments[i]) != 0)
            return false;
    }
    return true;
}

static bool op_move(struct op *op)
{
    json_t *source = find(*op->root, &op->from, op->from.count);

    if (source == NULL || op->from.count == 0 ||
        is_inside(&op->path, &op->from))
        return false;
    json_t *value = json_incref(source);
    struct pointer to = op->path;
    op->path = op->from;
    bool done = op_remove(op);
    op->path = to;
    op->value = value;
    done = done && op_add(op);
    json_decref(value);
    return done;
}

static bool op_test(struct op *op)
{
    json_t *have = find(*op->root, &op->path, op->path.count);
    return have != NULL && json_equal(have, op->value);
}

static const struct {
    const char *name;
    bool (*run)(struct op *op);
    bool wants_value, wants_from;
    ff_err failure;
} operations[] = {
    {"add", op_add, true, false, FF_E_INVALID},
    {"remove", op_remove, false, false, FF_E_INVALID},
    {"replace", op_replace, true, false, FF_E_INVALID},
    {"move", op_move, false, true, FF_E_INVALID},
    {"copy", op_copy, false, true, FF_E_INVALID},
    {"test", op_test, true, false, FF_E_CONFLICT},
};

static ff_err bad(struct ff_why *why, ff_err err, size_t i, const char *text)
{
    char field[40];

    snprintf(field, sizeof(field), "changes[%zu]", i);
    return ff_why_set(why, err, field, "%s", text);
}

static bool read_place(const json_t *change, const char *member,
                       struct pointer *out)
{
    const char *text = json_string_value(json_object_get(change, member));
    return text != NULL && pointer_parse(text, out);
}

static ff_err failed(const struct op *op, ff_err failure, size_t i,
                     struct ff_why *why)
{
    if (op->too_big)
        return bad(why, FF_E_TOO_BIG, i, "copies too much");
    return bad(why, failure, i,
               failure == FF_E_CONFLICT ? "the test failed"
                                        : "there is no such place");
}

static ff_err apply_one(json_t **root, const json_t *change, size_t i,
                        size_t *copy_left, struct ff_why *why)
{
    const char *name = json_string_value(json_object_get(change, "op"));
    struct op op = {.root = root,
                    .value = json_object_get(change, "value"),
                    .copy_left = copy_left};
    size_t k = 0, known = sizeof(operations) / sizeof(operations[0]);

    while (k < known && (name == NULL || strcmp(name, operations[k].name) != 0))
        k++;
    if (k == known)
        return bad(why, FF_E_INVALID, i,
                   "op must be add, remove, replace, move, copy or test");
    if (!read_place(change, "path", &op.path))
        return bad(why, FF_E_INVALID, i, "path must be a JSON pointer");
    if (operations[k].wants_from && !read_place(change, "from", &op.from))
        return bad(why, FF_E_INVALID, i, "from must be a JSON pointer");
    if (operations[k].wants_value && op.value == NULL)
        return bad(why, FF_E_INVALID, i, "value is missing");
    if (!operations[k].run(&op))
        return failed(&op, operations[k].failure, i, why);
    return FF_OK;
}

ff_err patch_apply(const json_t *document, const json_t *changes,
                   size_t copy_max, json_t **out, struct ff_why *why)
{
    json_t *root = json_deep_copy(document), *change;
    size_t i;

    json_array_foreach(changes, i, change)
    {
        ff_err err = apply_one(&root, change, i, &copy_max, why);
        if (err != FF_OK) {
            json_decref(root);
            return err;
        }
    }
    *out = root;
    return FF_OK;
}

size_t patch_depth(const json_t *value)
{
    size_t deepest = 0, i, depth;
    const char *key;
    json_t *item;

    json_array_foreach(value, i, item)
    {
        depth = 1 + patch_depth(item);
        deepest = depth > deepest ? depth : deepest;
    }
    json_object_foreach((json_t *)value, key, item)
    {
        depth = 1 + patch_depth(item);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

json_t *patch_merge(const json_t *document, const json_t *merge)
{
    const char *key;
    json_t *value;

    if (!json_is_object(merge))
        return json_deep_copy(merge);
    json_t *result = json_is_object(document) ? json_copy((json_t *)document)
                                              : json_object();
    json_object_foreach((json_t *)merge, key, value)
    {
        if (json_is_null(value))
            json_object_del(result, key);
        else
            json_object_set_new(
                result, key, patch_merge(json_object_get(result, key), value));
    }
    return result;
}
