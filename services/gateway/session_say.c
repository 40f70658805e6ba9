/* What a session says: frames to its client, questions to the hub. */

#include <string.h>

#include "ff_metric.h"
#include "session_state.h"

struct ff_buf *session_text_buf(struct session *session)
{
    ff_buf_clear(&session->all->text);
    return &session->all->text;
}

/*
 * Every frame begins with its action. An event stream tells it in the event line, not in the data, and has another
 * name for "error", which EventSource uses itself.
 */
static void say_event(struct session *session, struct ff_buf *text,
                      const char *id)
{
    size_t begin = strlen("{\"action\":\"");
    char *end = strchr(text->data + begin, '"');
    size_t rest = (size_t)(end - text->data) + 1;
    const char *event = text->data + begin;

    *end = '\0';
    text->data[rest] = '{';
    conn_send_json(session->conn,
                   strcmp(event, "error") == 0 ? "fanfare-error" : event, id,
                   (struct ff_slice){text->data + rest, text->len - rest});
}

static void say(struct session *session, const char *id)
{
    struct ff_buf *text = &session->all->text;

    if (session->stream != NULL)
        say_event(session, text, id);
    else
        conn_send_json(session->conn, NULL, NULL, ff_buf_slice(text));
}

void session_say(struct session *session)
{
    say(session, NULL);
}

void session_say_with_id(struct session *session)
{
    struct ff_buf *id = &session->all->id;

    ff_buf_clear(id);
    bool has_id = session->stream != NULL && stream_id(session->stream, id);
    say(session, has_id ? id->data : NULL);
}

/* Its stream goes on without it. */
static void forget_channel(struct stream *stream, const char *channel)
{
    static const struct position unknown;
    size_t index = stream_find(stream, channel);

    if (index < stream_count(stream))
        stream_set(stream, index, &unknown);
}

void session_refuse(struct session *session, ff_err err,
                    const struct ff_why *why, const char *channel,
                    struct ff_slice ref)
{
    struct ff_buf *text = session_text_buf(session);

    ff_metric_add(FF_M_ACTIONS_REFUSED, 1);
    if (session->stream != NULL && channel != NULL)
        forget_channel(session->stream, channel);
    /* With a ref a client knows what was refused. */
    text_error(text, err, why, session->stream != NULL ? channel : NULL, ref);
    session_say(session);
}

void session_fail(struct session *session, ff_err err, const struct ff_why *why,
                  ff_err as)
{
    static const struct ff_slice no_ref = {"", 0};
    bool told = why != NULL && why->text[0] != '\0';

    if (conn_is_closing(session->conn))
        return;
    /* Closing an event stream says the error by itself. */
    if (session->stream == NULL || as != err)
        session_refuse(session, err, why, NULL, no_ref);
    conn_close(session->conn, as, told ? why->text : ff_err_text(err));
}

struct to_hub session_question(struct session *session, enum to_hub_type type,
                               enum tag tag, const char *channel,
                               struct ff_slice ref)
{
    return (struct to_hub){
        .type = type,
        .worker = session->all->options.worker,
        .app = ff_app_ref(session->app),
        .channel = ff_strdup(channel),
        .reply = {.conn = conn_info(session->conn)->id,
                  .ref = ref.len > 0 ? ff_slice_dup(ref) : NULL,
                  .tag = tag},
    };
}

ff_err session_ask(struct session *session, struct to_hub *item)
{
    enum tag tag = item->reply.tag;
    ff_err err = handoff_to_hub(session->all->options.handoff, item);

    if (err != FF_OK)
        to_hub_fini(item);
    else if (tag != TAG_NONE && tag != TAG_SILENT)
        session->asked++;
    return err;
}
