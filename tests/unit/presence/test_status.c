/* One replica on a real bus: online users and statuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_steps.h"

static json_t *ask_users(int limit)
{
    return live_ask(&live, "ff.prs.users",
                    live_text("{\"app\":\"dev\",\"limit\":%d}", limit));
}

static void online_users_are_listed(void **state)
{
    (void)state;
    live_connect(&live, 0, "cleo", true);
    live_connect(&live, 0, "ann", true);
    live_connect(&live, 0, "bob", true);
    live_set(&live, 0, "chat", "dave", true, true); /* has no connection */
    live_expect_told(&live, "member_added chat dave");
    live_expect_json(
        ask_users(2),
        "{\"count\":3,\"users\":["
        "{\"user_id\":\"ann\",\"status\":\"online\",\"activity\":\"\"},"
        "{\"user_id\":\"bob\",\"status\":\"online\",\"activity\":\"\"}"
        "]}");
    live_expect_json(ask_users(0), "{\"count\":3,\"users\":[]}");
    live_expect_json(
        live_ask(&live, "ff.prs.users", "{\"app\":\"other\",\"limit\":9}"),
        "{\"count\":0,\"users\":[]}");
    live_connect(&live, 0, "ann", false);
    live_expect_told(&live, "user_offline ann");
    json_t *users = ask_users(1);
    assert_int_equal(json_integer_value(json_object_get(users, "count")), 2);
    json_decref(users);
}

static json_t *set_status(const char *members)
{
    return live_ask(
        &live, "ff.rpc.presence.set",
        live_text("{\"app\":\"dev\",\"user_id\":\"ann\"%s}", members));
}

static json_t *ask_status(void)
{
    return live_ask(&live, "ff.rpc.presence.status",
                    "{\"app\":\"dev\",\"user_id\":\"ann\"}");
}

static void expect_status(json_t *stolen, const char *status,
                          const char *activity, bool invisible)
{
    assert_string_equal(json_string_value(json_object_get(stolen, "app")),
                        "dev");
    assert_string_equal(json_string_value(json_object_get(stolen, "user_id")),
                        "ann");
    assert_string_equal(json_string_value(json_object_get(stolen, "status")),
                        status);
    assert_string_equal(json_string_value(json_object_get(stolen, "activity")),
                        activity);
    assert_int_equal(json_is_true(json_object_get(stolen, "invisible")),
                     invisible);
    json_decref(stolen);
}

static void a_status_is_kept(void **state)
{
    (void)state;
    expect_status(ask_status(), "online", "", false);
    expect_status(set_status(",\"status\":\"away\",\"activity\":\"lunch\""),
                  "away", "lunch", false);
    expect_status(set_status(",\"activity\":\"\""), "away", "", false);
    expect_status(set_status(",\"invisible\":true"), "away", "", true);
    expect_status(set_status(",\"status\":\"busy\""), "busy", "", true);
    expect_status(ask_status(), "busy", "", true);
    live_expect_error(set_status(",\"status\":\"gone\""), "invalid", "status");
    live_expect_error(set_status(",\"invisible\":1"), "invalid", "invisible");
    live_stop(&live, 0); /* it outlives us */
    live_start_and_wait(&live, 0);
    expect_status(ask_status(), "busy", "", true);
}

static bool is_online(void)
{
    json_t *status = ask_status();
    bool online = json_is_true(json_object_get(status, "online"));
    assert_true(json_is_boolean(json_object_get(status, "online")));
    json_decref(status);
    return online;
}

static json_int_t last_seen(void)
{
    json_t *status = ask_status();
    json_int_t at = json_integer_value(json_object_get(status, "last_seen"));
    json_decref(status);
    return at;
}

static void last_seen_is_written_when_the_last_connection_went(void **state)
{
    (void)state;
    live_add_gateway(&live, 1);
    live_connect(&live, 0, "ann", true);
    live_connect(&live, 1, "ann", true);
    live_expect_told(&live, "user_online ann");
    assert_true(is_online());
    json_decref(set_status(",\"activity\":\"tea\""));
    live_connect(&live, 0, "ann", false);
    live_connect(&live, 1, "ann", false);
    live_expect_told(&live, "user_offline ann");
    assert_false(is_online());
    int64_t until = bus_test_now() + WAIT_MS;
    while (last_seen() == 0)
        assert_true(bus_test_now() < until);
    expect_status(ask_status(), "online", "tea", false);
}

static void the_invisible_leave_and_come_for_others(void **state)
{
    (void)state;
    live_connect(&live, 0, "ann", true);
    live_set(&live, 0, "chat", "ann", true, true);
    live_set(&live, 0, "chat", "bob", true, true);
    live_expect_members(&live, "chat", "ann bob");
    json_decref(set_status(",\"invisible\":true"));
    live_expect_told(&live, "chat -ann =1");
    live_expect_members(&live, "chat", "bob");
    assert_false(is_online());
    live_expect_json(ask_users(9), "{\"count\":0,\"users\":[]}");
    live_stop(&live, 0); /* the next one knows it before it tells anything */
    live_start_and_wait(&live, 0);
    live_expect_members(&live, "chat", "bob");
    json_decref(set_status(",\"invisible\":false"));
    live_expect_told(&live, "chat +ann =2");
    assert_true(is_online());
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(online_users_are_listed),
        T(a_status_is_kept),
        T(last_seen_is_written_when_the_last_connection_went),
        T(the_invisible_leave_and_come_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
