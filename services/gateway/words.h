#ifndef GATEWAY_WORDS_H
#define GATEWAY_WORDS_H

/* Lists in header values, without copying. Pure; any thread. */

#include "ff_mem.h"

/* Without blanks at both ends. */
struct ff_slice words_trim(struct ff_slice s);
/* The first or last item, trimmed; it is cut off the list. */
struct ff_slice words_take_first(struct ff_slice *list, char separator);
struct ff_slice words_take_last(struct ff_slice *list, char separator);
/* Equal but for the case of ASCII letters. */
bool words_same(struct ff_slice a, const char *b);
/* No blanks, no control characters. */
bool words_is_one(struct ff_slice s);
/* CR, LF or NUL: never to be repeated in a header or an event. */
bool words_has_line_end(struct ff_slice s);

#endif
