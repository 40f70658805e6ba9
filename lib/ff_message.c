#include "ff_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ff_clock.h"
#include "ff_hash.h"
#include "ff_js.h"

enum header {
#define X(id, name, help) id,
#include "headers.def"
#undef X
    HEADER_COUNT
};

static const char *const names[] = {
#define X(id, name, help) [id] = name,
#include "headers.def"
#undef X
};

/* --- reading --------------------------------------------------------------- */

static ff_err read_subject(struct ff_slice subject,
                           struct ff_message_names *out,
                           struct ff_message *message)
{
    static const enum ff_subject rows[] = {FF_SUBJ_LIVE, FF_SUBJ_STORE};
    out->channel[0] = '\0';
    if (ff_subject_part(FF_SUBJ_BROADCAST, subject, 0, out->app) == FF_OK) {
        message->app = ff_slice_str(out->app);
        return FF_OK;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (ff_subject_part(rows[i], subject, 0, out->app) == FF_OK &&
            ff_subject_part(rows[i], subject, 2, out->channel) == FF_OK) {
            message->app = ff_slice_str(out->app);
            message->channel = ff_slice_str(out->channel);
            return FF_OK;
        }
    return FF_E_PROTO;
}

static struct ff_slice header(const struct ff_bus_msg *msg, enum header id)
{
    return ff_bus_msg_header(msg, names[id]);
}

ff_err ff_message_read(struct ff_bus_msg *msg,
                       struct ff_message_names *out_names,
                       struct ff_message *out)
{
    struct ff_message m = {0};
    struct ff_slice subject = header(msg, FF_H_SUBJECT);
    struct ff_js_place place = ff_js_place(msg);
    FF_TRY(read_subject(subject.len > 0 ? subject : ff_bus_msg_subject(msg),
                        out_names, &m));
    m.id = header(msg, FF_H_ID);
    m.event = header(msg, FF_H_EVENT);
    m.sender = header(msg, FF_H_SENDER);
    m.except = header(msg, FF_H_EXCEPT);
    m.recipients = header(msg, FF_H_RECIPIENTS);
    m.trace = header(msg, FF_H_TRACE);
    m.kind = header(msg, FF_H_KIND);
    m.time_ms = (int64_t)ff_js_number(header(msg, FF_H_TIME));
    m.binary = ff_slice_is(header(msg, FF_H_TYPE), "bin");
    m.version = ff_js_number(header(msg, FF_H_VERSION));
    m.offset = place.sequence;
    m.previous = place.previous;
    m.body = ff_bus_msg_body(msg);
    *out = m;
    return FF_OK;
}

/* --- writing --------------------------------------------------------------- */

static ff_err write_subject(const struct ff_message *message,
                            enum ff_subject row, struct ff_subject_text *out)
{
    struct ff_message_names text;
    if (message->app.len > FF_CHANNEL_MAX ||
        message->channel.len > FF_CHANNEL_MAX)
        return FF_E_CHANNEL;
    snprintf(text.app, sizeof(text.app), "%.*s", (int)message->app.len,
             message->app.data);
    snprintf(text.channel, sizeof(text.channel), "%.*s",
             (int)message->channel.len, message->channel.data);
    return ff_subject_build(out, row, text.app, text.channel);
}

/* Spaces at an end would be lost on the way, and an empty header is not sent. */
static ff_err add(struct ff_message_out *out, enum header id,
                  struct ff_slice value)
{
    if (value.len == 0)
        return FF_OK;
    if (strchr(" \t", value.data[0]) != NULL ||
        strchr(" \t", value.data[value.len - 1]) != NULL)
        return FF_E_INVALID;
    out->headers[out->out.header_count++] =
        (struct ff_bus_header){names[id], value};
    return FF_OK;
}

static ff_err add_number(struct ff_message_out *out, enum header id,
                         char text[24], uint64_t number)
{
    snprintf(text, 24, "%" PRIu64, number);
    return add(out, id, ff_slice_str(text));
}

/* The stream compares keys over all apps and channels, so those of clients are mixed with both. */
static void write_key(const struct ff_message *message, const char *key,
                      char out[33])
{
    struct ff_buf text = {0};
    uint8_t hash[32];
    ff_buf_addslice(&text, message->app);
    ff_buf_addc(&text, '\0');
    ff_buf_addslice(&text, message->channel);
    ff_buf_addc(&text, '\0');
    ff_buf_adds(&text, key);
    ff_sha256(ff_buf_slice(&text), hash);
    ff_hex(hash, 16, out);
    ff_buf_fini(&text);
}

static ff_err add_store(struct ff_message_out *out,
                        const struct ff_message *message, const char *key,
                        uint64_t expected)
{
    struct ff_slice id = message->id;
    if (key != NULL) {
        write_key(message, key, out->key);
        id = ff_slice_str(out->key);
    }
    FF_TRY(add(out, FF_H_MSG_ID, id));
    if (expected == UINT64_MAX)
        return FF_OK;
    return add_number(out, FF_H_EXPECT_LAST, out->expected, expected);
}

static ff_err add_all(struct ff_message_out *out,
                      const struct ff_message *message)
{
    FF_TRY(add(out, FF_H_ID, message->id));
    FF_TRY(add(out, FF_H_EVENT, message->event));
    FF_TRY(add(out, FF_H_SENDER, message->sender));
    FF_TRY(add(out, FF_H_EXCEPT, message->except));
    FF_TRY(add(out, FF_H_RECIPIENTS, message->recipients));
    FF_TRY(add(out, FF_H_TRACE, message->trace));
    FF_TRY(add(out, FF_H_KIND, message->kind));
    if (message->binary)
        FF_TRY(add(out, FF_H_TYPE, FF_SLICE_LIT("bin")));
    if (message->time_ms > 0)
        FF_TRY(
            add_number(out, FF_H_TIME, out->time, (uint64_t)message->time_ms));
    if (message->version > 0)
        FF_TRY(add_number(out, FF_H_VERSION, out->version, message->version));
    return FF_OK;
}

ff_err ff_message_write(const struct ff_message *message, enum ff_subject row,
                        const char *key, uint64_t expected,
                        struct ff_message_out *out)
{
    out->out = (struct ff_bus_out){.subject = out->subject.text,
                                   .body = message->body,
                                   .headers = out->headers};
    FF_TRY(write_subject(message, row, &out->subject));
    FF_TRY(add_all(out, message));
    if (row == FF_SUBJ_STORE)
        FF_TRY(add_store(out, message, key, expected));
    return FF_OK;
}

ff_err ff_message_publish(struct ff_bus *bus, const struct ff_message *message)
{
    struct ff_message_out out;
    enum ff_subject row =
        message->channel.len == 0 ? FF_SUBJ_BROADCAST : FF_SUBJ_LIVE;
    FF_TRY(ff_message_write(message, row, NULL, UINT64_MAX, &out));
    return ff_bus_publish(bus, &out.out);
}

/* --- ids ------------------------------------------------------------------- */

static void base36(uint64_t n, char *out, size_t digits)
{
    for (size_t i = digits; i-- > 0; n /= 36)
        out[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
}

/* 9 digits of time, 5 that count up, and 10 that are random for each thread. */
void ff_message_id_for_key(struct ff_slice app, struct ff_slice channel,
                           struct ff_slice key, char out[FF_MESSAGE_ID_MAX])
{
    struct ff_buf text = {0};
    uint8_t digest[32];

    ff_buf_addslice(&text, app);
    ff_buf_addc(&text, '\n');
    ff_buf_addslice(&text, channel);
    ff_buf_addc(&text, '\n');
    ff_buf_addslice(&text, key);
    ff_sha256(ff_buf_slice(&text), digest);
    ff_buf_fini(&text);
    /* A 'k' before it, which no id by the clock begins with in our time. */
    out[0] = 'k';
    ff_hex(digest, 16, out + 1);
}

void ff_message_new_id(char out[FF_MESSAGE_ID_MAX])
{
    static _Thread_local char maker[11];
    static _Thread_local uint64_t count;
    if (maker[0] == '\0')
        ff_random_name(maker, sizeof(maker) - 1);
    base36((uint64_t)ff_clock_ms(), out, 9);
    base36(count++, out + 9, 5);
    memcpy(out + 14, maker, sizeof(maker));
}
