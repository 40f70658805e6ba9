#ifndef FF_KV_KEY_H
#define FF_KV_KEY_H

/* Subjects of keys, for ff_kv.c and ff_kv_watch.c. */

#include "ff_kv.h"

/* "$KV.<bucket>.<encoded key>". FF_E_INVALID: empty or over FF_KV_KEY_MAX. */
FF_MUST_USE ff_err ff_kv_subject(enum ff_bucket bucket, const char *key,
                                 char out[FF_KV_SUBJECT_MAX]);
/* The key of such a subject. FF_E_INVALID: not one of ours. */
FF_MUST_USE ff_err ff_kv_key(enum ff_bucket bucket, struct ff_slice subject,
                             char out[FF_KV_KEY_MAX + 1]);
/* An entry as a message tells it; key is to be set. */
struct ff_kv_entry ff_kv_read_entry(const struct ff_bus_msg *msg);

#endif
