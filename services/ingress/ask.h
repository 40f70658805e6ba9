#ifndef INGRESS_ASK_H
#define INGRESS_ASK_H

/*
 * A call that is passed on as a question, with the member "app" added to it: what is answered, or that nobody did, ends
 * the call. On the loop thread.
 */

#include "call.h"
#include "ff_json.h"
#include "ff_subject.h"

struct peers;

/* One service: its answer is the call's. */
void ask_service(struct call *call, const struct ff_subject_text *subject,
                 int timeout_ms, json_t *stolen);

/*
 * Every process of a kind: the call's answer is made of their answers put together (borrowed; without members if nobody
 * is there), and "complete" is added to it. NULL: there is none without them, so FF_E_UNAVAILABLE.
 */
typedef json_t *ask_answer(const struct call *call, json_t *result);
void ask_peers(struct call *call, struct peers *peers, const char *verb,
               json_t *stolen, ask_answer *answer);

#endif
