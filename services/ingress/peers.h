#ifndef INGRESS_PEERS_H
#define INGRESS_PEERS_H

/*
 * Which processes of one kind are alive, by their beats, and questions to all of them: the answers are put together and
 * it is said whether every one that lives gave its own. On the loop thread.
 */

#include "ff_bus.h"
#include "ff_json.h"
#include "ff_subject.h"

struct peers;
/* beat: the row of their signs of life, whose first brace is the name; question: the row on which all of them listen. */
struct peers *peers_new(struct ff_bus *bus, enum ff_subject beat,
                        enum ff_subject question, int beat_ms);
void peers_free(struct peers **peers);
size_t peers_alive(const struct peers *peers);

/*
 * Ask all, answers put together as in gather.h. fn gets the result, borrowed, and whether all that are alive
 * answered. FF_E_UNAVAILABLE: the bus is away.
 */
typedef void peers_on_result(void *ctx, ff_err err, json_t *result,
                             bool complete);
void peers_ask(struct peers *peers, const char *verb, json_t *stolen,
               peers_on_result *fn, void *ctx);

#endif
