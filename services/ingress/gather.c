#include "gather.h"

#include <stdlib.h>

#define TIMEOUT_MS 2000

struct question {
    gather_on_result *fn;
    void *ctx;
    json_t *result;
    size_t got;
};

static void merge_member(json_t *into, const char *key, json_t *value)
{
    json_t *have = json_object_get(into, key);

    if (have == NULL)
        json_object_set(into, key, value);
    else if (json_is_integer(have))
        json_integer_set(have,
                         json_integer_value(have) + json_integer_value(value));
    else if (json_is_array(have) && json_is_array(value))
        json_array_extend(have, value);
}

/* A refusal is no answer: its process does not count. */
static void merge(struct question *question, struct ff_slice text)
{
    json_t *answer, *value;
    const char *key;

    if (ff_json_parse_object(text, &answer, NULL) != FF_OK)
        return;
    if (json_object_get(answer, "error") == NULL) {
        json_object_foreach(answer, key, value)
            merge_member(question->result, key, value);
        question->got++;
    }
    json_decref(answer);
}

static void on_answer(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct question *question = ctx;

    if (msg != NULL) {
        merge(question, ff_bus_msg_body(msg));
        return;
    }
    question->fn(question->ctx, err, question->result, question->got);
    json_decref(question->result);
    free(question);
}

void gather(struct ff_bus *bus, const char *subject, json_t *stolen,
            size_t want, gather_on_result *fn, void *ctx)
{
    struct question *question = ff_new(struct question);
    struct ff_buf text = {0};

    question->fn = fn;
    question->ctx = ctx;
    question->result = json_object();
    ff_json_write(&text, stolen);
    json_decref(stolen);
    const struct ff_bus_out out = {.subject = subject,
                                   .body = ff_buf_slice(&text)};
    ff_bus_gather(bus, &out, TIMEOUT_MS, want, on_answer, question);
    ff_buf_fini(&text);
}
