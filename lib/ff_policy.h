#ifndef FF_POLICY_H
#define FF_POLICY_H

/*
 * Who may do what on which channel: one table of rules, one function. Pure; any thread.
 *
 * A token may carry channel patterns: "chat.*" ('*' matches any run of bytes, also dots). They open what the namespace would
 * leave closed to this user, private- and presence- channels above all.
 */

#include "ff_app.h"

struct ff_identity {
    char *user_id;                     /* NULL: anonymous */
    char *role;                        /* "user", "admin", …; NULL: none */
    char *token_id;                    /* jti; NULL */
    char *name;                        /* shown to others; NULL */
    json_t *info;                      /* presence info; NULL */
    char **channels;                   /* patterns, ended by NULL; NULL: none */
    int64_t issued_at_s, expires_at_s; /* 0: never */
};

/* From the claims object that auth's verify answers: {user_id, role, token_id, name, info, channels[], issued_at, expires_at}. */
FF_MUST_USE ff_err ff_identity_decode(const json_t *claims,
                                      struct ff_identity *out,
                                      struct ff_why *why);
void ff_identity_fini(struct ff_identity *identity);
bool ff_identity_is_admin(const struct ff_identity *identity);

enum ff_verb {
    FF_VERB_SUBSCRIBE,
    FF_VERB_PUBLISH,
    FF_VERB_HISTORY,
    FF_VERB_WHISPER
};

/*
 * FF_OK, FF_E_FORBIDDEN, or FF_E_UNAUTHENTICATED where a token could open it. identity NULL: anonymous. Rules in order:
 * "$…" channels are nobody's; "#user-{id}" is its user's (and admin's) to read and the back end's to publish; what the
 * namespace leaves to none or api stays closed here; private-, presence-, private-encrypted- need a matching pattern or
 * role admin; else the namespace's option, or a matching pattern. History and whispers are for those who may subscribe.
 * Back ends with an API key do not come here.
 */
FF_MUST_USE ff_err ff_policy_check(const struct ff_app *app,
                                   const struct ff_identity *identity,
                                   enum ff_verb verb, struct ff_slice channel);

bool ff_pattern_match(const char *pattern, struct ff_slice name);

#endif
