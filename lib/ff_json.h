#ifndef FF_JSON_H
#define FF_JSON_H

/*
 * Strict JSON over jansson: a whole text of limited size and depth, duplicate keys and NUL refused; and writing into
 * a struct ff_buf without building a tree. What FF_E_JSON means is told in why: the line and what was wrong.
 */

#include <jansson.h>

#include "ff_mem.h"

#define FF_JSON_DEPTH_MAX 16

/* A new value (caller owns) of any type; message bodies. */
FF_MUST_USE ff_err ff_json_parse(struct ff_slice text, json_t **out_value,
                                 struct ff_why *why);
/* The same, but it must be an object. */
FF_MUST_USE ff_err ff_json_parse_object(struct ff_slice text,
                                        json_t **out_object,
                                        struct ff_why *why);
/* Compact text of a value appended to b, keys in order of insertion. */
void ff_json_write(struct ff_buf *b, const json_t *value);
/* "text" with quotes and escapes; bytes that are not UTF-8 become U+FFFD. */
void ff_json_add_string(struct ff_buf *b, struct ff_slice s);
void ff_json_add_strings(struct ff_buf *b, const char *s);

/*
 * The raw text of the members of one object, without parsing the values: a gateway takes the message out of a frame
 * as the bytes that came. Only for text that ff_json_parse_object has accepted. FF_E_NOT_FOUND.
 */
FF_MUST_USE ff_err ff_json_raw_member(struct ff_slice object, const char *key,
                                      struct ff_slice *out_raw);

bool ff_utf8_valid(struct ff_slice s);

#endif
