#ifndef GATEWAY_SESSION_STATE_H
#define GATEWAY_SESSION_STATE_H

/*
 * What the parts of the session layer share: session.c (life, intake), session_say.c (to client and hub), session_take.c
 * (from the hub), session_login.c (who), session_channel.c (subscriptions), session_deliver.c (fan-out),
 * session_document.c, session_presence.c, session_query.c, and the actions. Only they include it.
 *
 * Order: a client's actions are run in the order in which they came. One that must wait (see session_must_wait) holds
 * up those behind it, so that every answer comes in a sensible order and a client may send without waiting.
 */

#include "channels.h"
#include "expiry.h"
#include "frame_text.h"
#include "intake.h"
#include "session.h"
#include "stream.h"

/* Actions of one session that the hub has not answered. */
#define SESSION_ASKED_MAX 256

/* Which answer to make once the hub has answered. */
enum tag {
    TAG_NONE, /* none; nothing comes back */
    TAG_OPEN, /* VERIFY: the token of the handshake */
    TAG_AUTH, /* VERIFY: the action */
    TAG_SUBSCRIBE,
    TAG_JOIN,   /* SUBSCRIBE: first half of a join */
    TAG_ACK,    /* PUBLISH */
    TAG_SILENT, /* PUBLISH: only a refusal comes back */
    TAG_HISTORY,
    TAG_JOINED,       /* CALL: second half of a join that subscribed */
    TAG_JOINED_AGAIN, /* CALL: join of one who was subscribed */
    TAG_UPDATE,       /* CALL */
    TAG_MEMBERS,
    TAG_STATUS,
    TAG_COUNT
};

struct sessions {
    struct sessions_options options;
    struct ff_map *apps; /* id -> struct ff_app, references */
    struct channels *channels;
    struct expiry expiry;
    struct ff_buf text, id; /* what is being said */
    bool bus_away, drops_owed;
};

/* Only connections with a token have one. */
struct login {
    struct ff_identity identity;
    struct expiry_entry expiry;
};

struct session {
    struct sessions *all;
    struct conn *conn;
    struct ff_app *app;    /* a reference */
    struct login *login;   /* NULL: anonymous */
    struct intake *intake; /* NULL: nothing waits */
    struct stream *stream; /* NULL: not an event stream */
    struct subscriptions subs;
    uint32_t rate_from_s, rate_count;
    uint16_t asked; /* of the hub, without answer */
    bool opening, verifying, paused;
    bool online; /* the hub knows its user to be here */
};

/* --- session.c --- */
/* The newest record; NULL: none came. Borrowed. */
struct ff_app *sessions_app(const struct sessions *all, const char *id);
const struct ff_identity *session_identity(const struct session *session);
struct ff_slice session_user(const struct session *session); /* empty: none */
/* One minute's messages; FF_E_RATE. Counts this one if it is allowed. */
FF_MUST_USE ff_err session_rate(struct session *session, struct ff_why *why);
/* Run what waits, as far as it may run now. */
void session_run(struct session *session);

/* --- session_say.c --- */
/* A cleared buffer to write the next frame into; and then say it. */
struct ff_buf *session_text_buf(struct session *session);
void session_say(struct session *session);
/* The same; on an event stream with its id. */
void session_say_with_id(struct session *session);
void session_refuse(struct session *session, ff_err err,
                    const struct ff_why *why, const char *channel,
                    struct ff_slice ref);
/* Say the error, then close: with its own close code, or with that of as. */
void session_fail(struct session *session, ff_err err, const struct ff_why *why,
                  ff_err as);
/* A question to the hub with what every one has; then ask it: FF_E_BUSY ends it. */
struct to_hub session_question(struct session *session, enum to_hub_type type,
                               enum tag tag, const char *channel,
                               struct ff_slice ref);
FF_MUST_USE ff_err session_ask(struct session *session, struct to_hub *item);

/* --- session_login.c --- */
void session_welcome(struct session *session);
FF_MUST_USE ff_err session_verify(struct session *session, enum tag tag,
                                  const char *token, struct ff_slice ref);
void session_on_opened(struct session *session, struct to_worker *item);
void session_on_authenticated(struct session *session, struct to_worker *item);
void session_logout(struct session *session);
void sessions_revoke(struct sessions *all, const struct to_worker *item);

/* --- session_channel.c --- */
/* NULL: not subscribed, not even pending. */
struct subscription *session_subscription(const struct session *session,
                                          const char *channel);
/* A pending subscription, asked of the hub. recover NULL: not asked. */
FF_MUST_USE ff_err session_subscribe(struct session *session, enum tag tag,
                                     const char *channel,
                                     const struct position *recover,
                                     struct ff_slice ref, struct ff_why *why);
void session_unsubscribe(struct session *session,
                         struct subscription *subscription);
void session_unsubscribe_all(struct session *session);
void session_on_subscribed(struct session *session, struct to_worker *item);
void session_on_joining(struct session *session, struct to_worker *item);
/* Say again what the hub was too busy to hear. */
void sessions_drop_owed(struct sessions *all);

/* --- session_deliver.c --- */
void sessions_deliver(struct sessions *all, struct to_worker *item);
void sessions_broadcast(struct sessions *all, struct to_worker *item);
void sessions_lost(struct sessions *all, struct to_worker *item);
/* What a new subscriber missed; may_replay: it is not more than may wait for one connection. */
bool session_may_replay(const struct session *session,
                        const struct to_worker *item);
void session_replay(struct session *session,
                    const struct subscription *subscription,
                    const struct to_worker *item);

/* --- session_document.c --- */
FF_MUST_USE ff_err session_call_join(struct session *session, enum tag tag,
                                     const char *channel, struct ff_slice ref);
/* data: the client's, with base_version, and changes or merge. */
FF_MUST_USE ff_err session_call_update(struct session *session,
                                       const char *channel,
                                       struct ff_slice data,
                                       struct ff_slice ref);
void session_on_joined(struct session *session, struct to_worker *item);
void session_on_joined_again(struct session *session, struct to_worker *item);
void session_on_updated(struct session *session, struct to_worker *item);

/* --- session_presence.c --- */
/* What others see of its user, as in members.h. */
char *session_about(const struct session *session);
bool session_may_be_member(const struct session *session, const char *channel);
/* The hub hears what has changed: a user has come, is on a channel or no longer. */
void session_update_presence(struct session *session);
void session_update_member(struct session *session,
                           struct subscription *subscription);
void session_end_member(struct session *session,
                        struct subscription *subscription);
void session_end_presence(struct session *session);
/* Who asks, so that the answer has them. */
void session_add_asker(const struct session *session, struct to_hub *item);
void sessions_presence(struct sessions *all, struct to_worker *item);
void session_on_members(struct session *session, struct to_worker *item);
void session_on_status(struct session *session, struct to_worker *item);

/* --- session_query.c --- */
void sessions_answer(struct sessions *all, struct to_worker *item);

#endif
