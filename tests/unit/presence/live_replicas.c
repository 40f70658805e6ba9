/* Replicas: begun, ended, and asked. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

/* --- asking --------------------------------------------------------------------------------- */

const char *live_text(const char *format, ...)
{
    static char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return text;
}

void live_expect_json(json_t *stolen, const char *want)
{
    struct ff_buf text = {0};

    ff_json_write(&text, stolen);
    assert_string_equal(text.data, want);
    ff_buf_fini(&text);
    json_decref(stolen);
}

void live_expect_error(json_t *stolen, const char *code, const char *field)
{
    const json_t *error = json_object_get(stolen, "error");
    const char *at = json_string_value(json_object_get(error, "field"));

    assert_string_equal(json_string_value(json_object_get(error, "code")),
                        code);
    assert_string_equal(at == NULL ? "" : at, field);
    json_decref(stolen);
}

struct answer {
    bool came;
    ff_err err;
    json_t *json;
};

static void on_answer(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct answer *answer = ctx;

    answer->came = true;
    answer->err = err;
    if (err == FF_OK)
        assert_int_equal(
            ff_json_parse_object(ff_bus_msg_body(msg), &answer->json, NULL),
            FF_OK);
}

static bool is_unavailable(const struct answer *answer)
{
    const json_t *error = json_object_get(answer->json, "error");
    const char *code = json_string_value(json_object_get(error, "code"));

    return answer->err != FF_OK ||
           (code != NULL && strcmp(code, "unavailable") == 0);
}

static void ask_once(struct live *live, const char *subject, const char *json,
                     struct answer *answer)
{
    struct ff_bus_out out = {.subject = subject, .body = ff_slice_str(json)};

    *answer = (struct answer){0};
    ff_bus_request(live->t.bus, &out, 5000, on_answer, answer);
    wait_for(&live->t, answer->came);
}

json_t *live_ask(struct live *live, const char *subject, const char *json)
{
    int64_t until = bus_test_now() + WAIT_MS;
    struct answer answer;

    for (;;) {
        ask_once(live, subject, json, &answer);
        if (!is_unavailable(&answer))
            return answer.json;
        json_decref(answer.json);
        if (bus_test_now() > until)
            fail_msg("no answer on %s", subject);
        ff_loop_step(live->t.loop, 20);
    }
}

json_t *live_ask_members(struct live *live, const char *channel)
{
    char *json = ff_asprintf("{\"app\":\"dev\",\"channel\":\"%s\"}", channel);
    char subject[40];

    snprintf(subject, sizeof(subject), "ff.pr.%02u.members",
             live_partition(channel));
    json_t *answer = live_ask(live, subject, json);
    free(json);
    return answer;
}

static bool has_members(struct live *live, const char *channel, const char *ids,
                        struct ff_buf *out)
{
    json_t *answer = live_ask_members(live, channel), *member;
    const json_t *members = json_object_get(answer, "members");
    size_t i;

    ff_buf_clear(out);
    json_array_foreach(members, i, member)
        ff_buf_addf(out, "%s%s", i > 0 ? " " : "",
                    json_string_value(json_object_get(member, "user_id")));
    ff_buf_adds(out, "");
    assert_int_equal(json_integer_value(json_object_get(answer, "count")),
                     json_array_size(members));
    json_decref(answer);
    return strcmp(out->data, ids) == 0;
}

void live_expect_members(struct live *live, const char *channel,
                         const char *ids)
{
    int64_t until = bus_test_now() + WAIT_MS;
    struct ff_buf got = {0};

    while (!has_members(live, channel, ids, &got)) {
        if (bus_test_now() > until)
            fail_msg("%s has '%s', not '%s'", channel, got.data, ids);
        ff_loop_step(live->t.loop, 20);
    }
    ff_buf_fini(&got);
}

/* --- begun and ended ------------------------------------------------------------------------ */

static void on_state(void *ctx, bool connected)
{
    struct replica *replica = ctx;

    if (replica->presence != NULL)
        presence_on_bus(replica->presence, connected);
}

void live_start(struct live *live, unsigned i)
{
    struct replica *replica = &live->replicas[i];
    char *urls[] = {live->t.server.url, NULL};
    struct ff_bus_options bus = {.urls = urls,
                                 .name = "presence",
                                 .inbox_prefix = "_INBOX_presence",
                                 .on_state = on_state,
                                 .ctx = replica};

    memset(replica, 0, sizeof(*replica));
    snprintf(replica->name, sizeof(replica->name), "presence-%u", i + 1);
    replica->conf = (struct presence_conf){.lease_ms = 2000,
                                           .listen_ms = 500,
                                           .report_ms = live->report_ms,
                                           .page_members = 10,
                                           .replicas = 1};
    replica->bus = ff_bus_new(live->t.loop, &bus);
    struct presence_options options = {
        .bus = replica->bus, .conf = &replica->conf, .instance = replica->name};
    replica->presence = presence_new(&options);
}

bool live_is_ready(const struct live *live, unsigned replica)
{
    struct ff_why why;
    return presence_is_ready(live->replicas[replica].presence, &why);
}

void live_start_and_wait(struct live *live, unsigned replica)
{
    live_start(live, replica);
    wait_for(&live->t, live_is_ready(live, replica));
}

void live_open_one(struct live *live)
{
    live_init(live);
    live_add_gateway(live, 0);
    live_start_and_wait(live, 0);
    assert_int_equal(live->gateways[0].reports, 64);
}

void live_kill(struct live *live, unsigned i)
{
    struct replica *replica = &live->replicas[i];

    if (replica->presence == NULL)
        return;
    ff_bus_close(replica->bus);
    presence_free(&replica->presence);
    ff_bus_free(&replica->bus);
}

static void on_stopped(void *ctx)
{
    *(bool *)ctx = true;
}

void live_stop(struct live *live, unsigned i)
{
    struct replica *replica = &live->replicas[i];

    presence_stop(replica->presence, on_stopped, &replica->stopped);
    wait_for(&live->t, replica->stopped);
    live_kill(live, i);
}
