#ifndef PRESENCE_FACE_H
#define PRESENCE_FACE_H

/*
 * What others see of a member, as the text that goes over the wire: {"user_id","name"?,"info"?}. Immutable, counted by
 * references: a frozen list keeps it while the member is gone. One thread.
 */

#include "ff_json.h"

#define FACE_INFO_MAX 8192 /* bytes of info as text; longer is left out */

struct face {
    uint32_t refs, len;
    char json[]; /* not terminated */
};

/* name and info may be NULL. */
struct face *face_new(const char *user_id, const char *name,
                      const json_t *info);
struct face *face_ref(struct face *face);
void face_unref(struct face **face);
bool face_same(const struct face *a, const struct face *b);
struct ff_slice face_text(const struct face *face);

#endif
