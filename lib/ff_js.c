#include "ff_js.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JetStream's err_code (server/errors.json of nats-server), before its HTTP-like code. */
static const struct {
    int js;
    ff_err err;
} codes[] = {
    {10005, FF_E_UNAVAILABLE}, /* no peers for the replicas, yet */
    {10008, FF_E_UNAVAILABLE}, /* temporarily unavailable */
    {10023, FF_E_FULL},        /* insufficient resources */
    {10028, FF_E_FULL},        /* memory of the account */
    {10037, FF_E_NOT_FOUND},   /* no message */
    {10047, FF_E_FULL},        /* insufficient storage */
    {10052, FF_E_CONFIG},      /* a change that is not possible */
    {10053, FF_E_TOO_BIG},     /* headers */
    {10054, FF_E_TOO_BIG},     /* message */
    {10058, FF_E_CONFLICT},    /* stream is there, with another configuration */
    {10059, FF_E_NOT_FOUND},   /* no stream */
    {10071, FF_E_CONFLICT},    /* wrong last sequence */
    {10077, FF_E_FULL},        /* maximum messages or bytes */
    {10164, FF_E_CONFLICT},    /* wrong last sequence, newer servers */
};

static ff_err from_codes(int code, int js)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].js == js)
            return codes[i].err;
    if (code == 404)
        return FF_E_NOT_FOUND;
    if (code == 503 || code == 408)
        return FF_E_UNAVAILABLE;
    return code >= 400 && code < 500 ? FF_E_INVALID : FF_E_INTERNAL;
}

ff_err ff_js_decode(struct ff_slice body, json_t **out_result,
                    struct ff_why *why)
{
    json_t *result;
    FF_TRY(ff_json_parse_object(body, &result, why));
    const json_t *error = json_object_get(result, "error");
    if (error == NULL) {
        *out_result = result;
        return FF_OK;
    }
    const char *text = json_string_value(json_object_get(error, "description"));
    ff_err err = from_codes((int)ff_js_get_number(error, "code"),
                            (int)ff_js_get_number(error, "err_code"));
    ff_why_set(why, err, "", "%s", text != NULL ? text : "JetStream error");
    json_decref(result);
    return err;
}

struct ff_js_call {
    struct ff_bus_request *request;
    ff_js_on_result *fn;
    void *ctx;
};

static void on_answer(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct ff_js_call *call = ctx;
    struct ff_why why = {"", ""};
    json_t *result = NULL;
    if (err == FF_OK)
        err = ff_js_decode(ff_bus_msg_body(msg), &result, &why);
    else
        ff_why_set(&why, err, "", "%s", ff_err_text(err));
    call->fn(call->ctx, err, err == FF_OK ? NULL : why.text, result);
    json_decref(result);
    free(call);
}

FF_PRINTF(6, 0)
static struct ff_js_call *start(struct ff_bus *bus, int timeout_ms,
                                json_t *body, ff_js_on_result *fn, void *ctx,
                                const char *subject, va_list args)
{
    struct ff_subject_text to;
    struct ff_buf text = {0};
    struct ff_js_call *call = ff_new(struct ff_js_call);
    vsnprintf(to.text, sizeof(to.text), subject, args);
    if (body != NULL)
        ff_json_write(&text, body);
    json_decref(body);
    *call = (struct ff_js_call){.fn = fn, .ctx = ctx};
    struct ff_bus_out out = {.subject = to.text, .body = ff_buf_slice(&text)};
    call->request = ff_bus_request(bus, &out, timeout_ms, on_answer, call);
    ff_buf_fini(&text);
    return call;
}

struct ff_js_call *ff_js_call(struct ff_bus *bus, json_t *body,
                              ff_js_on_result *fn, void *ctx,
                              const char *subject, ...)
{
    va_list args;
    va_start(args, subject);
    struct ff_js_call *call =
        start(bus, FF_JS_TIMEOUT_MS, body, fn, ctx, subject, args);
    va_end(args);
    return call;
}

struct ff_js_call *ff_js_call_within(struct ff_bus *bus, int timeout_ms,
                                     json_t *body, ff_js_on_result *fn,
                                     void *ctx, const char *subject, ...)
{
    va_list args;
    va_start(args, subject);
    struct ff_js_call *call =
        start(bus, timeout_ms, body, fn, ctx, subject, args);
    va_end(args);
    return call;
}

void ff_js_cancel(struct ff_js_call **call)
{
    struct ff_js_call *old = *call;
    *call = NULL;
    if (old == NULL)
        return;
    ff_bus_request_cancel(&old->request);
    free(old);
}

uint64_t ff_js_number(struct ff_slice text)
{
    uint64_t n = 0;
    if (text.len == 0 || text.len > 20)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return 0;
        n = n * 10 + digit;
    }
    return n;
}

uint64_t ff_js_get_number(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));
    return n > 0 ? (uint64_t)n : 0;
}

/*
 * "$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time>.<pending>", or with two more tokens
 * in front of the stream and one behind.
 */
static void read_ack(struct ff_slice reply, struct ff_js_place *place)
{
    struct ff_slice tokens[12];
    size_t count = 0, from = 0;
    if (reply.len == 0)
        return;
    for (size_t i = 0; i <= reply.len && count < 12; i++)
        if (i == reply.len || reply.data[i] == '.') {
            tokens[count++] = (struct ff_slice){reply.data + from, i - from};
            from = i + 1;
        }
    size_t shift = count == 9 ? 0 : 2;
    if (count < 9 || count == 10 || !ff_slice_is(tokens[0], "$JS") ||
        !ff_slice_is(tokens[1], "ACK"))
        return;
    place->sequence = ff_js_number(tokens[5 + shift]);
    place->consumer_sequence = ff_js_number(tokens[6 + shift]);
    place->pending = ff_js_number(tokens[8 + shift]);
}

struct ff_js_place ff_js_place(const struct ff_bus_msg *msg)
{
    struct ff_js_place place = {0};
    place.sequence = ff_js_number(ff_bus_msg_header(msg, "Nats-Sequence"));
    place.previous = ff_js_number(ff_bus_msg_header(msg, "Nats-Last-Sequence"));
    if (place.sequence == 0)
        read_ack(ff_bus_msg_reply_to(msg), &place);
    return place;
}

int ff_js_status(const struct ff_bus_msg *msg)
{
    struct ff_slice status = ff_bus_msg_header(msg, "Status");
    return (int)ff_js_number(status);
}
