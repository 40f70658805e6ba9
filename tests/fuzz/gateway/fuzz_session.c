/*
 * A session under a script: frames of a client, and a hub that answers as the script says. Whatever comes, nothing crashes, and
 * every action with a ref gets exactly one answer, and every user that the hub was told to be here has left in the end.
 *
 * The input is steps ended by bytes of 255; the first byte of a step says what it is.
 */

#include "tests/unit/gateway/session_fake.h"

struct script {
    struct fake *fake;
    struct conn *conn;
    size_t wanted, answered;
    bool uncounted; /* a ref that is not surely taken */
};

/* --- what is wanted -------------------------------------------------------- */

/* Short ones, of whatever spelling, are taken; for long ones we do not say. */
static void want(struct script *s, const json_t *object)
{
    const json_t *ref = json_object_get(object, "ref");
    bool taken =
        json_is_boolean(ref) ||
        (json_is_integer(ref) && llabs(json_integer_value(ref)) < 1000000) ||
        (json_is_string(ref) && json_string_length(ref) < 10);

    if (taken)
        s->wanted++;
    else if (json_is_string(ref) || json_is_number(ref))
        s->uncounted = true;
}

static void want_all(struct script *s, struct ff_slice text, bool binary)
{
    json_t *root = NULL, *item;
    size_t i;

    if (ff_json_parse_object(text, &root, NULL) != FF_OK)
        return;
    const json_t *list =
        json_object_get(json_object_get(root, "data"), "actions");
    const char *name = json_string_value(json_object_get(root, "action"));
    want(s, root);
    if (!binary && name != NULL && strcmp(name, "batch") == 0 &&
        json_array_size(list) <= 100) {
        json_array_foreach(list, i, item) want(s, item);
    }
    json_decref(root);
}

/* Read and forget what the client was told. */
static void hear(struct script *s)
{
    struct conn *conn = s->conn;
    json_t *frame;

    for (; conn->first < conn->count; conn->first++) {
        char *text = conn->said[conn->first];
        frame = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
        s->answered += json_object_get(frame, "ref") != NULL;
        if (frame == NULL && conn->info.kind == CONN_WS)
            abort();
        json_decref(frame);
        free(text);
    }
    conn->first = conn->count = 0;
}

/* --- the hub --------------------------------------------------------------- */

static const enum to_worker_type answers[] = {
    [TO_HUB_SUBSCRIBE] = TO_WORKER_SUBSCRIBED,
    [TO_HUB_PUBLISH] = TO_WORKER_PUBLISHED,
    [TO_HUB_HISTORY] = TO_WORKER_HISTORY,
    [TO_HUB_VERIFY] = TO_WORKER_VERIFIED,
    [TO_HUB_CALL] = TO_WORKER_CALLED,
    [TO_HUB_MEMBERS] = TO_WORKER_CALLED,
    [TO_HUB_STATUS] = TO_WORKER_CALLED,
};

static const char *called_text(enum to_hub_type type)
{
    if (type == TO_HUB_MEMBERS)
        return "\"count\":0,\"members\":[]";
    return type == TO_HUB_STATUS ? "{\"status\":\"away\",\"activity\":\"\"}"
                                 : "{\"version\":1,\"document\":{}}";
}

static void fill_in(struct to_worker *out, enum to_hub_type type,
                    struct ff_slice step)
{
    const char *epoch = step.len % 2 == 0 ? "e1" : "e2";

    if (out->type == TO_WORKER_VERIFIED) {
        out->identity = ff_new(struct ff_identity);
        out->identity->user_id = ff_strdup(step.len % 3 == 0 ? "1" : "2");
        out->identity->expires_at_s = (int64_t)step.len;
    }
    if (out->type == TO_WORKER_CALLED)
        out->text = ff_strdup(called_text(type));
    if (out->type == TO_WORKER_SUBSCRIBED && step.len % 2 == 1)
        out->text = ff_strdup("{\"count\":0,\"members\":[]}");
    if (out->type == TO_WORKER_SUBSCRIBED || out->type == TO_WORKER_HISTORY) {
        out->position = fake_at(epoch, 5);
        out->messages = ff_alloc(sizeof(struct message *));
        out->messages[0] = fake_text(out->channel, "1", 5);
        out->message_count = 1;
    }
}

static bool answer(struct script *s, ff_err err, struct ff_slice step)
{
    struct to_hub *item = fake_next(s->fake);

    if (item == NULL)
        return false;
    if (item->type == TO_HUB_DROP || item->type == TO_HUB_ANSWER ||
        (item->type == TO_HUB_PUBLISH && !item->want_ack && err == FF_OK)) {
        to_hub_fini(item);
        return true;
    }
    enum to_hub_type type = item->type;
    struct to_worker out = fake_answer(item, answers[type]);
    out.err = err;
    if (err == FF_OK)
        fill_in(&out, type, step);
    sessions_take(s->fake->all, &out);
    return true;
}

/* --- steps ----------------------------------------------------------------- */

static void step_text(struct script *s, struct ff_slice step)
{
    if (s->conn->info.kind != CONN_WS)
        return;
    want_all(s, step, false);
    session_text(s->conn->session, step);
}

static void step_binary(struct script *s, struct ff_slice step)
{
    const char *end = step.len > 0 ? memchr(step.data, '\n', step.len) : NULL;

    if (s->conn->info.kind != CONN_WS)
        return;
    if (end != NULL)
        want_all(s, (struct ff_slice){step.data, (size_t)(end - step.data)},
                 true);
    session_binary(s->conn->session, step);
}

static void step_answer(struct script *s, struct ff_slice step)
{
    answer(s, FF_OK, step);
}

static void step_refuse(struct script *s, struct ff_slice step)
{
    unsigned n = step.len > 0 ? (unsigned char)step.data[0] : 1;

    answer(s, 1 + n % (FF_ERR_COUNT - 1), step);
}

static void step_deliver(struct script *s, struct ff_slice step)
{
    fake_deliver(s->fake, fake_text("a", "{}", step.len));
}

static void step_lost(struct script *s, struct ff_slice step)
{
    struct to_worker item = {.type = TO_WORKER_LOST,
                             .app_id = "dev",
                             .channel = ff_strdup("log:a"),
                             .position = fake_at("e3", step.len)};

    sessions_take(s->fake->all, &item);
}

static void step_news(struct script *s, struct ff_slice step)
{
    struct news *news = news_new("room:a", (int64_t)step.len);
    struct to_worker item = {.type = TO_WORKER_PRESENCE,
                             .app_id = "dev",
                             .channel = ff_strdup("room:a"),
                             .news = news};

    news_add_joined(news, "1", FF_SLICE_LIT("{\"user_id\":\"1\"}"));
    if (step.len % 2 == 1)
        news_add_left(news, "2");
    sessions_take(s->fake->all, &item);
}

static void step_tick(struct script *s, struct ff_slice step)
{
    sessions_tick(s->fake->all, (int64_t)step.len * 1000);
}

static void (*const steps[])(struct script *s, struct ff_slice step) = {
    ['T'] = step_text,   ['B'] = step_binary,  ['A'] = step_answer,
    ['E'] = step_refuse, ['D'] = step_deliver, ['L'] = step_lost,
    ['K'] = step_tick,   ['N'] = step_news,
};

static void run_step(struct script *s, struct ff_slice step)
{
    unsigned char name = step.len > 0 ? (unsigned char)step.data[0] : 0;

    if (name >= sizeof(steps) / sizeof(steps[0]) || steps[name] == NULL)
        return;
    steps[name](s, (struct ff_slice){step.data + 1, step.len - 1});
    hear(s);
}

/* Up to the next 255. */
static struct ff_slice take_step(struct ff_slice *input)
{
    const char *end = memchr(input->data, 255, input->len);
    size_t len = end != NULL ? (size_t)(end - input->data) : input->len;
    size_t gone = end != NULL ? len + 1 : len;
    struct ff_slice step = {input->data, len};

    input->data += gone;
    input->len -= gone;
    return step;
}

/* The first step: '0' to '3', bits for a token and an event stream, and a Last-Event-ID. */
static void open_by(struct script *s, struct ff_slice step)
{
    static const char *const channels[] = {"a", "log:a", NULL};
    unsigned how = step.len > 0 ? (unsigned char)step.data[0] : 0;
    char *id = step.len > 1 ? ff_strndup(step.data + 1, step.len - 1) : NULL;
    struct session_open open = {.token = how & 1 ? "t" : NULL,
                                .channels = channels,
                                .last_event_id = id};

    s->conn = fake_open(s->fake, how & 2 ? CONN_SSE : CONN_WS, &open);
    free(id);
    hear(s);
}

/* Who came has left: as many of both. */
static void check_members(struct script *s)
{
    int here = 0;

    fake_gone(s->fake, s->conn);
    fake_drain(s->fake);
    for (size_t i = 0; i < s->fake->members.len; i++) {
        char before = i > 0 ? s->fake->members.data[i - 1] : ';';
        char sign = s->fake->members.data[i];
        if (before == ';' && (sign == '+' || sign == '-'))
            here += sign == '+' ? 1 : -1;
    }
    if (here != 0) {
        fprintf(stderr, "%d are left: %s\n", here, s->fake->members.data);
        abort();
    }
}

static void finish(struct script *s)
{
    static const struct ff_slice none = {"", 0};

    while (answer(s, FF_OK, none))
        hear(s);
    if (!s->conn->closing && !s->uncounted && s->wanted != s->answered) {
        fprintf(stderr, "%zu refs, %zu answers\n", s->wanted, s->answered);
        abort();
    }
    check_members(s);
    fake_free(&s->fake);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ff_slice input = {(const char *)data, size};
    struct script s = {.fake = fake_new_with(20)};

    if (size == 0)
        input = FF_SLICE_LIT("0");
    open_by(&s, take_step(&input));
    while (input.len > 0)
        run_step(&s, take_step(&input));
    finish(&s);
    return 0;
}
