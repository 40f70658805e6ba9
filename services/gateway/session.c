#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "ff_clock.h"
#include "ff_map.h"
#include "ff_subject.h"
#include "session_state.h"

#define MINUTE_S 60

struct sessions *sessions_new(const struct sessions_options *options)
{
    struct sessions *all = ff_new(struct sessions);

    all->options = *options;
    all->apps = ff_map_new();
    all->channels = channels_new();
    return all;
}

void sessions_free(struct sessions **sessions)
{
    struct sessions *gone = *sessions;
    void *value;

    if (gone == NULL)
        return;
    *sessions = NULL;
    for (size_t i = 0; ff_map_next(gone->apps, &i, NULL, &value);) {
        struct ff_app *app = value;
        ff_app_unref(&app);
    }
    ff_map_free(&gone->apps);
    channels_free(&gone->channels);
    expiry_fini(&gone->expiry);
    ff_buf_fini(&gone->text);
    ff_buf_fini(&gone->id);
    free(gone);
}

size_t sessions_channel_count(const struct sessions *all)
{
    return channels_count(all->channels);
}

void sessions_tick(struct sessions *all, int64_t now_ms)
{
    struct session *session;

    while ((session = expiry_take(&all->expiry, now_ms / 1000)) != NULL)
        session_fail(session, FF_E_EXPIRED, NULL, FF_E_EXPIRED);
    sessions_drop_owed(all);
}

/* --- life ------------------------------------------------------------------ */

struct ff_app *sessions_app(const struct sessions *all, const char *id)
{
    return ff_map_gets(all->apps, id);
}

/* NULL: unknown or disabled. */
static struct ff_app *ref_app(const struct sessions *all, const char *id)
{
    struct ff_app *app =
        sessions_app(all, id != NULL ? id : all->options.app_id);

    return app != NULL && app->enabled ? ff_app_ref(app) : NULL;
}

/* A channel that an event stream asks for is an action like any other. */
static void ask_channel(struct intake *intake, const char *channel)
{
    struct ff_buf text = {0};

    action_write_subscribe(&text, channel);
    intake_add(intake, INTAKE_TEXT, ff_buf_slice(&text));
    ff_buf_fini(&text);
}

static void refuse_channel(struct intake *intake, const char *channel,
                           ff_err err, const struct ff_why *why)
{
    struct ff_buf text = {0};

    text_error(&text, err, why, channel, (struct ff_slice){"", 0});
    intake_add(intake, INTAKE_ANSWER, ff_buf_slice(&text));
    ff_buf_fini(&text);
}

/* What is no name never comes to be in the ids of the stream. */
static struct intake *ask_channels(const char *const *channels,
                                   const char **out_good)
{
    struct intake *intake = ff_new(struct intake);

    for (; *channels != NULL; channels++) {
        struct ff_why why = {0};
        ff_err err = ff_channel_check(ff_slice_str(*channels), &why);
        if (err != FF_OK) {
            refuse_channel(intake, *channels, err, &why);
        } else {
            ask_channel(intake, *channels);
            *out_good++ = *channels;
        }
    }
    return intake;
}

static void open_stream(struct session *session, const struct session_open *how)
{
    size_t count = 0;

    while (how->channels != NULL && how->channels[count] != NULL)
        count++;
    const char **good = ff_zalloc((count + 1) * sizeof(*good));
    if (count > 0)
        session->intake = ask_channels(how->channels, good);
    session->stream = stream_new(good);
    free(good);
    if (how->last_event_id != NULL)
        stream_resume(session->stream, how->last_event_id);
}

static void open_session(struct session *session,
                         const struct session_open *how)
{
    static const struct ff_slice no_ref = {"", 0};

    session->opening = true;
    if (session->app == NULL) {
        struct ff_why why = {.text = "no such app, or not known yet"};
        session_fail(session, FF_E_UNAVAILABLE, &why, FF_E_SHUTDOWN);
    } else if (how->token == NULL) {
        session_welcome(session);
    } else if (session_verify(session, TAG_OPEN, how->token, no_ref) != FF_OK) {
        session_fail(session, FF_E_BUSY, NULL, FF_E_SHUTDOWN);
    }
}

struct session *session_new(struct sessions *all, struct conn *conn,
                            const struct session_open *how)
{
    struct session *session = ff_new(struct session);

    session->all = all;
    session->conn = conn;
    session->app = ref_app(all, how->app);
    if (conn_info(conn)->kind == CONN_SSE)
        open_stream(session, how);
    open_session(session, how);
    session_run(session);
    return session;
}

static void drop_intake(struct session *session)
{
    if (session->intake == NULL)
        return;
    intake_fini(session->intake);
    free(session->intake);
    session->intake = NULL;
}

void session_close(struct session **session)
{
    struct session *gone = *session;

    if (gone == NULL)
        return;
    *session = NULL;
    session_unsubscribe_all(gone);
    session_end_presence(gone);
    session_logout(gone);
    drop_intake(gone);
    stream_free(&gone->stream);
    ff_app_unref(&gone->app);
    free(gone);
}

/* --- what the client sends ------------------------------------------------- */

static void pause_or_go_on(struct session *session)
{
    bool pause = session->intake != NULL && intake_is_full(session->intake);

    if (pause == session->paused || session->stream != NULL)
        return;
    session->paused = pause;
    conn_pause(session->conn, pause);
}

/* false: it must wait; item goes back to where it was. */
static bool run_item(struct session *session, struct intake_item *item)
{
    struct ff_slice data = {item->data, item->len};

    if (item->kind == INTAKE_ANSWER) {
        ff_buf_addslice(session_text_buf(session), data);
        session_say(session);
    } else if (!action_run(session, item->kind, data)) {
        intake_put_back(session->intake, item);
        return false;
    }
    free(item);
    return true;
}

void session_run(struct session *session)
{
    struct intake_item *item;

    while (session->intake != NULL && !session->opening &&
           !session->verifying && !conn_is_closing(session->conn)) {
        if ((item = intake_take(session->intake)) == NULL)
            drop_intake(session);
        else if (!run_item(session, item))
            break;
    }
    pause_or_go_on(session);
}

static bool may_run(const struct session *session)
{
    return session->intake == NULL && !session->opening && !session->verifying;
}

static void take_in(struct session *session, enum intake_kind kind,
                    struct ff_slice data)
{
    if (conn_is_closing(session->conn))
        return;
    if (may_run(session) && action_run(session, kind, data)) {
        session_run(session);
        return;
    }
    if (session->intake == NULL)
        session->intake = ff_new(struct intake);
    intake_add(session->intake, kind, data);
    pause_or_go_on(session);
}

void session_text(struct session *session, struct ff_slice text)
{
    if ((int64_t)text.len > session->all->options.max_text_bytes)
        session_fail(session, FF_E_TOO_BIG, NULL, FF_E_TOO_BIG);
    else
        take_in(session, INTAKE_TEXT, text);
}

void session_binary(struct session *session, struct ff_slice bytes)
{
    if ((int64_t)bytes.len > session->all->options.max_binary_bytes)
        session_fail(session, FF_E_TOO_BIG, NULL, FF_E_TOO_BIG);
    else
        take_in(session, INTAKE_BINARY, bytes);
}

ff_err session_rate(struct session *session, struct ff_why *why)
{
    int64_t limit = session->all->options.max_messages_per_minute;
    uint32_t now_s = (uint32_t)(ff_clock_steady_ms() / 1000);

    if (limit == 0)
        return FF_OK;
    if (session->rate_count == 0 || now_s - session->rate_from_s >= MINUTE_S) {
        session->rate_from_s = now_s;
        session->rate_count = 0;
    }
    if (session->rate_count >= limit)
        return ff_why_set(why, FF_E_RATE, "",
                          "more than %lld messages in a minute",
                          (long long)limit);
    session->rate_count++;
    return FF_OK;
}

/* --- who ------------------------------------------------------------------- */

const struct ff_identity *session_identity(const struct session *session)
{
    return session->login != NULL ? &session->login->identity : NULL;
}

struct ff_slice session_user(const struct session *session)
{
    return ff_slice_str(
        session->login != NULL ? session->login->identity.user_id : NULL);
}
