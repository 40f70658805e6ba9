#ifndef INGRESS_CALL_H
#define INGRESS_CALL_H

/*
 * One HTTP call from its route to its answer: who calls, what for, with which body. A handler answers exactly once, now or
 * later, with call_reply or call_fail; both end the call.
 */

#include "ff_policy.h"
#include "ingress.h"

struct call;
typedef void call_handler(struct call *call);

/* Who may make a call. */
enum caller {
    CALLER_ANYBODY,
    CALLER_USER,  /* an API key, or a user's token */
    CALLER_ADMIN, /* an API key, or the token of a user whose role is admin */
    CALLER_KEY,   /* an API key */
};

struct route {
    const char *method;
    const char *path; /* "{}" stands for one segment */
    enum caller caller;
    const struct ff_schema *schema; /* of the body; NULL: none is read */
    call_handler *handler;
    const char *help;
};

#define CALL_PARAMS_MAX 2

struct call {
    struct ingress *ingress;
    struct ff_http_req *http;
    const struct route *route;
    char params[CALL_PARAMS_MAX][FF_CHANNEL_MAX + 1]; /* of the braces */
    struct ff_app *app;                               /* a reference */
    bool has_key;
    struct ff_identity user; /* of a token; cleared otherwise */
    json_t *json;            /* the body */
    void *body;              /* decoded by the route's schema */
};

void call_start(struct ingress *ingress, struct ff_http_req *http);

void call_reply(struct call *call, struct ff_buf *json); /* 200; empties json */
void call_reply_status(struct call *call, int status, struct ff_buf *json);
void call_reply_value(struct call *call, json_t *stolen);
void call_fail(struct call *call, ff_err err, const struct ff_why *why);

/* FF_OK for an API key; else as ff_policy_check for the token's user. why names the channel. */
FF_MUST_USE ff_err call_may(const struct call *call, enum ff_verb verb,
                            struct ff_slice channel, struct ff_why *why);
/* The same for the channel in the path, which may be none: FF_E_CHANNEL. */
FF_MUST_USE ff_err call_may_here(const struct call *call, enum ff_verb verb,
                                 struct ff_why *why);
/* The integer of a query parameter, or fallback when absent. FF_E_INVALID. */
FF_MUST_USE ff_err call_query_int(const struct call *call, const char *name,
                                  int64_t fallback, int64_t min, int64_t max,
                                  int64_t *out, struct ff_why *why);

#endif
