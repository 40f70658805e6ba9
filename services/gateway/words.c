#include "words.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct ff_slice words_trim(struct ff_slice s)
{
    while (s.len && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

struct ff_slice words_take_first(struct ff_slice *list, char separator)
{
    size_t len = 0;
    while (len < list->len && list->data[len] != separator)
        len++;
    struct ff_slice item = {list->data, len};
    size_t used = len < list->len ? len + 1 : len;
    if (used > 0)
        list->data += used;
    list->len -= used;
    return words_trim(item);
}

struct ff_slice words_take_last(struct ff_slice *list, char separator)
{
    size_t begin = list->len;
    while (begin > 0 && list->data[begin - 1] != separator)
        begin--;
    struct ff_slice item = {0};
    if (list->len > begin)
        item = (struct ff_slice){list->data + begin, list->len - begin};
    list->len = begin > 0 ? begin - 1 : 0;
    return words_trim(item);
}

bool words_same(struct ff_slice a, const char *b)
{
    return a.len == strlen(b) &&
           (a.len == 0 || strncasecmp(a.data, b, a.len) == 0);
}

bool words_is_one(struct ff_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] <= ' ' || s.data[i] == 0x7f)
            return false;
    return true;
}

bool words_has_line_end(struct ff_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] == '\r' || s.data[i] == '\n' || s.data[i] == '\0')
            return true;
    return false;
}
