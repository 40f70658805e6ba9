/* Several replicas on a real bus that come, go, die; gateways that are slow; a bus that goes away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_metric.h"
#include "live.h"

#define ROOMS 40 /* channels, spread over the partitions */

static struct live live;

static int setup(void **state)
{
    (void)state;
    live_init(&live);
    live_add_gateway(&live, 0);
    live_add_gateway(&live, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_fini(&live);
    return 0;
}

static const char *room(unsigned i)
{
    static char name[16];

    snprintf(name, sizeof(name), "room%u", i);
    return name;
}

static void set_all(unsigned gateway, const char *user, bool on, bool sent)
{
    for (unsigned i = 0; i < ROOMS; i++)
        live_set(&live, gateway, room(i), user, on, sent);
}

static void expect_all(const char *ids)
{
    for (unsigned i = 0; i < ROOMS; i++)
        live_expect_members(&live, room(i), ids);
}

/* How many channels' lists this replica answers for. */
static unsigned owned_by(unsigned replica)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ROOMS; i++) {
        json_t *list = live_ask_members(&live, room(i));
        const char *owner = json_string_value(json_object_get(list, "owner"));
        count += strcmp(owner, live.replicas[replica].name) == 0;
        json_decref(list);
    }
    return count;
}

static bool is_shared(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < LIVE_REPLICAS; i++) {
        unsigned mine = owned_by(i);
        if (mine == 0)
            return false;
        sum += mine;
    }
    return sum == ROOMS;
}

static void who_takes_over_asks_the_gateways(void **state)
{
    (void)state;
    set_all(0, "ann", true, false);
    set_all(1, "bob", true, false);
    live_start_and_wait(&live, 0);
    expect_all("ann bob");
    assert_int_equal(owned_by(0), ROOMS);
    live_kill(&live, 0);
    set_all(0, "ann", false, false);
    live_start_and_wait(&live, 0);
    expect_all("bob");
    assert_null(strstr(live.told.data, "ann")); /* it never knew of her */
}

static void replicas_share_what_there_is(void **state)
{
    (void)state;
    set_all(0, "ann", true, false);
    for (unsigned i = 0; i < LIVE_REPLICAS; i++)
        live_start(&live, i);
    for (unsigned i = 0; i < LIVE_REPLICAS; i++)
        wait_for(&live.t, live_is_ready(&live, i));
    expect_all("ann");
    wait_for(&live.t, is_shared());
    set_all(1, "bob", true, true);
    expect_all("ann bob");
}

static void a_dead_one_is_replaced(void **state)
{
    (void)state;
    set_all(0, "ann", true, false);
    live_start_and_wait(&live, 0);
    live_start_and_wait(&live, 1);
    expect_all("ann");
    wait_for(&live.t, owned_by(1) > 0);
    live_kill(&live, 1);
    set_all(1, "bob", true, true);
    expect_all("ann bob");
    assert_int_equal(owned_by(0), ROOMS);
    live_start_and_wait(&live, 1);
    wait_for(&live.t, owned_by(1) > 0);
    expect_all("ann bob");
}

static void one_that_leaves_hands_over(void **state)
{
    (void)state;
    set_all(0, "ann", true, false);
    live_start_and_wait(&live, 0);
    live_start_and_wait(&live, 1);
    set_all(1, "bob", true, true);
    expect_all("ann bob");
    live_stop(&live, 0);
    expect_all("ann bob");
    assert_int_equal(owned_by(1), ROOMS);
}

static void graces_end_with_an_orderly_stop(void **state)
{
    (void)state;
    live_start_and_wait(&live, 0);
    live_connect(&live, 0, "ann", true);
    live_set(&live, 0, "long:chat", "ann", true, true);
    live_expect_told(&live, "long:chat +ann =1");
    live_connect(&live, 0, "ann", false);
    live_set(&live, 0, "long:chat", "ann", false, true);
    live_set(&live, 0, "long:chat", "bob", true, true);
    live_expect_told(&live, "long:chat +bob =2");
    live_stop(&live, 0);
    live_expect_told(&live, "long:chat -ann =1");
    live_start_and_wait(&live, 0);
    json_t *status = live_ask(&live, "ff.rpc.presence.status",
                              "{\"app\":\"dev\",\"user_id\":\"ann\"}");
    assert_true(json_is_integer(json_object_get(status, "last_seen")));
    json_decref(status);
}

static void one_is_not_waited_for_too_long(void **state)
{
    (void)state;
    live.gateways[1].endless = true;
    set_all(0, "ann", true, false);
    set_all(1, "bob", true, false);
    live_start_and_wait(&live, 0);
    expect_all("ann bob");
    live_set(&live, 1, room(3), "bob", false, false);
    live.gateways[1].endless = false; /* it is asked again until it ends */
    live_expect_members(&live, room(3), "ann");
}

static void what_is_not_synced_is_not_answered(void **state)
{
    (void)state;
    live.gateways[0].endless = true;
    live.report_ms = 60000;
    live_start(&live, 0);
    assert_false(live_is_ready(&live, 0));
    wait_for(&live.t, live.gateways[0].reports >= 64);
    assert_false(live_is_ready(&live, 0));
    assert_int_equal(ff_metric_get(FF_M_PRESENCE_PARTITIONS), 64);
}

/* Gateways keep what they have; nobody is told that anybody left. */
static void a_bus_that_was_away_loses_nobody(void **state)
{
    (void)state;
    set_all(0, "ann", true, false);
    live_start_and_wait(&live, 0);
    expect_all("ann");
    nats_server_kill(&live.t.server);
    wait_for(&live.t, !ff_bus_connected(live.t.bus) &&
                          !ff_bus_connected(live.replicas[0].bus));
    assert_false(live_is_ready(&live, 0));
    set_all(0, "cleo", true, false);
    nats_server_start(&live.t.server);
    wait_for(&live.t, ff_bus_connected(live.t.bus));
    expect_all("ann cleo");
    wait_for(&live.t, live_is_ready(&live, 0));
    assert_null(strstr(live.told.data, "-ann"));
}

/* Others took it for dead, and it heard no gateway: what it knows is worth nothing. */
static void one_that_stood_still_begins_anew(void **state)
{
    (void)state;
    set_all(0, "ann", true, false);
    live_start_and_wait(&live, 0);
    expect_all("ann");
    unsigned before = live.gateways[0].reports;
    int64_t until = bus_test_now() + 3500;
    while (bus_test_now() < until)
        continue;
    wait_for(&live.t, live.gateways[0].reports > before);
    expect_all("ann");
    assert_null(strstr(live.told.data, "ann"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(who_takes_over_asks_the_gateways),
        T(replicas_share_what_there_is),
        T(a_dead_one_is_replaced),
        T(one_that_leaves_hands_over),
        T(graces_end_with_an_orderly_stop),
        T(one_is_not_waited_for_too_long),
        T(what_is_not_synced_is_not_answered),
        T(a_bus_that_was_away_loses_nobody),
        T(one_that_stood_still_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
