#ifndef GATEWAY_ACTIONS_H
#define GATEWAY_ACTIONS_H

/*
 * What a client can ask for: one table of actions with their schemas (proto/messages.def) and handlers, and the one
 * way in. A frame is {"action":NAME,"data":{…},"ref":MARK}; a binary one is such an object, a line feed, and bytes.
 *
 * Every action with a ref gets exactly one answer. One thread: the worker's.
 */

#include "intake.h"
#include "messages.h"
#include "session_state.h"

#define REF_MAX 64 /* bytes of its JSON */

/* An action as a handler gets it. All is borrowed for the call. */
struct request {
    const void *in;        /* the decoded struct of its schema */
    struct ff_slice data;  /* the text of "data"; empty when there is none */
    struct ff_slice ref;   /* empty: none */
    struct ff_slice bytes; /* behind the line feed of a binary frame */
    bool binary;
};

/*
 * FF_OK: it was answered, or the hub was asked and the answer will be made from its tag. Else the error is told by
 * the caller.
 */
typedef ff_err action_fn(struct session *session, const struct request *request,
                         struct ff_why *why);

enum {
    ACTION_CHANNEL =
        1, /* waits for a subscription under way on its channel, which is its struct's first member */
    ACTION_BINARY = 2,    /* may come in a binary frame */
    ACTION_ASKS = 4,      /* asks the hub: waits while too much is unanswered */
    ACTION_NOT_INNER = 8, /* not in a batch */
};

struct action {
    const char *name;
    const struct ff_schema *schema;
    action_fn *run;
    unsigned flags;
};

/* Ended by a row without name. */
extern const struct action actions[];

/* Run what came; false: it must wait, and nothing was done yet. */
bool action_run(struct session *session, enum intake_kind kind,
                struct ff_slice frame);
/* The frame that asks for a channel. */
void action_write_subscribe(struct ff_buf *out, const char *channel);

/* Handlers: actions_channel.c, actions_message.c, actions_presence.c, actions_other.c. */
action_fn action_auth, action_subscribe, action_unsubscribe, action_message,
    action_whisper, action_ping, action_batch, action_history, action_join,
    action_update, action_presence, action_presence_list;

#endif
