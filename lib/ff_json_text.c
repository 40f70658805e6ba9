#include "ff_json.h"

#include <string.h>

/* RFC 3629: by first byte, the length and the limits of the second byte. */
struct lead {
    uint8_t from, to, len, low, high;
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_of(uint8_t byte)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].from && byte <= leads[i].to)
            return &leads[i];
    }
    return NULL;
}

/* Bytes of the character at p; 0: not UTF-8. */
static size_t char_len(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    const struct lead *lead = lead_of(p[0]);
    if (!lead || left < lead->len || p[1] < lead->low || p[1] > lead->high)
        return 0;
    for (size_t i = 2; i < lead->len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return lead->len;
}

/* How many bytes from p on are ASCII, eight at a time. */
static size_t ascii_run(const uint8_t *p, size_t left)
{
    size_t n = 0;
    for (uint64_t word; left - n >= sizeof(word); n += sizeof(word)) {
        memcpy(&word, p + n, sizeof(word));
        if (word & 0x8080808080808080u)
            break;
    }
    while (n < left && p[n] < 0x80)
        n++;
    return n;
}

bool ff_utf8_valid(struct ff_slice s)
{
    const uint8_t *p = (const uint8_t *)s.data;
    for (size_t i = 0; i < s.len;) {
        size_t n = ascii_run(p + i, s.len - i);
        if (n == 0)
            n = char_len(p + i, s.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static void add_escape(struct ff_buf *b, uint8_t c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *s = shorts; *s; s += 2) {
        if (*s == (char)c) {
            ff_buf_add(b, (char[]){'\\', s[1]}, 2);
            return;
        }
    }
    ff_buf_addf(b, "\\u%04x", c);
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* Bytes from p on that stand in a JSON text as they are. */
static size_t plain_run(const uint8_t *p, size_t left)
{
    size_t n = 0;
    while (n < left && is_plain(p[n])) {
        size_t len = char_len(p + n, left - n);
        if (len == 0)
            break;
        n += len;
    }
    return n;
}

void ff_json_add_string(struct ff_buf *b, struct ff_slice s)
{
    const uint8_t *p = (const uint8_t *)s.data;
    ff_buf_reserve(b, s.len + 2);
    ff_buf_addc(b, '"');
    for (size_t i = 0; i < s.len;) {
        size_t n = plain_run(p + i, s.len - i);
        ff_buf_add(b, p + i, n);
        i += n;
        if (i == s.len)
            break;
        if (p[i] < 0x80)
            add_escape(b, p[i]);
        else
            ff_buf_adds(b, "\xef\xbf\xbd");
        i++;
    }
    ff_buf_addc(b, '"');
}

void ff_json_add_strings(struct ff_buf *b, const char *s)
{
    ff_json_add_string(b, ff_slice_str(s));
}
