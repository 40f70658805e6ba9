/* Who is on this gateway: connections counted, each change told once. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ff_subject.h"
#include "services/gateway/members.h"

static char told[4096];

static void write_down(const struct members_item *item)
{
    size_t len = strlen(told);

    snprintf(told + len, sizeof(told) - len, "%c%s/%s/%s%s;",
             item->on ? '+' : '-', item->app, item->channel,
             item->user != NULL ? item->user : "",
             item->about != NULL ? item->about : "");
}

static void on_change(void *ctx, unsigned partition,
                      const struct members_item *item)
{
    (void)ctx;
    assert_int_equal(partition,
                     ff_subject_partition(ff_slice_str(item->channel)));
    write_down(item);
}

static void on_row(void *ctx, const struct members_item *item)
{
    (void)ctx;
    assert_true(item->on);
    write_down(item);
}

static void said(const char *wanted)
{
    assert_string_equal(told, wanted);
    told[0] = '\0';
}

static int setup(void **state)
{
    told[0] = '\0';
    *state = members_new(on_change, NULL);
    return 0;
}

static int teardown(void **state)
{
    struct members *members = *state;

    members_free(&members);
    assert_null(members);
    return 0;
}

static void first_and_last_connection(void **state)
{
    struct members *m = *state;

    members_join(m, "dev", "room:1", "ann", "");
    said("+dev/room:1/ann;");
    members_join(m, "dev", "room:1", "ann", "");
    members_leave(m, "dev", "room:1", "ann");
    said("");
    members_leave(m, "dev", "room:1", "ann");
    said("-dev/room:1/ann;");
    members_leave(m, "dev", "room:1", "ann");
    said("");
}

static void apps_channels_and_users_apart(void **state)
{
    struct members *m = *state;

    members_join(m, "dev", "room:1", "ann", "");
    members_join(m, "dev", "room:1", "bob", "");
    members_join(m, "dev", "room:2", "ann", "");
    members_join(m, "app2", "room:1", "ann", "");
    said("+dev/room:1/ann;+dev/room:1/bob;+dev/room:2/ann;"
         "+app2/room:1/ann;");
    members_leave(m, "app2", "room:1", "ann");
    said("-app2/room:1/ann;");
}

static void newest_about(void **state)
{
    struct members *m = *state;

    members_join(m, "dev", "r", "ann", ",\"name\":\"A\"");
    members_join(m, "dev", "r", "ann", ",\"name\":\"A\"");
    said("+dev/r/ann,\"name\":\"A\";");
    members_join(m, "dev", "r", "ann", ",\"name\":\"B\"");
    said("+dev/r/ann,\"name\":\"B\";");
    members_leave(m, "dev", "r", "ann");
    members_leave(m, "dev", "r", "ann");
    said("");
    members_leave(m, "dev", "r", "ann");
    said("-dev/r/ann;");
}

static void occupancy(void **state)
{
    struct members *m = *state;

    members_occupy(m, "dev", "chat", true);
    members_occupy(m, "dev", "chat", true);
    said("+dev/chat/;");
    members_join(m, "dev", "chat", "ann", "");
    said("+dev/chat/ann;");
    members_occupy(m, "dev", "chat", false);
    members_occupy(m, "dev", "chat", false);
    said("-dev/chat/;");
}

static void rows_of_a_partition(void **state)
{
    struct members *m = *state;
    unsigned pp = ff_subject_partition(ff_slice_str("chat"));

    members_join(m, "dev", "chat", "ann", ",\"name\":\"A\"");
    told[0] = '\0';
    members_each(m, pp, on_row, NULL);
    said("+dev/chat/ann,\"name\":\"A\";");
    members_each(m, (pp + 1) % FF_PARTITIONS, on_row, NULL);
    said("");
    members_leave(m, "dev", "chat", "ann");
    told[0] = '\0';
    members_each(m, pp, on_row, NULL);
    said("");
}

int main(void)
{
#define step(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        step(first_and_last_connection),
        step(apps_channels_and_users_apart),
        step(newest_about),
        step(occupancy),
        step(rows_of_a_partition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
