#include "actions.h"

#include <string.h>

#include "ff_metric.h"

const struct action actions[] = {
    {"auth", &action_auth_schema, action_auth, ACTION_ASKS},
    {"subscribe", &action_subscribe_schema, action_subscribe,
     ACTION_CHANNEL | ACTION_ASKS},
    {"unsubscribe", &action_unsubscribe_schema, action_unsubscribe,
     ACTION_CHANNEL},
    {"message", &action_message_schema, action_message,
     ACTION_CHANNEL | ACTION_BINARY | ACTION_ASKS},
    {"whisper", &action_whisper_schema, action_whisper,
     ACTION_CHANNEL | ACTION_ASKS},
    {"ping", &action_ping_schema, action_ping, 0},
    {"batch", &action_batch_schema, action_batch, ACTION_NOT_INNER},
    {"history", &action_history_schema, action_history,
     ACTION_CHANNEL | ACTION_ASKS},
    {"join", &action_join_schema, action_join, ACTION_CHANNEL | ACTION_ASKS},
    {"update", &action_update_schema, action_update,
     ACTION_CHANNEL | ACTION_ASKS},
    {"presence", &action_presence_schema, action_presence, ACTION_ASKS},
    {"presence_list", &action_presence_list_schema, action_presence_list,
     ACTION_CHANNEL | ACTION_ASKS},
    {0},
};

/* Room for any of them. */
union action_in {
    struct action_auth auth;
    struct action_subscribe subscribe;
    struct action_unsubscribe unsubscribe;
    struct action_message message;
    struct action_whisper whisper;
    struct action_batch batch;
    struct action_history history;
    struct action_join join;
    struct action_update update;
    struct action_presence presence;
    struct action_presence_list presence_list;
    const char *channel;
};

/* A frame being read; root owns what the texts borrow. */
struct reading {
    json_t *root;
    const struct action *action;
    struct request request;
    union action_in in;
    enum intake_kind kind;
};

static const struct action *find_action(const char *name)
{
    const struct action *action = actions;

    while (action->name != NULL && strcmp(action->name, name) != 0)
        action++;
    return action->name != NULL ? action : NULL;
}

/* --- reading a frame ------------------------------------------------------- */

static ff_err split_binary(struct ff_slice frame, struct ff_slice *out_head,
                           struct ff_slice *out_bytes, struct ff_why *why)
{
    const char *end =
        frame.len > 0 ? memchr(frame.data, '\n', frame.len) : NULL;

    if (end == NULL)
        return ff_why_set(why, FF_E_JSON, "",
                          "a binary frame is a JSON object, a line feed, "
                          "and the bytes");
    *out_head = (struct ff_slice){frame.data, (size_t)(end - frame.data)};
    *out_bytes = (struct ff_slice){end + 1, frame.len - out_head->len - 1};
    return FF_OK;
}

static ff_err read_ref(struct reading *r, struct ff_slice text,
                       struct ff_why *why)
{
    const json_t *ref = json_object_get(r->root, "ref");
    struct ff_slice raw;

    if (ref == NULL || json_is_null(ref))
        return FF_OK;
    if (json_is_object(ref) || json_is_array(ref))
        return ff_why_set(why, FF_E_INVALID, "ref",
                          "must be a string, a number or a boolean");
    FF_TRY(ff_json_raw_member(text, "ref", &raw));
    if (raw.len > REF_MAX)
        return ff_why_set(why, FF_E_INVALID, "ref", "at most %d bytes",
                          REF_MAX);
    r->request.ref = raw;
    return FF_OK;
}

static ff_err read_action(struct reading *r, struct ff_why *why)
{
    const json_t *name = json_object_get(r->root, "action");

    if (name == NULL)
        return ff_why_set(why, FF_E_MISSING, "action", "%s",
                          ff_err_text(FF_E_MISSING));
    if (!json_is_string(name))
        return ff_why_set(why, FF_E_INVALID, "action", "must be a string");
    r->action = find_action(json_string_value(name));
    if (r->action == NULL)
        return ff_why_set(why, FF_E_ACTION, "action", "%s",
                          ff_err_text(FF_E_ACTION));
    if (r->kind == INTAKE_BINARY && !(r->action->flags & ACTION_BINARY))
        return ff_why_set(why, FF_E_BINARY, "action",
                          "this action comes in a text frame");
    if (r->kind == INTAKE_INNER && (r->action->flags & ACTION_NOT_INNER))
        return ff_why_set(why, FF_E_INVALID, "action", "not in a batch");
    return FF_OK;
}

static ff_err read_data(struct reading *r, struct ff_slice text,
                        struct ff_why *why)
{
    json_t *data = json_object_get(r->root, "data");
    json_t *none = NULL;

    if (data != NULL && !json_is_object(data))
        return ff_why_set(why, FF_E_INVALID, "data", "must be an object");
    if (data == NULL)
        data = none = json_object();
    else
        FF_TRY(ff_json_raw_member(text, "data", &r->request.data));
    ff_err err = ff_schema_decode(r->action->schema, data, &r->in, why);
    json_decref(none);
    r->request.in = &r->in;
    return err;
}

static ff_err read_frame(struct reading *r, struct ff_slice frame,
                         struct ff_why *why)
{
    r->request.binary = r->kind == INTAKE_BINARY;
    if (r->request.binary)
        FF_TRY(split_binary(frame, &frame, &r->request.bytes, why));
    FF_TRY(ff_json_parse_object(frame, &r->root, why));
    FF_TRY(read_ref(r, frame, why));
    FF_TRY(read_action(r, why));
    return read_data(r, frame, why);
}

/* --- running it ------------------------------------------------------------ */

static const char *channel_of(const struct reading *r)
{
    if (r->action == NULL || !(r->action->flags & ACTION_CHANNEL))
        return NULL;
    return r->in.channel;
}

static bool must_wait(const struct session *session, const struct reading *r)
{
    const char *channel = channel_of(r);

    if ((r->action->flags & ACTION_ASKS) && session->asked >= SESSION_ASKED_MAX)
        return true;
    if (channel == NULL)
        return false;
    const struct subscription *there = session_subscription(session, channel);
    return there != NULL && there->busy;
}

bool action_run(struct session *session, enum intake_kind kind,
                struct ff_slice frame)
{
    struct reading r = {.kind = kind};
    struct ff_why why = {0};
    ff_err err = read_frame(&r, frame, &why);
    bool wait = err == FF_OK && must_wait(session, &r);

    if (!wait) {
        ff_metric_add(FF_M_ACTIONS, 1);
        if (err == FF_OK)
            err = r.action->run(session, &r.request, &why);
        if (err != FF_OK)
            session_refuse(session, err, &why, channel_of(&r), r.request.ref);
    }
    json_decref(r.root);
    return !wait;
}

void action_write_subscribe(struct ff_buf *out, const char *channel)
{
    ff_buf_adds(out, "{\"action\":\"subscribe\",\"data\":{\"channel\":");
    ff_json_add_strings(out, channel);
    ff_buf_adds(out, "}}");
}
