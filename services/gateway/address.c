#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define HOPS_MAX 100

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Without brackets, and without a port when it is told apart. */
static struct ff_slice bare(struct ff_slice text)
{
    if (text.len && text.data[0] == '[') {
        const char *end = memchr(text.data, ']', text.len);
        return end ? (struct ff_slice){text.data + 1,
                                       (size_t)(end - text.data) - 1}
                   : text;
    }
    const char *colon = text.len ? memchr(text.data, ':', text.len) : NULL;
    size_t before = colon ? (size_t)(colon - text.data) : text.len;
    if (colon && !memchr(colon + 1, ':', text.len - before - 1))
        text.len = before;
    return text;
}

bool address_parse(struct ff_slice text, struct address *out)
{
    char copy[ADDRESS_MAX];
    struct address found;
    text = bare(text);
    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, found.bytes + 12) == 1)
        memcpy(found.bytes, mapped, sizeof(mapped));
    else if (inet_pton(AF_INET6, copy, found.bytes) != 1)
        return false;
    *out = found;
    return true;
}

void address_print(const struct address *address, char out[ADDRESS_MAX])
{
    if (memcmp(address->bytes, mapped, sizeof(mapped)) == 0)
        inet_ntop(AF_INET, address->bytes + 12, out, ADDRESS_MAX);
    else
        inet_ntop(AF_INET6, address->bytes, out, ADDRESS_MAX);
}

bool address_range_parse(const char *text, struct address_range *out)
{
    struct address_range range;
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (!address_parse((struct ff_slice){text, len}, &range.base))
        return false;
    bool v4 = memcmp(range.base.bytes, mapped, sizeof(mapped)) == 0;
    range.bits = 128;
    if (slash) {
        char *end;
        unsigned long bits = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end || bits > (v4 ? 32 : 128))
            return false;
        range.bits = (unsigned)bits + (v4 ? 96 : 0);
    }
    *out = range;
    return true;
}

bool address_in_range(const struct address *address,
                      const struct address_range *range)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(address->bytes, range->base.bytes, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return ((address->bytes[whole] ^ range->base.bytes[whole]) & mask) == 0;
}

static bool is_trusted(const struct address *address,
                       const struct address_range *trusted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (address_in_range(address, &trusted[i]))
            return true;
    return false;
}

void address_of_client(const char *peer, struct ff_slice forwarded,
                       const struct address_range *trusted, size_t count,
                       char out[ADDRESS_MAX])
{
    struct address at;
    if (!address_parse(ff_slice_str(peer), &at)) {
        snprintf(out, ADDRESS_MAX, "%s", peer);
        return;
    }
    for (int hop = 0; hop < HOPS_MAX && forwarded.len > 0; hop++) {
        if (!is_trusted(&at, trusted, count))
            break;
        if (!address_parse(words_take_last(&forwarded, ','), &at))
            break;
    }
    address_print(&at, out);
}
