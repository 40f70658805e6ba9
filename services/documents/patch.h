#ifndef DOCUMENTS_PATCH_H
#define DOCUMENTS_PATCH_H

/*
 * JSON Patch (RFC 6902 with the pointers of RFC 6901) and JSON Merge Patch (RFC 7396) over jansson. Pure; the document
 * that is given is never changed: a patch applies whole or not at all.
 */

#include "ff_json.h"

/*
 * *out is new. FF_E_INVALID with the operation in why->field ("changes[3]"). FF_E_CONFLICT: a test failed.
 * copy_max: values and bytes that copy operations may make in all, since each could double the document; more is
 * FF_E_TOO_BIG.
 */
FF_MUST_USE ff_err patch_apply(const json_t *document, const json_t *changes,
                               size_t copy_max, json_t **out,
                               struct ff_why *why);

/* Nesting of a value: 0 for a scalar. */
size_t patch_depth(const json_t *value);

/* New. */
json_t *patch_merge(const json_t *document, const json_t *merge);

#endif
