#include "frame_text.h"

#include "ff_json.h"

static void begin(struct ff_buf *out, const char *action)
{
    ff_buf_addf(out, "{\"action\":\"%s\"", action);
}

static void add_text(struct ff_buf *out, const char *key, const char *value)
{
    ff_buf_addf(out, ",\"%s\":", key);
    if (value != NULL)
        ff_json_add_strings(out, value);
    else
        ff_buf_adds(out, "null");
}

static void add_int(struct ff_buf *out, const char *key, int64_t value)
{
    ff_buf_addf(out, ",\"%s\":%lld", key, (long long)value);
}

static void add_bool(struct ff_buf *out, const char *key, bool value)
{
    ff_buf_addf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void add_raw(struct ff_buf *out, const char *key, struct ff_slice json)
{
    ff_buf_addf(out, ",\"%s\":", key);
    ff_buf_addslice(out, json);
}

/* The same member as in another object, if it is there. */
static void add_member_of(struct ff_buf *out, const char *key,
                          struct ff_slice object)
{
    struct ff_slice json;

    if (object.len > 0 && ff_json_raw_member(object, key, &json) == FF_OK)
        add_raw(out, key, json);
}

static void add_who(struct ff_buf *out, const struct ff_identity *who)
{
    add_text(out, "user_id", who != NULL ? who->user_id : NULL);
    add_text(out, "role", who != NULL ? who->role : NULL);
}

static void add_position(struct ff_buf *out, const struct position *position)
{
    if (position == NULL || !position->known)
        return;
    ff_buf_addf(out, ",\"position\":{\"offset\":%llu,\"epoch\":",
                (unsigned long long)position->offset);
    ff_json_add_strings(out, position->epoch);
    ff_buf_addc(out, '}');
}

static void end(struct ff_buf *out, struct ff_slice ref)
{
    if (ref.len > 0)
        add_raw(out, "ref", ref);
    ff_buf_addc(out, '}');
}

static const struct ff_slice no_ref = {"", 0};

void text_welcome(struct ff_buf *out, const char *connection,
                  const struct ff_identity *who, int64_t heartbeat_ms,
                  int64_t now_ms)
{
    begin(out, "welcome");
    add_text(out, "connection_id", connection);
    add_who(out, who);
    add_int(out, "heartbeat_interval", heartbeat_ms);
    add_int(out, "timestamp", now_ms);
    end(out, no_ref);
}

void text_authenticated(struct ff_buf *out, const struct ff_identity *who,
                        struct ff_slice ref)
{
    begin(out, "authenticated");
    add_who(out, who);
    end(out, ref);
}

static void error_begin(struct ff_buf *out, ff_err err,
                        const struct ff_why *why)
{
    bool told = why != NULL && why->text[0] != '\0';

    begin(out, "error");
    add_text(out, "type", "error");
    add_text(out, "code", ff_err_code(err));
    add_text(out, "message", told ? why->text : ff_err_text(err));
    if (why != NULL && why->field[0] != '\0')
        add_text(out, "field", why->field);
}

void text_error(struct ff_buf *out, ff_err err, const struct ff_why *why,
                const char *channel, struct ff_slice ref)
{
    error_begin(out, err, why);
    if (channel != NULL)
        add_text(out, "channel", channel);
    end(out, ref);
}

void text_conflict(struct ff_buf *out, const struct ff_why *why,
                   struct ff_slice answer, struct ff_slice ref)
{
    error_begin(out, FF_E_CONFLICT, why);
    add_member_of(out, "version", answer);
    add_member_of(out, "missed", answer);
    end(out, ref);
}

void text_subscribed(struct ff_buf *out, const char *channel,
                     const struct position *position, enum recovered recovered,
                     struct ff_slice presence, struct ff_slice ref)
{
    begin(out, "subscribed");
    add_text(out, "channel", channel);
    add_position(out, position);
    if (recovered != RECOVERED_NOT_ASKED)
        add_bool(out, "recovered", recovered == RECOVERED_YES);
    if (presence.len > 0)
        add_raw(out, "presence", presence);
    end(out, ref);
}

void text_unsubscribed(struct ff_buf *out, const char *channel,
                       struct ff_slice ref)
{
    begin(out, "unsubscribed");
    add_text(out, "channel", channel);
    end(out, ref);
}

void text_ack(struct ff_buf *out, const char *id, uint64_t offset,
              bool duplicate, struct ff_slice ref)
{
    begin(out, "ack");
    if (id[0] != '\0')
        add_text(out, "id", id);
    if (offset > 0)
        add_int(out, "offset", (int64_t)offset);
    if (duplicate)
        add_bool(out, "duplicate", true);
    end(out, ref);
}

void text_pong(struct ff_buf *out, struct ff_slice ref)
{
    begin(out, "pong");
    end(out, ref);
}

void text_batch(struct ff_buf *out, size_t count, struct ff_slice ref)
{
    begin(out, "batch");
    add_int(out, "count", (int64_t)count);
    end(out, ref);
}

void text_status(struct ff_buf *out, bool certain)
{
    begin(out, "status");
    add_text(out, "delivery", certain ? "ok" : "uncertain");
    end(out, no_ref);
}

void text_going_away(struct ff_buf *out, const char *message, int64_t within_ms)
{
    begin(out, "going_away");
    if (message != NULL)
        add_text(out, "message", message);
    add_int(out, "within", within_ms);
    end(out, no_ref);
}

void text_gap(struct ff_buf *out, const char *channel,
              const struct position *position)
{
    begin(out, "gap");
    add_text(out, "channel", channel);
    add_bool(out, "recovered", false);
    add_position(out, position);
    end(out, no_ref);
}

void text_document(struct ff_buf *out, const char *channel,
                   struct ff_slice answer, struct ff_slice ref)
{
    begin(out, "document");
    add_text(out, "channel", channel);
    add_member_of(out, "version", answer);
    add_member_of(out, "document", answer);
    end(out, ref);
}

void text_updated(struct ff_buf *out, const char *channel,
                  struct ff_slice answer, struct ff_slice ref)
{
    begin(out, "updated");
    add_text(out, "channel", channel);
    add_member_of(out, "version", answer);
    end(out, ref);
}

void text_presence_list(struct ff_buf *out, const char *channel,
                        struct ff_slice list, struct ff_slice ref)
{
    begin(out, "presence_list");
    if (channel != NULL)
        add_text(out, "channel", channel);
    ff_buf_addc(out, ',');
    ff_buf_addslice(out, list);
    end(out, ref);
}

void text_presence_set(struct ff_buf *out, struct ff_slice record,
                       struct ff_slice ref)
{
    begin(out, "presence_set");
    add_member_of(out, "status", record);
    add_member_of(out, "activity", record);
    end(out, ref);
}

void text_history_begin(struct ff_buf *out, const char *channel)
{
    begin(out, "history");
    add_text(out, "channel", channel);
    ff_buf_adds(out, ",\"messages\":[");
}

void text_history_end(struct ff_buf *out, const struct position *position,
                      bool has_more, struct ff_slice ref)
{
    ff_buf_addc(out, ']');
    add_position(out, position);
    add_bool(out, "has_more", has_more);
    end(out, ref);
}
