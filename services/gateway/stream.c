#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Told to the hub when a client came back with an id that cannot be used: no stream has this epoch. */
#define EPOCH_OF_NONE "0"

enum known {
    KNOWN_NOT, /* no history, or not subscribed yet */
    KNOWN_OLD, /* of another epoch than the stream's */
    KNOWN_NOW,
};

struct stream_channel {
    char *name;
    uint64_t offset;
    enum known known;
};

struct stream {
    size_t count;
    uint32_t names;
    char epoch[FF_EPOCH_MAX];
    struct stream_channel channels[];
};

/* FNV-1a over the names with their ends. */
static uint32_t names_check(const struct stream *stream)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < stream->count; i++) {
        const char *c = stream->channels[i].name;
        do
            hash = (hash ^ (unsigned char)*c) * 16777619u;
        while (*c++ != '\0');
    }
    return hash;
}

struct stream *stream_new(const char *const *channels)
{
    size_t count = 0;

    while (channels[count] != NULL)
        count++;
    struct stream *stream =
        ff_zalloc(sizeof(*stream) + count * sizeof(stream->channels[0]));
    stream->count = count;
    for (size_t i = 0; i < count; i++)
        stream->channels[i].name = ff_strdup(channels[i]);
    stream->names = names_check(stream);
    return stream;
}

void stream_free(struct stream **stream)
{
    struct stream *gone = *stream;

    if (gone == NULL)
        return;
    *stream = NULL;
    for (size_t i = 0; i < gone->count; i++)
        free(gone->channels[i].name);
    free(gone);
}

size_t stream_count(const struct stream *stream)
{
    return stream->count;
}

const char *stream_channel(const struct stream *stream, size_t index)
{
    return stream->channels[index].name;
}

size_t stream_find(const struct stream *stream, const char *channel)
{
    size_t i = 0;

    while (i < stream->count && strcmp(stream->channels[i].name, channel) != 0)
        i++;
    return i;
}

/* --- reading an id --------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
}

/* Canonical: no zero in front of other digits. Moves *at behind the number. */
static bool read_number(const char **at, uint64_t max, uint64_t *out)
{
    const char *from = *at;
    uint64_t value = 0;
    int digit;

    for (; (digit = digit_of(**at)) >= 0; (*at)++) {
        if (value > (max - (uint64_t)digit) / 36)
            return false;
        value = value * 36 + (uint64_t)digit;
    }
    if (*at == from || (*from == '0' && *at - from > 1))
        return false;
    *out = value;
    return true;
}

static bool read_epoch(const char **at, char out[FF_EPOCH_MAX])
{
    size_t len = 0;

    while (digit_of((*at)[len]) >= 0)
        len++;
    if (len == 0 || len >= FF_EPOCH_MAX)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len;
    return true;
}

static bool read_offset(const char **at, struct stream_channel *channel)
{
    if (*(*at)++ != '.')
        return false;
    if (**at == '.' || **at == '\0')
        return true;
    channel->known = KNOWN_NOW;
    return read_number(at, UINT64_MAX, &channel->offset);
}

static bool read_id(struct stream *stream, const char *id)
{
    uint64_t names;

    if (strnlen(id, STREAM_ID_MAX) == STREAM_ID_MAX)
        return false;
    if (!read_number(&id, UINT32_MAX, &names) || names != stream->names)
        return false;
    if (*id++ != '-' || !read_epoch(&id, stream->epoch))
        return false;
    for (size_t i = 0; i < stream->count; i++) {
        if (!read_offset(&id, &stream->channels[i]))
            return false;
    }
    return *id == '\0';
}

bool stream_resume(struct stream *stream, const char *id)
{
    if (read_id(stream, id))
        return true;
    snprintf(stream->epoch, sizeof(stream->epoch), EPOCH_OF_NONE);
    for (size_t i = 0; i < stream->count; i++) {
        stream->channels[i].known = KNOWN_NOW;
        stream->channels[i].offset = 0;
    }
    return false;
}

bool stream_position(const struct stream *stream, size_t index,
                     struct position *out)
{
    const struct stream_channel *channel = &stream->channels[index];

    if (channel->known == KNOWN_NOT)
        return false;
    *out = (struct position){.known = true, .offset = channel->offset};
    memcpy(out->epoch, stream->epoch, sizeof(out->epoch));
    return true;
}

/* --- going on -------------------------------------------------------------- */

static void change_epoch(struct stream *stream, const char *epoch)
{
    for (size_t i = 0; i < stream->count; i++) {
        if (stream->channels[i].known == KNOWN_NOW)
            stream->channels[i].known = KNOWN_OLD;
    }
    memcpy(stream->epoch, epoch, sizeof(stream->epoch));
}

void stream_set(struct stream *stream, size_t index,
                const struct position *position)
{
    struct stream_channel *channel = &stream->channels[index];

    if (!position->known) {
        channel->known = KNOWN_NOT;
        return;
    }
    if (strcmp(stream->epoch, position->epoch) != 0)
        change_epoch(stream, position->epoch);
    channel->known = KNOWN_NOW;
    channel->offset = position->offset;
}

void stream_move(struct stream *stream, size_t index, uint64_t offset)
{
    struct stream_channel *channel = &stream->channels[index];

    if (channel->known == KNOWN_NOW && offset > channel->offset)
        channel->offset = offset;
}

static void add_number(struct ff_buf *out, uint64_t value)
{
    char digits[16];
    size_t len = 0;

    do
        digits[len++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36];
    while ((value /= 36) > 0);
    while (len > 0)
        ff_buf_addc(out, digits[--len]);
}

static bool has_id(const struct stream *stream)
{
    bool any = false;

    for (size_t i = 0; i < stream->count; i++) {
        if (stream->channels[i].known == KNOWN_OLD)
            return false;
        any = any || stream->channels[i].known == KNOWN_NOW;
    }
    return any;
}

bool stream_id(const struct stream *stream, struct ff_buf *out)
{
    if (!has_id(stream))
        return false;
    add_number(out, stream->names);
    ff_buf_addc(out, '-');
    ff_buf_adds(out, stream->epoch);
    for (size_t i = 0; i < stream->count; i++) {
        ff_buf_addc(out, '.');
        if (stream->channels[i].known == KNOWN_NOW)
            add_number(out, stream->channels[i].offset);
    }
    return true;
}
