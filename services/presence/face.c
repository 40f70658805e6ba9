#include "face.h"

#include <stdlib.h>
#include <string.h>

static void add_info(struct ff_buf *b, const json_t *info)
{
    static const char key[] = ",\"info\":";
    size_t before = b->len;

    ff_buf_adds(b, key);
    ff_json_write(b, info);
    if (b->len - before > FACE_INFO_MAX + sizeof(key) - 1)
        b->len = before;
}

struct face *face_new(const char *user_id, const char *name, const json_t *info)
{
    struct ff_buf b = {0};

    ff_buf_adds(&b, "{\"user_id\":");
    ff_json_add_strings(&b, user_id);
    if (name != NULL) {
        ff_buf_adds(&b, ",\"name\":");
        ff_json_add_strings(&b, name);
    }
    if (info != NULL)
        add_info(&b, info);
    ff_buf_addc(&b, '}');
    struct face *face = ff_alloc(sizeof(*face) + b.len);
    face->refs = 1;
    face->len = (uint32_t)b.len;
    memcpy(face->json, b.data, b.len);
    ff_buf_fini(&b);
    return face;
}

struct face *face_ref(struct face *face)
{
    face->refs++;
    return face;
}

void face_unref(struct face **face)
{
    struct face *old = *face;

    *face = NULL;
    if (old != NULL && --old->refs == 0)
        free(old);
}

bool face_same(const struct face *a, const struct face *b)
{
    return ff_slice_eq(face_text(a), face_text(b));
}

struct ff_slice face_text(const struct face *face)
{
    return (struct ff_slice){face->json, face->len};
}
