#ifndef FF_JS_H
#define FF_JS_H

/*
 * JetStream's plain request API: a JSON object each way, and acknowledgements. Under ff_kv and ff_history; nobody
 * else needs it. On the bus' loop thread.
 */

#include "ff_bus.h"
#include "ff_json.h"

enum { FF_JS_TIMEOUT_MS = 2000 };

/* text: JetStream's own words, or ours; NULL when err is FF_OK. result is borrowed, NULL on error. */
typedef void ff_js_on_result(void *ctx, ff_err err, const char *text,
                             const json_t *result);

/* subject: "$JS.API.…", a format. body is stolen; NULL: empty. fn is called once, unless the call is cancelled. */
struct ff_js_call;
struct ff_js_call *ff_js_call(struct ff_bus *bus, json_t *body,
                              ff_js_on_result *fn, void *ctx,
                              const char *subject, ...) FF_PRINTF(5, 6);

struct ff_js_call *ff_js_call_within(struct ff_bus *bus, int timeout_ms,
                                     json_t *body, ff_js_on_result *fn,
                                     void *ctx, const char *subject, ...)
    FF_PRINTF(6, 7);
/* NULL is fine; but not after fn was called. */
void ff_js_cancel(struct ff_js_call **call);

/*
 * What an answer says: FF_OK and *out_result (the caller's), or the error that stands for JetStream's. FF_E_NOT_FOUND,
 * FF_E_CONFLICT (wrong last sequence), FF_E_FULL, FF_E_TOO_BIG, FF_E_UNAVAILABLE, FF_E_CONFIG.
 */
FF_MUST_USE ff_err ff_js_decode(struct ff_slice body, json_t **out_result,
                                struct ff_why *why);

/* Where a message stands in its stream: by headers of a direct get or a republish, or a consumer's reply subject. */
struct ff_js_place {
    uint64_t sequence, previous;
    uint64_t consumer_sequence; /* 0: not from a consumer */
    uint64_t pending;           /* at the consumer, behind this one */
};
/* All 0 for a message of no stream. */
struct ff_js_place ff_js_place(const struct ff_bus_msg *msg);
/* The status line of an answer: 0 for a usual message, 404, 408, 100… */
int ff_js_status(const struct ff_bus_msg *msg);

/* A whole decimal number; 0 for anything else. */
uint64_t ff_js_number(struct ff_slice text);
uint64_t ff_js_get_number(const json_t *object, const char *key);

#endif
