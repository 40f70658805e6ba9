#ifndef FF_RPC_H
#define FF_RPC_H

/*
 * Requests between services: a JSON object each way. A refusal is {"error":{"code","message","field"?}}. Verbs and their
 * fields are rows of proto/messages.h. On the bus' loop thread.
 */

#include "ff_bus.h"
#include "ff_schema.h"
#include "ff_subject.h"

struct ff_rpc_req; /* one request being served */

/*
 * Answer it exactly once, now or later, with ff_rpc_reply or ff_rpc_fail. in is the decoded struct of the verb's
 * schema, valid until then.
 */
typedef void ff_rpc_handler(void *ctx, struct ff_rpc_req *req, const void *in);

struct ff_rpc_verb {
    const char *name;
    const struct ff_schema *schema;
    ff_rpc_handler *handler;
};

/*
 * Serve verbs on a subject row whose last brace is {verb}: with a queue group named as the service, or every process
 * (queue NULL). first: the brace before it (gateway id), or NULL.
 */
struct ff_rpc_server;
struct ff_rpc_server *ff_rpc_serve(struct ff_bus *bus, enum ff_subject row,
                                   const char *first, const char *queue,
                                   const struct ff_rpc_verb *verbs,
                                   size_t count, void *ctx);
void ff_rpc_server_free(struct ff_rpc_server **server);

void ff_rpc_reply(struct ff_rpc_req *req, struct ff_slice json);
void ff_rpc_reply_value(struct ff_rpc_req *req, json_t *stolen);
void ff_rpc_fail(struct ff_rpc_req *req, ff_err err, const struct ff_why *why);

/* The same with further members beside "error" (stolen): what the caller needs to go on, such as a version. */
void ff_rpc_fail_with(struct ff_rpc_req *req, ff_err err,
                      const struct ff_why *why, json_t *stolen);

/*
 * result is borrowed. why tells field and text of a refusal; result is then the whole refusing object, with its
 * further members, and NULL when no answer came.
 */
typedef void ff_rpc_on_result(void *ctx, ff_err err, const struct ff_why *why,
                              const json_t *result);
void ff_rpc_call(struct ff_bus *bus, const char *subject, struct ff_slice json,
                 int timeout_ms, ff_rpc_on_result *fn, void *ctx);

#endif
