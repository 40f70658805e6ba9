/* Who a session is: its token, until that ends. */

#include <stdlib.h>
#include <string.h>

#include "ff_clock.h"
#include "session_state.h"

void session_welcome(struct session *session)
{
    const struct sessions *all = session->all;

    session->opening = false;
    text_welcome(session_text_buf(session), conn_info(session->conn)->name,
                 session_identity(session), all->options.heartbeat_interval_ms,
                 ff_clock_ms());
    session_say(session);
    if (all->bus_away) {
        text_status(session_text_buf(session), false);
        session_say(session);
    }
}

ff_err session_verify(struct session *session, enum tag tag, const char *token,
                      struct ff_slice ref)
{
    struct to_hub item =
        session_question(session, TO_HUB_VERIFY, tag, NULL, ref);

    item.text = ff_strdup(token);
    FF_TRY(session_ask(session, &item));
    session->verifying = true;
    return FF_OK;
}

void session_logout(struct session *session)
{
    if (session->login == NULL)
        return;
    expiry_remove(&session->all->expiry, &session->login->expiry);
    ff_identity_fini(&session->login->identity);
    free(session->login);
    session->login = NULL;
}

static void login(struct session *session, struct to_worker *item)
{
    struct login *made = ff_new(struct login);

    made->identity = *item->identity;
    free(item->identity);
    item->identity = NULL;
    session_logout(session);
    session->login = made;
    if (made->identity.expires_at_s > 0)
        expiry_add(&session->all->expiry, &made->expiry,
                   made->identity.expires_at_s, session);
}

/* Answers to what can be tried again close like a restart: come back soon. */
static ff_err close_as(ff_err err)
{
    if (ff_err_class(err) == FF_CLASS_TRANSIENT)
        return FF_E_SHUTDOWN;
    return ff_err_close(err) != 0 ? err : FF_E_UNAUTHENTICATED;
}

void session_on_opened(struct session *session, struct to_worker *item)
{
    session->verifying = false;
    if (item->err != FF_OK) {
        session_fail(session, item->err, &item->why, close_as(item->err));
        return;
    }
    login(session, item);
    session_update_presence(session);
    session_welcome(session);
}

static bool is_same_user(const struct session *session,
                         const struct ff_identity *identity)
{
    return session->login == NULL ||
           ff_slice_eq(session_user(session), ff_slice_str(identity->user_id));
}

void session_on_authenticated(struct session *session, struct to_worker *item)
{
    struct ff_slice ref = ff_slice_str(item->reply.ref);

    session->verifying = false;
    if (item->err != FF_OK) {
        session_refuse(session, item->err, &item->why, NULL, ref);
        return;
    }
    if (!is_same_user(session, item->identity)) {
        struct ff_why why = {.text = "this connection is another user's"};
        session_refuse(session, FF_E_FORBIDDEN, &why, NULL, ref);
        return;
    }
    login(session, item);
    session_update_presence(session);
    text_authenticated(session_text_buf(session), session_identity(session),
                       ref);
    session_say(session);
}

/* --- revocation ------------------------------------------------------------ */

struct revocation {
    const struct to_worker *item;
};

static bool is_revoked(const struct session *session,
                       const struct to_worker *item)
{
    const struct ff_identity *who = session_identity(session);

    if (who == NULL || strcmp(session->app->id, item->app_id) != 0)
        return false;
    if (item->token_id != NULL)
        return ff_slice_is(ff_slice_str(who->token_id), item->token_id);
    return item->user != NULL &&
           ff_slice_is(session_user(session), item->user) &&
           who->issued_at_s <= item->before_s;
}

static void revoke_one(void *arg, struct conn *conn)
{
    const struct revocation *revocation = arg;
    struct session *session = conn_session(conn);

    if (session != NULL && is_revoked(session, revocation->item))
        session_fail(session, FF_E_REVOKED, NULL, FF_E_REVOKED);
}

void sessions_revoke(struct sessions *all, const struct to_worker *item)
{
    struct revocation revocation = {item};

    all->options.each(all->options.ctx, revoke_one, &revocation);
}
