#include "ff_json.h"

#include <string.h>

/* A place in the text; p never passes end. */
struct scan {
    const char *p, *end;
};

static bool at(const struct scan *s, char c)
{
    return s->p < s->end && *s->p == c;
}

static bool skip(struct scan *s, char c)
{
    bool there = at(s, c);
    s->p += there;
    return there;
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && *s->p && strchr(" \t\n\r", *s->p))
        s->p++;
}

/* Past a string; its text without the quotes. */
static struct ff_slice skip_string(struct scan *s)
{
    const char *from = ++s->p;
    while (s->p < s->end && *s->p != '"')
        s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
    struct ff_slice text = {from, (size_t)(s->p - from)};
    skip(s, '"');
    return text;
}

static void skip_nested(struct scan *s)
{
    size_t depth = 0;
    do {
        if (at(s, '"')) {
            skip_string(s);
            continue;
        }
        depth += at(s, '{') || at(s, '[');
        depth -= at(s, '}') || at(s, ']');
        s->p++;
    } while (depth > 0 && s->p < s->end);
}

static void skip_value(struct scan *s)
{
    if (at(s, '"'))
        skip_string(s);
    else if (at(s, '{') || at(s, '['))
        skip_nested(s);
    else
        while (s->p < s->end && *s->p && !strchr(",}] \t\n\r", *s->p))
            s->p++;
}

static uint32_t hex_digit(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

/* The four digits behind \u; 0 where they are cut off. */
static uint32_t take_hex(struct scan *s)
{
    uint32_t code = 0;
    if (s->end - s->p < 4)
        return 0;
    for (int i = 0; i < 4; i++)
        code = code << 4 | hex_digit(*s->p++);
    return code;
}

static size_t encode_utf8(uint32_t code, char out[4])
{
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(len == 1 ? code : (marks[len] | code));
    return len;
}

/* What follows \u: one unit, or two that make one character. */
static size_t take_unicode(struct scan *s, char out[4])
{
    uint32_t code = take_hex(s);
    if (code >= 0xd800 && code < 0xdc00 && s->end - s->p >= 6) {
        s->p += 2;
        code = 0x10000 + ((code & 0x3ff) << 10) + (take_hex(s) & 0x3ff);
    }
    return encode_utf8(code, out);
}

/* The next byte of a string, or the bytes that an escape stands for. */
static size_t take_char(struct scan *s, char out[4])
{
    static const char shorts[] = "b\bf\fn\nr\rt\t";
    if (!skip(s, '\\') || s->p == s->end) {
        out[0] = s->p < s->end ? *s->p++ : '\0';
        return 1;
    }
    char c = *s->p++;
    if (c == 'u')
        return take_unicode(s, out);
    out[0] = c;
    for (const char *e = shorts; *e; e += 2) {
        if (*e == c)
            out[0] = e[1];
    }
    return 1;
}

/* Whether the text of a string, escapes and all, means key. */
static bool means(struct ff_slice text, struct ff_slice key)
{
    struct scan s = {text.data, text.data + text.len};
    size_t done = 0;
    while (s.p < s.end) {
        char bytes[4];
        size_t n = take_char(&s, bytes);
        if (n > key.len - done || memcmp(key.data + done, bytes, n) != 0)
            return false;
        done += n;
    }
    return done == key.len;
}

ff_err ff_json_raw_member(struct ff_slice object, const char *key,
                          struct ff_slice *out_raw)
{
    struct scan s = {object.data, object.data + object.len};
    struct ff_slice wanted = ff_slice_str(key);
    skip_space(&s);
    if (!skip(&s, '{'))
        return FF_E_NOT_FOUND;
    for (skip_space(&s); at(&s, '"'); skip_space(&s)) {
        struct ff_slice name = skip_string(&s);
        skip_space(&s);
        skip(&s, ':');
        skip_space(&s);
        const char *value = s.p;
        skip_value(&s);
        if (means(name, wanted)) {
            *out_raw = (struct ff_slice){value, (size_t)(s.p - value)};
            return FF_OK;
        }
        skip_space(&s);
        skip(&s, ',');
    }
    return FF_E_NOT_FOUND;
}
