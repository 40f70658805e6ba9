/* What comes from the cluster: history, broadcasts, the bus' state, apps, questions, the drain. */

#include "session_steps.h"

static void history_is_filtered_and_told_with_its_position(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user");
    struct ff_message m = {.channel = FF_SLICE_LIT("log:a"),
                           .recipients = FF_SLICE_LIT("7"),
                           .body = FF_SLICE_LIT("\"secret\"")};

    send_text(c, "{\"action\":\"history\",\"data\":{\"channel\":\"log:a\","
                 "\"since\":{\"offset\":4,\"epoch\":\"e1\"},\"limit\":7,"
                 "\"reverse\":true},\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_HISTORY);
    assert_true(item->recover_asked && item->reverse);
    assert_int_equal(item->recover.offset, 4);
    assert_int_equal(item->limit, 7);
    struct to_worker out = fake_answer(item, TO_WORKER_HISTORY);
    give_messages(&out, "log:a", 5, 7);
    message_unref(&out.messages[1]);
    out.messages[1] = fake_message(&m, 6);
    out.position = fake_at("e1", 7);
    out.cut = true;
    sessions_take(f->all, &out);
    said(c, "{\"action\":\"history\",\"channel\":\"log:a\",\"messages\":["
            "{\"channel\":\"log:a\",\"event\":\"message\",\"message\":5,"
            "\"sender\":null,\"timestamp\":1000,\"id\":\"m1\",\"offset\":5},"
            "{\"channel\":\"log:a\",\"event\":\"message\",\"message\":7,"
            "\"sender\":null,\"timestamp\":1000,\"id\":\"m1\",\"offset\":7}],"
            "\"position\":{\"offset\":7,\"epoch\":\"e1\"},\"has_more\":true,"
            "\"ref\":1}");
}

static void a_long_history_is_cut(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    char *body = ff_zalloc(100001);

    memset(body, '1', 100000);
    send_text(c, "{\"action\":\"history\",\"data\":{\"channel\":\"log:a\"}}");
    struct to_hub *item = next(f, TO_HUB_HISTORY);
    assert_int_equal(item->limit, 100);
    struct to_worker out = fake_answer(item, TO_WORKER_HISTORY);
    out.messages = ff_alloc(4 * sizeof(struct message *));
    for (out.message_count = 0; out.message_count < 4; out.message_count++)
        out.messages[out.message_count] =
            fake_text("log:a", body, out.message_count + 1);
    free(body);
    sessions_take(f->all, &out);
    said_like(c, "{*\"offset\":3}],\"has_more\":true}");
}

static void a_broadcast_reaches_every_connection(void **state)
{
    struct fake *f = *state;
    struct session_open how = {.token = "t"};
    struct conn *ws = open_ws(f), *sse = fake_open(f, CONN_SSE, NULL),
                *opening = fake_open(f, CONN_WS, &how);
    struct ff_message m = {.event = FF_SLICE_LIT("news"),
                           .id = FF_SLICE_LIT("i"),
                           .body = FF_SLICE_LIT("{}")};
    struct to_worker item = {.type = TO_WORKER_BROADCAST,
                             .app_id = "dev",
                             .message = fake_message(&m, 0)};

    free(take_said(sse));
    sessions_take(f->all, &item);
    said(ws, "{\"action\":\"broadcast\",\"event\":\"news\",\"message\":{},"
             "\"sender\":null,\"timestamp\":1000,\"id\":\"i\"}");
    said_like(sse, "news|-|{\"event\":\"news\",\"message\":{},*}");
    said_nothing(opening);
    item = (struct to_worker){.type = TO_WORKER_BROADCAST,
                              .app_id = "other",
                              .message = fake_message(&m, 0)};
    sessions_take(f->all, &item);
    said_nothing(ws);
}

static void the_bus_going_and_coming_is_told(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct to_worker away = {.type = TO_WORKER_BUS},
                     back = {.type = TO_WORKER_BUS, .connected = true};

    sessions_take(f->all, &away);
    said(c, "{\"action\":\"status\",\"delivery\":\"uncertain\"}");
    sessions_take(f->all, &away);
    said_nothing(c);
    struct conn *later = fake_open(f, CONN_SSE, NULL);
    said_like(later, "welcome|*");
    said(later, "status|-|{\"delivery\":\"uncertain\"}");
    sessions_take(f->all, &back);
    said(c, "{\"action\":\"status\",\"delivery\":\"ok\"}");
}

static void a_changed_app_counts_at_once(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    fake_take_app(f, "{\"id\":\"dev\",\"name\":\"D\",\"enabled\":true,"
                     "\"namespaces\":{\"\":{\"subscribe\":\"none\"}}}");
    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":1}");
    said_like(c, "{*\"code\":\"forbidden\",*,\"ref\":1}");
    fake_take_app(f, "{\"id\":\"dev\",\"name\":\"D\",\"enabled\":false}");
    said_like(c, "{*\"code\":\"disconnected\",*}");
    assert_int_equal(c->closed_as, FF_E_DISCONNECTED);
    assert_true(fake_open(f, CONN_WS, NULL)->closing);
}

/* The worker's part of an answer; the caller frees it. */
static char *ask(struct fake *f, int kind, const char *user,
                 const char *connection, int64_t limit)
{
    struct query *query = ff_new(struct query);
    struct to_worker item = {.type = TO_WORKER_QUERY, .query = query};

    atomic_init(&query->refs, 1);
    query->kind = kind == 0 ? QUERY_CONNECTIONS : QUERY_DISCONNECT;
    query->app = ff_strdup("dev");
    query->user = ff_strdup(user);
    query->connection = ff_strdup(connection);
    query->limit = limit;
    query->reason = ff_strdup("bye");
    sessions_take(f->all, &item);
    struct to_hub *answer = next(f, TO_HUB_ANSWER);
    char *text = answer->text;
    answer->text = NULL;
    to_hub_fini(answer);
    return text;
}

static void assert_like(char *text, const char *wanted)
{
    if (!like(wanted, text))
        fail_msg("got: %s\nwanted: %s", text, wanted);
    free(text);
}

static void connections_are_listed(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user");

    open_ws(f);
    fake_open(f, CONN_SSE, NULL);
    subscribe(f, c, "a");
    assert_like(ask(f, 0, "42", NULL, 10),
                "{\"count\":1,\"connections\":[{\"id\":\"c0\",\"user_id\":"
                "\"42\",\"role\":\"user\",\"kind\":\"websocket\",\"peer\":"
                "\"127.0.0.1\",\"path\":\"/v1/ws\",\"user_agent\":null,"
                "\"connected_at\":0,\"channels\":[\"a\"]}]}");
    assert_like(ask(f, 0, NULL, NULL, 2),
                "{\"count\":3,\"connections\":[{\"id\":\"c0\",*},"
                "{\"id\":\"c1\",\"user_id\":null,*}]}");
    assert_like(ask(f, 0, NULL, "c2", 2),
                "{\"count\":1,\"connections\":[*\"kind\":\"sse\",*]}");
    assert_like(ask(f, 0, "7", NULL, 2), "{\"count\":0,\"connections\":[]}");
}

static void connections_are_closed(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user"), *other = open_ws(f);

    assert_like(ask(f, 1, "42", NULL, 0), "{\"count\":1}");
    said_like(c, "{*\"code\":\"disconnected\",\"message\":\"bye\"}");
    assert_int_equal(c->closed_as, FF_E_DISCONNECTED);
    assert_string_equal(c->reason, "bye");
    assert_false(other->closing);
    assert_like(ask(f, 1, "42", NULL, 0), "{\"count\":0}");
}

static void the_drain_is_told(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct to_worker item = {
        .type = TO_WORKER_DRAIN, .text = ff_strdup("a restart"), .limit = 5000};

    sessions_take(f->all, &item);
    said(c, "{\"action\":\"going_away\",\"message\":\"a restart\","
            "\"within\":5000}");
    assert_false(c->closing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(history_is_filtered_and_told_with_its_position),
        step(a_long_history_is_cut),
        step(a_broadcast_reaches_every_connection),
        step(the_bus_going_and_coming_is_told),
        step(a_changed_app_counts_at_once),
        step(connections_are_listed),
        step(connections_are_closed),
        step(the_drain_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
