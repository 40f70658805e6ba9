#include "ff_rpc.h"

#include <stdlib.h>

struct ff_rpc_server {
    struct ff_bus *bus;
    struct ff_bus_sub *sub;
    enum ff_subject row;
    unsigned verb_at; /* which brace of the row */
    const struct ff_rpc_verb *verbs;
    size_t count;
    void *ctx;
};

struct ff_rpc_req {
    struct ff_bus *bus;
    struct ff_bus_msg *msg;
    json_t *object;
    void *in;
};

/* --- answering ------------------------------------------------------------- */

static void finish(struct ff_rpc_req *req)
{
    json_decref(req->object);
    free(req->in);
    ff_bus_msg_unref(&req->msg);
    free(req);
}

void ff_rpc_reply(struct ff_rpc_req *req, struct ff_slice json)
{
    struct ff_bus_out out = {.body = json};
    ff_err err = ff_bus_reply(req->bus, req->msg, &out);
    if (err == FF_E_TOO_BIG) {
        ff_rpc_fail(req, err, NULL);
        return;
    }
    finish(req); /* else whoever asked sees that no answer comes */
}

void ff_rpc_reply_value(struct ff_rpc_req *req, json_t *stolen)
{
    struct ff_buf text = {0};
    ff_json_write(&text, stolen);
    json_decref(stolen);
    ff_rpc_reply(req, ff_buf_slice(&text));
    ff_buf_fini(&text);
}

/* The texts may hold half a character of a client's input: they are mended when they are written. */
static json_t *describe(ff_err err, const struct ff_why *why)
{
    bool told = why != NULL && why->text[0] != '\0';
    json_t *error = json_pack("{s:s}", "code", ff_err_code(err));
    json_object_set_new(
        error, "message",
        json_string_nocheck(told ? why->text : ff_err_text(err)));
    if (why != NULL && why->field[0] != '\0')
        json_object_set_new(error, "field", json_string_nocheck(why->field));
    return error;
}

void ff_rpc_fail_with(struct ff_rpc_req *req, ff_err err,
                      const struct ff_why *why, json_t *stolen)
{
    json_object_set_new(stolen, "error", describe(err, why));
    ff_rpc_reply_value(req, stolen);
}

void ff_rpc_fail(struct ff_rpc_req *req, ff_err err, const struct ff_why *why)
{
    ff_rpc_fail_with(req, err, why, json_object());
}

/* --- serving --------------------------------------------------------------- */

static const struct ff_rpc_verb *find_verb(const struct ff_rpc_server *server,
                                           const struct ff_bus_msg *msg)
{
    char name[FF_CHANNEL_MAX + 1];
    if (ff_subject_part(server->row, ff_bus_msg_subject(msg), server->verb_at,
                        name) != FF_OK)
        return NULL;
    for (size_t i = 0; i < server->count; i++)
        if (ff_slice_is(ff_slice_str(name), server->verbs[i].name))
            return &server->verbs[i];
    return NULL;
}

static ff_err decode(struct ff_rpc_req *req, const struct ff_schema *schema,
                     struct ff_why *why)
{
    struct ff_slice body = ff_bus_msg_body(req->msg);
    if (body.len == 0)
        body = FF_SLICE_LIT("{}");
    FF_TRY(ff_json_parse_object(body, &req->object, why));
    req->in = ff_zalloc(schema->size);
    return ff_schema_decode(schema, req->object, req->in, why);
}

static void on_request(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_rpc_server *server = ctx;
    const struct ff_rpc_verb *verb = find_verb(server, msg);
    struct ff_why why = {"", ""};
    struct ff_rpc_req *req = ff_new(struct ff_rpc_req);
    req->bus = server->bus;
    req->msg = ff_bus_msg_ref(msg);
    if (verb == NULL) {
        ff_rpc_fail(req, FF_E_ACTION, NULL);
        return;
    }
    ff_err err = decode(req, verb->schema, &why);
    if (err != FF_OK)
        ff_rpc_fail(req, err, &why);
    else
        verb->handler(server->ctx, req, req->in);
}

struct ff_rpc_server *ff_rpc_serve(struct ff_bus *bus, enum ff_subject row,
                                   const char *first, const char *queue,
                                   const struct ff_rpc_verb *verbs,
                                   size_t count, void *ctx)
{
    struct ff_rpc_server *server = ff_new(struct ff_rpc_server);
    struct ff_subject_text subject;
    ff_err err = first == NULL ? ff_subject_build(&subject, row, FF_ANY)
                               : ff_subject_build(&subject, row, first, FF_ANY);
    if (err != FF_OK)
        ff_bug("not the name of a gateway: %s", first);
    *server = (struct ff_rpc_server){.bus = bus,
                                     .row = row,
                                     .verb_at = first == NULL ? 0 : 1,
                                     .verbs = verbs,
                                     .count = count,
                                     .ctx = ctx};
    server->sub =
        ff_bus_subscribe(bus, subject.text, queue, on_request, server);
    return server;
}

void ff_rpc_server_free(struct ff_rpc_server **server)
{
    if (*server == NULL)
        return;
    ff_bus_unsubscribe(&(*server)->sub);
    free(*server);
    *server = NULL;
}

/* --- asking ---------------------------------------------------------------- */

struct call {
    ff_rpc_on_result *fn;
    void *ctx;
};

/* FF_OK, or what the refusal says. */
static ff_err read_error(const json_t *result, struct ff_why *why)
{
    const json_t *error = json_object_get(result, "error");
    if (!json_is_object(error))
        return FF_OK;
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *text = json_string_value(json_object_get(error, "message"));
    const char *field = json_string_value(json_object_get(error, "field"));
    ff_err err = code == NULL ? FF_E_INTERNAL : ff_err_from_code(code);
    if (err == FF_OK)
        err = FF_E_INTERNAL;
    return ff_why_set(why, err, field != NULL ? field : "", "%s",
                      text != NULL ? text : ff_err_text(err));
}

static void on_answer(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct call *call = ctx;
    struct ff_why why = {"", ""};
    json_t *result = NULL;
    if (err != FF_OK)
        ff_why_set(&why, err, "", "%s", ff_err_text(err));
    else if (ff_json_parse_object(ff_bus_msg_body(msg), &result, &why) != FF_OK)
        err = FF_E_INTERNAL;
    else
        err = read_error(result, &why);
    call->fn(call->ctx, err, &why, result);
    json_decref(result);
    free(call);
}

void ff_rpc_call(struct ff_bus *bus, const char *subject, struct ff_slice json,
                 int timeout_ms, ff_rpc_on_result *fn, void *ctx)
{
    struct call *call = ff_new(struct call);
    struct ff_bus_out out = {.subject = subject, .body = json};
    *call = (struct call){fn, ctx};
    ff_bus_request(bus, &out, timeout_ms, on_answer, call);
}
