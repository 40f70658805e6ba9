#include "state.h"

#include <string.h>

#include "patch.h"

void state_init(struct state *state)
{
    memset(state, 0, sizeof(*state));
    state->value = json_object();
}

void state_fini(struct state *state)
{
    for (size_t i = 0; i < STATE_RECENT; i++)
        json_decref(state->recent[i].body);
    json_decref(state->value);
    memset(state, 0, sizeof(*state));
}

static ff_err make(const struct state *state, const json_t *body,
                   size_t max_bytes, json_t **out, struct ff_why *why)
{
    const json_t *changes = json_object_get(body, "changes");

    if (changes != NULL)
        return patch_apply(state->value, changes, max_bytes, out, why);
    *out = patch_merge(state->value, json_object_get(body, "merge"));
    return FF_OK;
}

ff_err state_try(const struct state *state, const json_t *body,
                 size_t max_bytes, json_t **out, struct ff_why *why)
{
    json_t *value;
    struct ff_buf text = {0};

    FF_TRY(make(state, body, max_bytes, &value, why));
    ff_json_write(&text, value);
    bool fits = text.len <= max_bytes &&
                patch_depth(value) <= STATE_DEPTH_MAX &&
                patch_depth(body) <= STATE_DEPTH_MAX + 3;
    ff_buf_fini(&text);
    if (!fits) {
        json_decref(value);
        return ff_why_set(why, FF_E_TOO_BIG, "changes",
                          "the document would be larger than %zu bytes or "
                          "nested deeper than %d",
                          max_bytes, STATE_DEPTH_MAX);
    }
    *out = value;
    return FF_OK;
}

void state_advance(struct state *state, json_t *value, json_t *body,
                   uint64_t offset)
{
    json_decref(state->value);
    state->value = value;
    state->version++;
    state->tail = offset;
    struct change *slot = &state->recent[state->version % STATE_RECENT];
    json_decref(slot->body);
    *slot = (struct change){state->version, body};
}

ff_err state_replay(struct state *state, const struct ff_message *message)
{
    json_t *body, *value;

    if (!ff_slice_is(message->event, "document.change") ||
        message->version <= (uint64_t)state->version) {
        state->tail = message->offset;
        return FF_OK;
    }
    if (message->version != (uint64_t)state->version + 1)
        return FF_E_INTERNAL;
    FF_TRY(ff_json_parse_object(message->body, &body, NULL));
    ff_err err = make(state, body, SIZE_MAX, &value, NULL);
    if (err != FF_OK) {
        json_decref(body);
        return FF_E_INTERNAL;
    }
    state_advance(state, value, body, message->offset);
    return FF_OK;
}

void state_write(const struct state *state, struct ff_buf *out)
{
    ff_buf_addf(out, "{\"version\":%lld,\"tail\":%llu,\"value\":",
                (long long)state->version, (unsigned long long)state->tail);
    ff_json_write(out, state->value);
    ff_buf_addc(out, '}');
}

ff_err state_read(struct state *state, struct ff_slice text)
{
    json_t *snapshot;

    FF_TRY(ff_json_parse_object(text, &snapshot, NULL));
    json_t *value = json_object_get(snapshot, "value");
    if (value != NULL) {
        json_decref(state->value);
        state->value = json_incref(value);
        state->version =
            json_integer_value(json_object_get(snapshot, "version"));
        state->tail =
            (uint64_t)json_integer_value(json_object_get(snapshot, "tail"));
    }
    json_decref(snapshot);
    return value != NULL ? FF_OK : FF_E_INTERNAL;
}

json_t *state_missed(const struct state *state, int64_t version)
{
    json_t *list = json_array();

    for (int64_t v = version + 1; v <= state->version; v++) {
        const struct change *change = &state->recent[v % STATE_RECENT];
        if (change->version != v || change->body == NULL) {
            json_decref(list);
            return NULL;
        }
        json_t *item = json_copy(change->body);
        json_object_set_new(item, "version", json_integer(v));
        json_array_append_new(list, item);
    }
    return list;
}
