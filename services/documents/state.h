#ifndef DOCUMENTS_STATE_H
#define DOCUMENTS_STATE_H

/*
 * One document: the fold of the changes on its channel's log. Version n is what the first n accepted changes make of
 * {}. Pure: reading and writing the log is document.c's.
 *
 * A change on the log: event "document.change", header Ff-Version n, body {"changes":[…]} or {"merge":…}.
 */

#include "ff_message.h"

#define STATE_DEPTH_MAX                                                        \
    10 /* of ff_json's 16: answers wrap changes in five more */
#define STATE_RECENT                                                           \
    64 /* changes kept for those who come with an old version */

struct change {
    int64_t version;
    json_t *body;
};

struct state {
    json_t *value;
    int64_t version;
    uint64_t tail; /* offset of the channel's last message, any kind; 0: none */
    struct change recent[STATE_RECENT]; /* by version modulo STATE_RECENT */
};

void state_init(struct state *state);
void state_fini(struct state *state);

/*
 * What the body of a change makes of the current value; *out is new. FF_E_TOO_BIG: over max_bytes as text, or nested deeper than
 * STATE_DEPTH_MAX.
 */
FF_MUST_USE ff_err state_try(const struct state *state, const json_t *body,
                             size_t max_bytes, json_t **out,
                             struct ff_why *why);
/* The change is accepted: version rises by one. Both are stolen. */
void state_advance(struct state *state, json_t *value, json_t *body,
                   uint64_t offset);
/* Take in one message of the log. FF_E_INTERNAL: it does not follow. */
FF_MUST_USE ff_err state_replay(struct state *state,
                                const struct ff_message *message);

/* Snapshots: {"version","tail","value"}. */
void state_write(const struct state *state, struct ff_buf *out);
FF_MUST_USE ff_err state_read(struct state *state, struct ff_slice text);

/* The changes after this version as [{"version",…body}], NULL when not all are known here. New. */
json_t *state_missed(const struct state *state, int64_t version);

#endif
