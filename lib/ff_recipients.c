#include <stdlib.h>
#include <string.h>

#include "ff_message.h"

static const char hex[] = "0123456789ABCDEF";

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_' || c == '-' || c == '.';
}

void ff_recipients_add(struct ff_buf *b, struct ff_slice user)
{
    if (user.len == 0)
        return;
    if (b->len > 0)
        ff_buf_addc(b, ',');
    for (size_t i = 0; i < user.len; i++) {
        char c = user.data[i];
        if (is_plain(c)) {
            ff_buf_addc(b, c);
            continue;
        }
        ff_buf_addc(b, '%');
        ff_buf_addc(b, hex[(unsigned char)c >> 4]);
        ff_buf_addc(b, hex[(unsigned char)c & 15]);
    }
}

/* Whether text from *at up to a comma or the end is this user; *at moves behind the comma. */
static bool next_is(struct ff_slice text, size_t *at, struct ff_slice user)
{
    size_t matched = 0;
    bool same = true;
    while (*at < text.len && text.data[*at] != ',') {
        char c = text.data[(*at)++];
        if (c == '%' && text.len - *at >= 2) {
            const char *high = strchr(hex, text.data[*at]);
            const char *low = strchr(hex, text.data[*at + 1]);
            if (high != NULL && low != NULL)
                c = (char)((high - hex) * 16 + (low - hex));
            *at += 2;
        }
        same = same && matched < user.len && user.data[matched] == c;
        matched++;
    }
    ++*at;
    return same && matched == user.len;
}

bool ff_recipients_has(struct ff_slice recipients, struct ff_slice user)
{
    if (recipients.len == 0)
        return true;
    for (size_t at = 0; at < recipients.len;)
        if (next_is(recipients, &at, user))
            return true;
    return false;
}

void ff_recipients_from_json(struct ff_buf *b, const json_t *ids)
{
    size_t i;
    json_t *id;
    json_array_foreach(ids, i, id)
    {
        char *number = NULL;
        const char *text = json_string_value(id);
        if (json_is_integer(id))
            text = number =
                ff_asprintf("%" JSON_INTEGER_FORMAT, json_integer_value(id));
        ff_recipients_add(b, ff_slice_str(text));
        free(number);
    }
}
