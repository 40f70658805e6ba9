/* Rosters: what is told when, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "roster_fake.h"
#include "services/presence/roster_priv.h"

static struct roster_fake fake;

static int setup(void **state)
{
    (void)state;
    roster_fake_init(&fake);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    roster_fake_fini(&fake);
    return 0;
}

static void a_user_counts_once(void **state)
{
    (void)state;
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_set(&fake, 5, "chat", "ann", true);
    roster_fake_expect(&fake, 0, "chat v1 +ann =1; ");
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_expect(&fake, 9999, "");
    roster_fake_set(&fake, 5, "chat", "ann", false);
    roster_fake_expect(&fake, 2999, "");
    roster_fake_expect(&fake, 1, "chat v2 -ann =0; ");
    assert_int_equal(roster_members(fake.roster), 0);
    assert_null(roster_find(fake.roster, "dev", "chat"));
}

static void who_comes_back_in_time_never_left(void **state)
{
    (void)state;
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_expect(&fake, 0, "chat v1 +ann =1; ");
    for (int i = 0; i < 5; i++) {
        roster_fake_set(&fake, 0, "chat", "ann", false);
        roster_fake_expect(&fake, 2000, "");
        roster_fake_set(&fake, 1, "chat", "ann", true);
        roster_fake_expect(&fake, 2000, "");
        roster_fake_set(&fake, 1, "chat", "ann", false);
        roster_fake_set(&fake, 0, "chat", "ann", true);
        roster_fake_expect(&fake, 4000, "");
    }
}

static void without_grace_leaving_is_told_at_once(void **state)
{
    (void)state;
    fake.grace_ms = 0;
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_expect(&fake, 0, ""); /* nobody knew of it */
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_expect(&fake, 0, "chat v1 +ann =1; ");
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_expect(&fake, 0, "");
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_expect(&fake, 0, "chat v2 -ann =0; ");
}

static void versions_go_on_where_a_channel_was_forgotten(void **state)
{
    (void)state;
    fake.grace_ms = 0;
    for (int i = 0; i < 3; i++) {
        roster_fake_set(&fake, 0, "chat", "ann", true);
        roster_fake_expect(&fake, 0,
                           i == 0   ? "chat v1 +ann =1; "
                           : i == 1 ? "chat v3 +ann =1; "
                                    : "chat v5 +ann =1; ");
        assert_int_equal(
            roster_version(fake.roster,
                           roster_find(fake.roster, "dev", "chat")),
            2 * i + 1);
        roster_fake_set(&fake, 0, "chat", "ann", false);
        roster_fake_expect(&fake, 0,
                           i == 0   ? "chat v2 -ann =0; "
                           : i == 1 ? "chat v4 -ann =0; "
                                    : "chat v6 -ann =0; ");
        assert_int_equal(roster_version(fake.roster, NULL), 2 * i + 2);
    }
}

static void a_gateway_goes_with_all_that_it_had(void **state)
{
    (void)state;
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_set(&fake, 0, "chat", "bob", true);
    roster_fake_set(&fake, 1, "chat", "bob", true);
    roster_fake_set(&fake, 0, "news", NULL, true);
    roster_fake_expect(&fake, 0, "news occupied; chat v1 +bob +ann =2; ");
    roster_drop_gateway(fake.roster, fake.now_ms, 0, true);
    roster_fake_expect(&fake, 0, "news vacated; chat v2 -ann =1; ");
    roster_drop_gateway(fake.roster, fake.now_ms, 1, false);
    roster_fake_expect(&fake, 2999, "");
    roster_fake_expect(&fake, 1, "chat v3 -bob =0; ");
}

static void a_report_ends_what_it_does_not_name(void **state)
{
    (void)state;
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_set(&fake, 0, "chat", "bob", true);
    roster_fake_set(&fake, 1, "chat", "cleo", true);
    roster_fake_set(&fake, 0, "news", NULL, true);
    roster_fake_expect(&fake, 0, "news occupied; chat v1 +cleo +bob +ann =3; ");
    roster_begin_report(fake.roster, 0);
    roster_fake_report(&fake, 0, "chat", "bob");
    roster_fake_report(&fake, 0, "chat", "dave");
    roster_fake_expect(&fake, 5000, "chat v2 +dave =4; ");
    roster_end_report(fake.roster, fake.now_ms, 0);
    roster_fake_expect(&fake, 0, "");
    roster_fake_expect(&fake, 3000, "news vacated; chat v3 -ann =3; ");
    roster_begin_report(fake.roster, 0); /* marks are gone: bob goes now */
    roster_fake_report(&fake, 0, "chat", "dave");
    roster_begin_report(fake.roster, 0); /* broken off, and anew */
    roster_fake_report(&fake, 0, "chat", "bob");
    roster_end_report(fake.roster, fake.now_ms, 0);
    roster_fake_expect(&fake, 3000, "chat v4 -dave =2; ");
}

static void occupancy_is_told_with_grace(void **state)
{
    (void)state;
    roster_fake_set(&fake, 0, "news", NULL, true);
    roster_fake_set(&fake, 1, "news", NULL, true);
    roster_fake_expect(&fake, 0, "news occupied; ");
    assert_true(roster_is_occupied(roster_find(fake.roster, "dev", "news")));
    roster_fake_set(&fake, 0, "news", NULL, false);
    roster_fake_set(&fake, 1, "news", NULL, false);
    roster_fake_expect(&fake, 1000, "");
    roster_fake_set(&fake, 1, "news", NULL, true);
    roster_fake_expect(&fake, 9000, "");
    roster_fake_set(&fake, 1, "news", NULL, false);
    roster_fake_expect(&fake, 3000, "news vacated; ");
    assert_false(roster_is_occupied(roster_find(fake.roster, "dev", "news")));
}

static void the_invisible_come_and_go_unseen(void **state)
{
    (void)state;
    fake.invisible = "ann";
    roster_fake_set(&fake, 0, "chat", "ann", true);
    roster_fake_set(&fake, 0, "#user-ann", "ann", true);
    roster_fake_expect(&fake, 0, "");
    assert_false(
        roster_is_occupied(roster_find(fake.roster, "dev", "#user-ann")));
    roster_fake_set(&fake, 0, "chat", "bob", true);
    roster_fake_expect(&fake, 0, "chat v1 +bob =1; ");
    roster_fake_expect_list(&fake, "chat", "{\"user_id\":\"bob\"}");
    assert_int_equal(roster_members(fake.roster), 3);

    roster_set_invisible(fake.roster, "dev", "ann", false);
    roster_fake_expect(&fake, 0, "chat v2 +ann =2; #user-ann v1 +ann =1; ");
    roster_set_invisible(fake.roster, "dev", "ann", true);
    roster_fake_expect(&fake, 0, "chat v3 -ann =1; #user-ann v2 -ann =0; ");
    roster_set_invisible(fake.roster, "dev", "ann", false);
    roster_set_invisible(fake.roster, "dev", "ann", true);
    roster_set_invisible(fake.roster, "dev", "nobody", true);
    roster_set_invisible(fake.roster, "other", "ann", true);
    roster_fake_expect(&fake, 0, "");
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_set(&fake, 0, "#user-ann", "ann", false);
    roster_fake_expect(&fake, 3000, "");
    assert_int_equal(roster_members(fake.roster), 1);
}

static void take(unsigned gateway, const char *name, const char *info)
{
    struct presence_item item = {.app = "dev",
                                 .channel = "chat",
                                 .user_id = "ann",
                                 .name = name,
                                 .on = true};
    json_t *json = NULL;

    if (info != NULL)
        assert_int_equal(ff_json_parse(ff_slice_str(info), &json, NULL), FF_OK);
    item.info = json;
    assert_int_equal(
        roster_apply(fake.roster, fake.now_ms, gateway, &item, false), FF_OK);
    json_decref(json);
}

static void a_new_name_is_told(void **state)
{
    (void)state;
    take(0, "Ann", "{\"a\":1}");
    roster_fake_expect(&fake, 0, "chat v1 +ann =1; ");
    roster_fake_expect_list(
        &fake, "chat",
        "{\"user_id\":\"ann\",\"name\":\"Ann\",\"info\":{\"a\":1}}");
    take(0, "Ann", "{\"a\":1}");
    roster_fake_expect(&fake, 0, "");
    take(1, "Anna", NULL);
    roster_fake_expect(&fake, 0, "chat v2 ~ann =1; ");
    roster_fake_expect_list(&fake, "chat",
                            "{\"user_id\":\"ann\",\"name\":\"Anna\"}");
    take(0, "Ann", NULL); /* a report of what was there before */
    roster_fake_expect(&fake, 0, "");
    roster_fake_set(&fake, 0, "chat", "ann", false);
    roster_fake_set(&fake, 1, "chat", "ann", false);
    roster_fake_expect(&fake, 0, "");
    take(1, NULL, NULL); /* came back within the grace */
    roster_fake_expect(&fake, 0, "chat v3 ~ann =1; ");
    roster_fake_expect_list(&fake, "chat", "{\"user_id\":\"ann\"}");
}

static void too_long_an_info_is_left_out(void **state)
{
    struct ff_buf info = {0};

    (void)state;
    ff_buf_adds(&info, "{\"a\":\"");
    for (int i = 0; i < FACE_INFO_MAX; i++)
        ff_buf_addc(&info, 'x');
    ff_buf_adds(&info, "\"}");
    take(0, "Ann", info.data);
    ff_buf_fini(&info);
    roster_fake_expect(&fake, 0, "chat v1 +ann =1; ");
    roster_fake_expect_list(&fake, "chat",
                            "{\"user_id\":\"ann\",\"name\":\"Ann\"}");
}

static bool add_id(void *ctx, const char *user_id)
{
    struct ff_buf *b = ctx;

    ff_buf_addf(b, "%s ", user_id);
    return b->len < 9;
}

static void online_users_are_listed_in_order(void **state)
{
    static const char *const users[] = {"dave", "ann", "cleo", "bob"};
    struct ff_buf b = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char *channel = ff_asprintf("#user-%s", users[i]);
        roster_fake_set(&fake, 0, channel, users[i], true);
        free(channel);
    }
    roster_fake_set(&fake, 0, "#user", "eve", true); /* no such channel */
    roster_fake_set(&fake, 0, "a", "eve", true);
    roster_adopt(fake.roster);
    roster_fake_expect(&fake, 0, "");
    assert_int_equal(roster_online(fake.roster, "dev"), 4);
    assert_int_equal(roster_online(fake.roster, "other"), 0);
    roster_walk_online(fake.roster, "dev", add_id, &b);
    assert_string_equal(b.data, "ann bob cleo ");
    roster_walk_online(fake.roster, "other", add_id, &b);
    ff_buf_fini(&b);
    roster_drop_gateway(fake.roster, fake.now_ms, 0, true);
    roster_adopt(fake.roster);
    assert_int_equal(roster_online(fake.roster, "dev"), 0);
    assert_int_equal(roster_members(fake.roster), 0);
}

static void apps_do_not_meet(void **state)
{
    struct presence_item item = {
        .app = "dev", .channel = "chat", .user_id = "ann", .on = true};

    (void)state;
    roster_fake_set(&fake, 0, "chat", "ann", true);
    assert_null(roster_find(fake.roster, "other", "chat"));
    item.app = "other";
    item.on = false;
    assert_int_equal(roster_apply(fake.roster, 0, 0, &item, false), FF_OK);
    roster_fake_expect(&fake, 5000, "chat v1 +ann =1; ");
}

/* --- many ------------------------------------------------------------------------------ */

struct many {
    size_t batches, changes, most;
    int64_t version, count;
};

static void on_many(void *ctx, const struct roster_batch *batch)
{
    struct many *many = ctx;

    many->batches++;
    many->changes += batch->change_count;
    if (batch->change_count > many->most)
        many->most = batch->change_count;
    assert_int_equal(batch->version, ++many->version);
    int64_t sign = batch->changes[0].kind == ROSTER_JOINED ? 1 : -1;
    many->count += sign * (int64_t)batch->change_count;
    assert_int_equal(batch->count, many->count);
}

static void batches_are_bounded(void **state)
{
    static const struct roster_sink sink = {on_many, NULL};
    struct many many = {0};

    (void)state;
    for (unsigned i = 0; i < 10500; i++) {
        char user[16];
        snprintf(user, sizeof(user), "u%u", i);
        roster_fake_set(&fake, 0, "chat", user, true);
    }
    (void)roster_flush(fake.roster, SIZE_MAX, &sink, &many);
    assert_int_equal(many.changes, 10500);
    assert_int_equal(many.batches, 11);
    assert_int_equal(many.most, ROSTER_BATCH_MAX);
    roster_drop_gateway(fake.roster, 0, 0, true);
    (void)roster_flush(fake.roster, SIZE_MAX, &sink, &many);
    assert_int_equal(many.count, 0);
    assert_int_equal(many.batches, 22);
}

static void a_full_channel_takes_no_more(void **state)
{
    struct presence_item item = {
        .app = "dev", .channel = "chat", .user_id = "ann", .on = true};

    (void)state;
    roster_fake_set(&fake, 0, "chat", "bob", true);
    struct channel *channel = channel_find(fake.roster, "dev", "chat");
    channel->total = ROSTER_MEMBERS_MAX;
    assert_int_equal(roster_apply(fake.roster, 0, 0, &item, false), FF_E_LIMIT);
    item.user_id = "bob";
    assert_int_equal(roster_apply(fake.roster, 0, 1, &item, false), FF_OK);
    channel->total = 1;
    assert_int_equal(roster_apply(fake.roster, 0, 1, &item, false), FF_OK);
}

/* What one member takes beside its texts: the target that the design has. */
static void a_member_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct member) + sizeof(struct user) +
                    sizeof(struct face) <
                200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_user_counts_once),
        T(who_comes_back_in_time_never_left),
        T(without_grace_leaving_is_told_at_once),
        T(versions_go_on_where_a_channel_was_forgotten),
        T(a_gateway_goes_with_all_that_it_had),
        T(a_report_ends_what_it_does_not_name),
        T(occupancy_is_told_with_grace),
        T(the_invisible_come_and_go_unseen),
        T(a_new_name_is_told),
        T(too_long_an_info_is_left_out),
        T(online_users_are_listed_in_order),
        T(apps_do_not_meet),
        T(batches_are_bounded),
        T(a_full_channel_takes_no_more),
        T(a_member_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
