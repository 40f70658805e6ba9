/* One replica on a real bus: what it tells and answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_steps.h"

static void members_come_and_go(void **state)
{
    (void)state;
    live_set(&live, 0, "chat", NULL, true, true);
    live_set(&live, 0, "chat", "bob", true, true);
    live_expect_told(&live, "channel_occupied chat");
    live_expect_told(&live, "chat +bob =1");
    live_expect_told(&live, "member_added chat bob");
    live_set(&live, 0, "chat", "ann", true, true);
    live_expect_told(&live, "chat +ann =2");
    live_expect_members(&live, "chat", "ann bob");
    live_set(&live, 0, "chat", "bob", false, true);
    live_expect_told(&live, "chat -bob =1");
    live_expect_told(&live, "member_removed chat bob");
    live_set(&live, 0, "chat", "ann", false, true);
    live_set(&live, 0, "chat", NULL, false, true);
    live_expect_told(&live, "channel_vacated chat");
    live_expect_members(&live, "chat", "");
}

static void a_list_tells_who_and_from_whom(void **state)
{
    (void)state;
    live_set(&live, 0, "chat", "ann", true, true);
    live_expect_told(&live, "chat +ann =1");
    json_t *list = live_ask_members(&live, "chat");
    assert_string_equal(json_string_value(json_object_get(list, "owner")),
                        "presence-1");
    assert_true(json_integer_value(json_object_get(list, "version")) > 0);
    assert_true(json_is_false(json_object_get(list, "more")));
    live_expect_json(json_incref(json_object_get(list, "members")),
                     "[{\"user_id\":\"ann\",\"name\":\"ann!\"}]");
    json_decref(list);
}

static void pages_are_of_one_version(void **state)
{
    char user[16];

    (void)state;
    for (int i = 0; i < 25; i++) {
        snprintf(user, sizeof(user), "u%02d", i);
        live_set(&live, 0, "now:big", user, true, true);
    }
    char subject[40];
    snprintf(subject, sizeof(subject), "ff.pr.%02u.members",
             live_partition("now:big"));
    json_t *first;
    for (;;) {
        first = live_ask_members(&live, "now:big");
        if (json_integer_value(json_object_get(first, "count")) == 25)
            break;
        json_decref(first);
    }
    long long version =
        (long long)json_integer_value(json_object_get(first, "version"));
    assert_true(json_is_true(json_object_get(first, "more")));
    json_decref(first);
    live_set(&live, 0, "now:big", "u24", false, true);
    live_expect_told(&live, "now:big -u24 =24");
    json_t *last = live_ask(
        &live, subject,
        live_text("{\"app\":\"dev\",\"channel\":\"now:big\",\"page\":2,"
                  "\"version\":%lld}",
                  version));
    assert_int_equal(json_array_size(json_object_get(last, "members")), 5);
    assert_int_equal(json_integer_value(json_object_get(last, "count")), 25);
    assert_true(json_is_false(json_object_get(last, "more")));
    json_decref(last);
    live_expect_error(
        live_ask(
            &live, subject,
            live_text("{\"app\":\"dev\",\"channel\":\"now:big\",\"page\":3,"
                      "\"version\":%lld}",
                      version)),
        "invalid", "page");
    live_expect_error(
        live_ask(
            &live, subject,
            live_text("{\"app\":\"dev\",\"channel\":\"now:big\",\"page\":1,"
                      "\"version\":%lld}",
                      version - 1)),
        "conflict", "version");
}

static void a_wrong_partition_is_told(void **state)
{
    char subject[40];
    unsigned wrong = (live_partition("chat") + 1) % 64;

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(subject, sizeof(subject), "ff.pr.%02u.%s", wrong,
                 i == 0 ? "members" : "occupancy");
        live_expect_error(
            live_ask(&live, subject, "{\"app\":\"dev\",\"channel\":\"chat\"}"),
            "invalid", "channel");
    }
}

/* Here subscribers, not members, are what occupies: none is counted. */
static void expect_occupied(const char *channel, bool occupied)
{
    char subject[40];

    snprintf(subject, sizeof(subject), "ff.pr.%02u.occupancy",
             live_partition(channel));
    live_expect_json(
        live_ask(&live, subject,
                 live_text("{\"app\":\"dev\",\"channel\":\"%s\"}", channel)),
        occupied ? "{\"occupied\":true,\"count\":0}"
                 : "{\"occupied\":false,\"count\":0}");
}

static void occupancy_is_answered(void **state)
{
    (void)state;
    expect_occupied("now:news", false);
    live_set(&live, 0, "now:news", NULL, true, true);
    live_expect_told(&live, "channel_occupied now:news");
    expect_occupied("now:news", true);
    live_set(&live, 0, "now:news", NULL, false, true);
    live_expect_told(&live, "channel_vacated now:news");
    expect_occupied("now:news", false);
}

static void a_lost_delta_is_made_good_by_a_report(void **state)
{
    (void)state;
    live_set(&live, 0, "chat", "ann", true, true);
    live_expect_told(&live, "chat +ann =1");
    unsigned before = live.gateways[0].reports;
    live.gateways[0].seq[live_partition("chat")]++; /* one is lost: */
    live_set(&live, 0, "chat", "ann", false, false);
    live_set(&live, 0, "chat", "bob", true, false);
    live_set(&live, 0, "chat", "cleo", true, true);
    live_expect_told(&live, "chat +cleo =2");
    live_expect_told(&live, "chat +bob =3");
    live_expect_told(&live, "chat -ann =2");
    assert_int_equal(live.gateways[0].reports, before + 1);
    live_expect_members(&live, "chat", "bob cleo");
}

static json_t *item_off(const char *user)
{
    return json_pack("[{s:s, s:s, s:s, s:b}]", "app", "dev", "channel", "now:x",
                     "user_id", user, "on", 0);
}

static void what_comes_twice_counts_once(void **state)
{
    unsigned pp = live_partition("now:x");

    (void)state;
    live_set(&live, 0, "now:x", "ann", true, true);
    live_set(&live, 0, "now:x", "bob", true, true);
    live.gateways[0].seq[pp] -= 2; /* again, but with another meaning */
    live_send_delta(&live, 0, pp, "delta", item_off("ann"));
    live_send_delta(&live, 0, pp, "delta", item_off("bob"));
    live_set(&live, 0, "now:x", "cleo", true, true);
    live_expect_told(&live, "member_added now:x cleo");
    assert_null(strstr(live.told.data, "removed"));
    live_expect_members(&live, "now:x", "ann bob cleo");
}

static void a_silent_gateway_loses_its_members(void **state)
{
    (void)state;
    live_add_gateway(&live, 1);
    live_set(&live, 0, "chat", "ann", true, true);
    live_set(&live, 1, "chat", "ann", true, true);
    live_set(&live, 1, "chat", "bob", true, true);
    live_expect_members(&live, "chat", "ann bob");
    live.gateways[1].silent = true;
    live_expect_told(&live, "chat -bob =1");
    live_expect_members(&live, "chat", "ann");
    live.gateways[1].silent = false; /* it was only paused */
    live_expect_told(&live, "chat +bob =2");
}

static void who_moves_to_another_gateway_never_left(void **state)
{
    (void)state;
    live_add_gateway(&live, 1);
    live_set(&live, 0, "chat", "ann", true, true);
    live_set(&live, 0, "chat", "bob", true, true);
    live_expect_members(&live, "chat", "ann bob");
    live.gateways[0].silent = true;
    live_beat(&live, 0, true); /* leaving */
    live_set(&live, 1, "chat", "ann", true, true);
    live_expect_told(&live, "chat -bob =1");
    live_add_gateway(&live, 0); /* and back under its name, with nothing */
    live_set(&live, 0, "chat", "bob", true, true);
    live_expect_told(&live, "chat +bob =2");
    live_add_gateway(&live, 0); /* once more, without a word */
    live_expect_told(&live, "chat -bob =1");
    assert_null(strstr(live.told.data, "-ann"));
}

static void send_raw(const char *subject, const char *text)
{
    struct ff_bus_out out = {.subject = subject, .body = ff_slice_str(text)};
    assert_int_equal(ff_bus_publish(live.t.bus, &out), FF_OK);
}

static void bad_input_is_dropped(void **state)
{
    static const char *const deltas[] = {
        "",
        "{",
        "[]",
        "{}",
        "\"x\"",
        "{\"gateway\":1}",
        "{\"gateway\":\"gateway-2\",\"boot\":1,\"seq\":1,\"part\":\"delta\","
        "\"items\":[]}",
        "{\"gateway\":\"gateway-1\",\"boot\":1,\"seq\":1,\"part\":\"delt\","
        "\"items\":[]}",
        "{\"gateway\":\"gateway-1\",\"boot\":1,\"seq\":0,\"part\":\"delta\","
        "\"items\":[]}"};
    static const char items[] =
        "[1,{},{\"app\":\"dev\",\"channel\":\"chat\",\"on\":2},"
        "{\"app\":\"dev\",\"channel\":\"\",\"on\":true},"
        "{\"app\":\"dev\",\"channel\":\"elsewhere\",\"on\":true},"
        "{\"app\":\"dev\",\"channel\":\"chat\",\"user_id\":\"zed\","
        "\"on\":true}]";
    json_t *json;
    char subject[40];

    (void)state;
    snprintf(subject, sizeof(subject), "ff.pd.gateway-1.%02u",
             live_partition("chat"));
    for (size_t i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++)
        send_raw(subject, deltas[i]);
    send_raw("ff.hb.gateway.x", "nonsense");
    send_raw("ff.hb.gateway.x", "{\"gateway\":\"x\"}");
    send_raw("ff.hb.presence.x", "nonsense");
    send_raw("ff.hb.presence.x", "{\"replica\":7}");
    assert_int_equal(ff_json_parse(ff_slice_str(items), &json, NULL), FF_OK);
    live_send_delta(&live, 0, live_partition("chat"), "delta", json);
    live_expect_told(&live, "chat +zed =1"); /* the one good item */
    json = json_pack("[{s:s, s:s, s:s, s:b}]", "app", "dev", "channel",
                     "#user-ann", "user_id", "bob", "on", 1);
    live_send_delta(&live, 0, live_partition("#user-ann"), "delta", json);
    live_connect(&live, 0, "ann", true);
    live_expect_told(&live, "user_online ann");
    assert_null(strstr(live.told.data, "bob"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(members_come_and_go),
        T(a_list_tells_who_and_from_whom),
        T(pages_are_of_one_version),
        T(a_wrong_partition_is_told),
        T(occupancy_is_answered),
        T(a_lost_delta_is_made_good_by_a_report),
        T(what_comes_twice_counts_once),
        T(a_silent_gateway_loses_its_members),
        T(who_moves_to_another_gateway_never_left),
        T(bad_input_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
