#include "ff_subject.h"

#include <stdio.h>
#include <string.h>

#include "ff_json.h"

const char ff_subject_any[] = "*", ff_subject_rest[] = ">";

static const char *const patterns[] = {
#define X(id, pattern, kind, publishers, subscribers, help) [id] = pattern,
#include "subjects.def"
#undef X
};

static const char hex[] = "0123456789ABCDEF";

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

ff_err ff_channel_check(struct ff_slice name, struct ff_why *why)
{
    if (name.len == 0)
        return ff_why_set(why, FF_E_CHANNEL, "channel", "must not be empty");
    if (name.len > FF_CHANNEL_MAX)
        return ff_why_set(why, FF_E_CHANNEL, "channel", "longer than %d bytes",
                          FF_CHANNEL_MAX);
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < 0x20 || c == 0x7f)
            return ff_why_set(why, FF_E_CHANNEL, "channel",
                              "has a control character");
    }
    if (!ff_utf8_valid(name))
        return ff_why_set(why, FF_E_CHANNEL, "channel", "is not UTF-8");
    return FF_OK;
}

ff_err ff_token_encode(struct ff_slice name, char *out)
{
    if (name.len == 0 || name.len > FF_CHANNEL_MAX)
        return FF_E_INVALID;
    char *p = out;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (is_plain(c)) {
            *p++ = (char)c;
            continue;
        }
        *p++ = '=';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 15];
    }
    *p = '\0';
    return FF_OK;
}

static int hex_value(char c)
{
    const char *at = c == '\0' ? NULL : strchr(hex, c);
    return at == NULL ? -1 : (int)(at - hex);
}

/* One =HH at text[0..2]; -1 for what the encoder never makes. */
static int escaped_byte(const char *text)
{
    int high = hex_value(text[1]), low = hex_value(text[2]);
    if (high < 0 || low < 0)
        return -1;
    int c = high * 16 + low;
    return is_plain((unsigned char)c) ? -1 : c;
}

ff_err ff_token_decode(struct ff_slice token, char *out)
{
    char text[FF_CHANNEL_MAX + 1];
    size_t len = 0;
    for (size_t i = 0; i < token.len; len++) {
        int c = (unsigned char)token.data[i];
        bool escape = c == '=';
        if (escape)
            c = token.len - i < 3 ? -1 : escaped_byte(token.data + i);
        if (len == FF_CHANNEL_MAX || c < 0 ||
            (!escape && !is_plain((unsigned char)c)))
            return FF_E_INVALID;
        text[len] = (char)c;
        i += escape ? 3 : 1;
    }
    if (len == 0)
        return FF_E_INVALID;
    memcpy(out, text, len);
    out[len] = '\0';
    return FF_OK;
}

unsigned ff_subject_partition(struct ff_slice channel)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < channel.len; i++)
        hash = (hash ^ (unsigned char)channel.data[i]) * 16777619u;
    return hash % FF_PARTITIONS;
}

/* The token at *rest up to the next dot; *rest moves behind it. */
static bool next_token(struct ff_slice *rest, struct ff_slice *out_token)
{
    if (rest->data == NULL)
        return false;
    const char *dot = memchr(rest->data, '.', rest->len);
    if (dot == NULL) {
        *out_token = *rest;
        *rest = (struct ff_slice){NULL, 0};
        return true;
    }
    size_t len = (size_t)(dot - rest->data);
    *out_token = (struct ff_slice){rest->data, len};
    *rest = (struct ff_slice){dot + 1, rest->len - len - 1};
    return true;
}

static bool is_brace(struct ff_slice token)
{
    return token.len > 0 && token.data[0] == '{';
}

/* Whether this brace is {pp} and rest (what is behind it) has the {token} from which it is made; *out_skip: how many
 * braces are between them. */
static bool is_made(struct ff_slice brace, struct ff_slice rest,
                    size_t *out_skip)
{
    struct ff_slice token;
    if (!ff_slice_is(brace, "{pp}"))
        return false;
    for (size_t skip = 0; next_token(&rest, &token); skip++)
        if (ff_slice_is(token, "{token}")) {
            *out_skip = skip;
            return true;
        }
    return false;
}

struct builder {
    char *text;
    size_t len;
};

static void add_text(struct builder *b, struct ff_slice text)
{
    memcpy(b->text + b->len, text.data, text.len);
    b->len += text.len;
    b->text[b->len] = '\0';
}

static ff_err add_name(struct builder *b, const char *name)
{
    char token[FF_TOKEN_MAX + 1];
    if (name == NULL)
        return FF_E_INVALID;
    if (name == FF_ANY || name == FF_REST) {
        add_text(b, ff_slice_str(name));
        return FF_OK;
    }
    FF_TRY(ff_token_encode(ff_slice_str(name), token));
    if (b->len + strlen(token) >= FF_SUBJECT_MAX)
        return FF_E_INVALID;
    add_text(b, ff_slice_str(token));
    return FF_OK;
}

static ff_err add_partition(struct builder *b, const char *const *names,
                            size_t skip)
{
    char text[8];
    for (size_t i = 0; i <= skip; i++)
        if (names[i] == NULL)
            return FF_E_INVALID;
    if (names[skip] == FF_ANY || names[skip] == FF_REST)
        return add_name(b, FF_ANY);
    snprintf(text, sizeof(text), "%02u",
             ff_subject_partition(ff_slice_str(names[skip])));
    add_text(b, ff_slice_str(text));
    return FF_OK;
}

ff_err ff_subject_build_n(struct ff_subject_text *out, enum ff_subject id,
                          const char *const *names)
{
    struct ff_subject_text made;
    struct builder b = {made.text, 0};
    struct ff_slice rest = ff_slice_str(patterns[id]), token;
    while (next_token(&rest, &token)) {
        size_t skip;
        if (b.len > 0)
            add_text(&b, FF_SLICE_LIT("."));
        if (!is_brace(token)) {
            add_text(&b, token);
        } else if (is_made(token, rest, &skip)) {
            FF_TRY(add_partition(&b, names, skip));
        } else {
            FF_TRY(add_name(&b, *names));
            if (*names++ == FF_REST)
                break;
        }
    }
    *out = made;
    return FF_OK;
}

struct ff_subject_text ff_subject_of_n(enum ff_subject id,
                                       const char *const *names)
{
    struct ff_subject_text subject;

    if (ff_subject_build_n(&subject, id, names) != FF_OK)
        ff_bug("not a name for %s: %s", patterns[id], names[0]);
    return subject;
}

ff_err ff_subject_part(enum ff_subject id, struct ff_slice subject,
                       unsigned which, char *out)
{
    struct ff_slice pattern = ff_slice_str(patterns[id]);
    struct ff_slice expected, token, found = {NULL, 0};
    while (next_token(&pattern, &expected)) {
        if (!next_token(&subject, &token))
            return FF_E_INVALID;
        if (!is_brace(expected)) {
            if (!ff_slice_eq(expected, token))
                return FF_E_INVALID;
        } else if (which-- == 0) {
            found = token;
        }
    }
    if (subject.data != NULL || found.data == NULL)
        return FF_E_INVALID;
    return ff_token_decode(found, out);
}

const char *ff_subject_pattern(enum ff_subject id)
{
    return patterns[id];
}

void ff_subject_wildcard(enum ff_subject id, struct ff_subject_text *out)
{
    struct builder b = {out->text, 0};
    struct ff_slice rest = ff_slice_str(patterns[id]), token;
    while (next_token(&rest, &token)) {
        if (b.len > 0)
            add_text(&b, FF_SLICE_LIT("."));
        add_text(&b, is_brace(token) ? FF_SLICE_LIT("*") : token);
    }
}
