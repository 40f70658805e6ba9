/* Actions beside channels: auth, ping, batch. */

#include "actions.h"

ff_err action_auth(struct session *session, const struct request *request,
                   struct ff_why *why)
{
    const struct action_auth *in = request->in;

    (void)why;
    return session_verify(session, TAG_AUTH, in->token, request->ref);
}

ff_err action_ping(struct session *session, const struct request *request,
                   struct ff_why *why)
{
    (void)why;
    text_pong(session_text_buf(session), request->ref);
    session_say(session);
    return FF_OK;
}

/* --- batch ----------------------------------------------------------------- */

/*
 * The end of a JSON value, at the comma or bracket behind it: the text is known to be good, so only strings and nesting count.
 */
static size_t value_end(struct ff_slice text, size_t at)
{
    int depth = 0;

    for (bool quoted = false; at < text.len; at++) {
        char c = text.data[at];
        if (quoted && c == '\\')
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (c == '{' || c == '[')
            depth++;
        else if (depth == 0 && (c == ',' || c == ']'))
            break;
        else if (c == '}' || c == ']')
            depth--;
    }
    return at;
}

/* Each item of an array as the bytes that came. */
static size_t add_items(struct intake *intake, struct ff_slice array)
{
    size_t count = 0;

    for (size_t at = 1; at < array.len; count++) {
        size_t end = value_end(array, at);
        intake_add(intake, INTAKE_INNER,
                   (struct ff_slice){array.data + at, end - at});
        at = end + 1;
    }
    return count;
}

/* Its actions are run next, before what came later, and then it is answered. */
ff_err action_batch(struct session *session, const struct request *request,
                    struct ff_why *why)
{
    struct ff_slice array;
    struct intake batch = {0};
    struct ff_buf answer = {0};

    (void)why;
    FF_TRY(ff_json_raw_member(request->data, "actions", &array));
    size_t count = add_items(&batch, array);
    text_batch(&answer, count, request->ref);
    intake_add(&batch, INTAKE_ANSWER, ff_buf_slice(&answer));
    ff_buf_fini(&answer);
    if (session->intake == NULL)
        session->intake = ff_new(struct intake);
    intake_put_before(session->intake, &batch);
    return FF_OK;
}
