/*
 * What presence is told: batches under rising numbers, whole reports in order
 * with them, and that a listener which loses messages knows the truth again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ff_clock.h"
#include "ff_json.h"
#include "ff_map.h"
#include "ff_subject.h"
#include "services/gateway/reports.h"

#define LOG_MAX     4096
#define DEADLINE_MS 10000

static struct {
    char *log[LOG_MAX];
    size_t count, first;
    ff_err err;
    struct ff_loop *loop;
    struct reports *reports;
    struct members *members;
} t;

static ff_err on_send(void *ctx, unsigned pp, struct ff_slice json)
{
    (void)ctx;
    if (t.err != FF_OK)
        return t.err;
    assert_true(t.count < LOG_MAX);
    t.log[t.count++] = ff_asprintf("%02u %.*s", pp, (int)json.len, json.data);
    return FF_OK;
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    t.loop = ff_loop_new();
    t.reports = reports_new(&(struct reports_options){
        .loop = t.loop, .gateway = "gw1", .boot_ms = 7, .send = on_send});
    t.members = reports_members(t.reports);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reports_free(&t.reports);
    ff_loop_free(&t.loop);
    for (size_t i = 0; i < t.count; i++)
        free(t.log[i]);
    return 0;
}

static unsigned part_of(const char *channel)
{
    return ff_subject_partition(ff_slice_str(channel));
}

/* The next message: of channel's partition, with these members. */
static void said(const char *channel, const char *rest)
{
    char *wanted = ff_asprintf("%02u {\"gateway\":\"gw1\",\"boot\":7,%s}",
                               part_of(channel), rest);

    if (t.first == t.count)
        fail_msg("nothing was said, wanted: %s", wanted);
    assert_string_equal(t.log[t.first++], wanted);
    free(wanted);
}

static void said_nothing(void)
{
    if (t.first < t.count)
        fail_msg("said: %s", t.log[t.first]);
}

static void changes_wait_for_each_other(void **state)
{
    int64_t end_ms = ff_clock_steady_ms() + DEADLINE_MS;

    (void)state;
    members_join(t.members, "dev", "room:1", "ann", ",\"name\":\"A\"");
    members_occupy(t.members, "dev", "room:1", true);
    members_leave(t.members, "dev", "room:1", "ann");
    said_nothing();
    while (t.count == 0 && ff_clock_steady_ms() < end_ms)
        ff_loop_step(t.loop, 100);
    said("room:1",
         "\"seq\":1,\"part\":\"delta\",\"items\":["
         "{\"app\":\"dev\",\"channel\":\"room:1\",\"user_id\":\"ann\","
         "\"name\":\"A\",\"on\":true},"
         "{\"app\":\"dev\",\"channel\":\"room:1\",\"on\":true},"
         "{\"app\":\"dev\",\"channel\":\"room:1\",\"user_id\":\"ann\","
         "\"on\":false}]");
    said_nothing();
    members_occupy(t.members, "dev", "room:1", false);
    reports_flush(t.reports);
    said("room:1", "\"seq\":2,\"part\":\"delta\",\"items\":[{\"app\":\"dev\","
                   "\"channel\":\"room:1\",\"on\":false}]");
}

static void whole_takes_in_what_waits(void **state)
{
    (void)state;
    members_join(t.members, "dev", "a", "ann", "");
    reports_tell_all(t.reports, part_of("a"));
    said("a", "\"seq\":1,\"part\":\"begin\",\"items\":[]");
    said("a", "\"seq\":2,\"part\":\"more\",\"items\":[{\"app\":\"dev\","
              "\"channel\":\"a\",\"user_id\":\"ann\",\"on\":true}]");
    said("a", "\"seq\":3,\"part\":\"end\",\"items\":[]");
    reports_flush(t.reports);
    said_nothing();
    members_leave(t.members, "dev", "a", "ann");
    reports_tell_all(t.reports, part_of("a"));
    said("a", "\"seq\":4,\"part\":\"begin\",\"items\":[]");
    said("a", "\"seq\":5,\"part\":\"end\",\"items\":[]");
    said_nothing();
}

static void what_was_not_sent_is_told_whole(void **state)
{
    (void)state;
    t.err = FF_E_UNAVAILABLE;
    members_join(t.members, "dev", "a", "ann", "");
    reports_flush(t.reports);
    members_join(t.members, "dev", "a", "bob", "");
    reports_flush(t.reports);
    reports_tick(t.reports);
    said_nothing();
    t.err = FF_OK;
    members_leave(t.members, "dev", "a", "ann");
    reports_tick(t.reports);
    said("a", "\"seq\":3,\"part\":\"begin\",\"items\":[]");
    said("a", "\"seq\":4,\"part\":\"more\",\"items\":[{\"app\":\"dev\","
              "\"channel\":\"a\",\"user_id\":\"bob\",\"on\":true}]");
    said("a", "\"seq\":5,\"part\":\"end\",\"items\":[]");
}

static void new_bus_is_told_whole(void **state)
{
    (void)state;
    reports_renew(t.reports);
    said_nothing();
    members_occupy(t.members, "dev", "a", true);
    reports_flush(t.reports);
    t.first = t.count;
    reports_renew(t.reports);
    said("a", "\"seq\":2,\"part\":\"begin\",\"items\":[]");
    said("a", "\"seq\":3,\"part\":\"more\",\"items\":[{\"app\":\"dev\","
              "\"channel\":\"a\",\"on\":true}]");
    said("a", "\"seq\":4,\"part\":\"end\",\"items\":[]");
}

static void number_is_said_again(void **state)
{
    (void)state;
    members_occupy(t.members, "dev", "a", true);
    reports_flush(t.reports);
    t.first = t.count;
    for (int i = 0; i < 10 && t.first == t.count; i++)
        reports_tick(t.reports);
    said("a", "\"seq\":2,\"part\":\"delta\",\"items\":[]");
    said_nothing();
}

static void long_ones_are_cut(void **state)
{
    struct ff_buf about = {0};
    size_t items = 0;

    (void)state;
    ff_buf_adds(&about, ",\"name\":\"");
    for (int i = 0; i < 1000; i++)
        ff_buf_addc(&about, 'x');
    ff_buf_addc(&about, '"');
    for (int i = 0; i < 1000; i++) {
        char user[16];
        snprintf(user, sizeof(user), "u%d", i);
        members_join(t.members, "dev", "a", user, about.data);
    }
    reports_flush(t.reports);
    reports_tell_all(t.reports, part_of("a"));
    assert_true(t.count > 12);
    for (size_t i = 0; i < t.count; i++) {
        assert_true(strlen(t.log[i]) < 200000);
        for (const char *at = t.log[i]; (at = strstr(at, "\"on\"")); at++)
            items++;
    }
    assert_int_equal(items, 2000);
    ff_buf_fini(&about);
}

/* --- a listener that loses messages ----------------------------------------- */

/* What an owner makes of it: "channel/user" -> (void *)1. */
struct owner {
    struct ff_map *rows, *fresh;
    int64_t seq;
    bool ask;
};

static void set_row(struct ff_map *rows, const json_t *item)
{
    const char *user = json_string_value(json_object_get(item, "user_id"));
    char *key = ff_asprintf("%s/%s",
                            json_string_value(json_object_get(item, "channel")),
                            user != NULL ? user : "");

    if (json_is_true(json_object_get(item, "on")))
        ff_map_puts(rows, key, rows);
    else
        ff_map_removes(rows, key);
    free(key);
}

static void owner_take(struct owner *owner, const char *text)
{
    json_t *message, *item;
    size_t i;

    assert_int_equal(ff_json_parse_object(ff_slice_str(text), &message, NULL),
                     FF_OK);
    const char *part = json_string_value(json_object_get(message, "part"));
    int64_t seq = json_integer_value(json_object_get(message, "seq"));
    bool gap = seq != owner->seq + 1;
    owner->seq = seq;
    if (strcmp(part, "begin") == 0) {
        ff_map_free(&owner->fresh);
        owner->fresh = ff_map_new();
    } else if (gap) {
        owner->ask = true;
        ff_map_free(&owner->fresh);
    }
    struct ff_map *rows = owner->fresh != NULL ? owner->fresh : owner->rows;
    json_array_foreach(json_object_get(message, "items"), i, item)
        set_row(rows, item);
    if (strcmp(part, "end") == 0 && owner->fresh != NULL) {
        ff_map_free(&owner->rows);
        owner->rows = owner->fresh;
        owner->fresh = NULL;
        owner->ask = false;
    }
    json_decref(message);
}

static unsigned below(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

static void lose_and_take(struct owner *owner, unsigned *seed, unsigned lose)
{
    for (; t.first < t.count; t.first++) {
        if (below(seed, 100) >= lose)
            owner_take(owner, t.log[t.first] + 3);
    }
    while (t.count > 0)
        free(t.log[--t.count]);
    t.first = 0;
}

static void expect_row(void *ctx, const struct members_item *item)
{
    struct owner *owner = ctx;
    char *key = ff_asprintf("%s/%s", item->channel,
                            item->user != NULL ? item->user : "");

    if (ff_map_removes(owner->rows, key) == NULL)
        fail_msg("the owner lacks %s", key);
    free(key);
}

static void change(unsigned *seed)
{
    static unsigned joined[8];
    unsigned user = below(seed, 8);
    char name[8];

    snprintf(name, sizeof(name), "u%u", user);
    if (below(seed, 2) == 0) {
        members_join(t.members, "dev", "a", name, "");
        joined[user]++;
    } else if (joined[user] > 0) {
        members_leave(t.members, "dev", "a", name);
        joined[user]--;
    } else {
        members_occupy(t.members, "dev", "a", below(seed, 2) == 0);
    }
}

static void play(unsigned seed)
{
    struct owner owner = {.rows = ff_map_new()};

    for (int step = 0; step < 300; step++) {
        change(&seed);
        t.err = below(&seed, 100) < 5 ? FF_E_BUSY : FF_OK;
        if (below(&seed, 3) == 0)
            reports_flush(t.reports);
        if (below(&seed, 20) == 0)
            reports_renew(t.reports);
        if (owner.ask)
            reports_tell_all(t.reports, part_of("a"));
        lose_and_take(&owner, &seed, 20);
    }
    t.err = FF_OK;
    for (int i = 0; i < 25; i++) {
        reports_flush(t.reports);
        reports_tick(t.reports);
        if (owner.ask)
            reports_tell_all(t.reports, part_of("a"));
        lose_and_take(&owner, &seed, 0);
    }
    members_each(t.members, part_of("a"), expect_row, &owner);
    assert_int_equal(ff_map_count(owner.rows), 0);
    ff_map_free(&owner.rows);
    ff_map_free(&owner.fresh);
}

static void a_lossy_listener_converges(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++)
        play(seed);
}

int main(void)
{
#define step(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        step(changes_wait_for_each_other),
        step(whole_takes_in_what_waits),
        step(what_was_not_sent_is_told_whole),
        step(new_bus_is_told_whole),
        step(number_is_said_again),
        step(long_ones_are_cut),
        step(a_lossy_listener_converges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
