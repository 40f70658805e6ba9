/* Deadlines: each is looked at in its second, whatever the wheel's length. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/gateway/wheel.h"

struct thing {
    struct link link;
    uint32_t at_s, seen_s;
};

static struct wheel wheel;
static uint32_t now_s;

/* As a user does: what is looked at early is put again. */
static void look(void *ctx, struct link *link)
{
    (void)ctx;
    struct thing *thing = LINK_OWNER(link, struct thing, link);
    if (thing->at_s > now_s)
        wheel_put(&wheel, link, thing->at_s);
    else
        thing->seen_s = now_s;
}

static void turn_to(uint32_t at_s)
{
    now_s = at_s;
    wheel_turn(&wheel, at_s, look, NULL);
}

static void each_in_its_second(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    static struct thing things[COUNT];
    wheel_init(&wheel, 1000);
    for (uint32_t i = 0; i < COUNT; i++) {
        things[i] = (struct thing){.at_s = 1001 + i};
        wheel_put(&wheel, &things[i].link, things[i].at_s);
    }
    for (uint32_t s = 1001; s <= 1000 + COUNT; s++)
        turn_to(s);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(things[i].seen_s, things[i].at_s);
}

static void the_past_is_the_next_second(void **state)
{
    (void)state;
    struct thing thing = {.at_s = 5};
    wheel_init(&wheel, 1000);
    wheel_put(&wheel, &thing.link, 5);
    turn_to(1000);
    assert_int_equal(thing.seen_s, 0);
    turn_to(1001);
    assert_int_equal(thing.seen_s, 1001);
}

static void cut_and_put_anew(void **state)
{
    (void)state;
    struct thing thing = {.at_s = 1002};
    wheel_init(&wheel, 1000);
    link_cut(&thing.link);
    wheel_put(&wheel, &thing.link, 1002);
    thing.at_s = 1005;
    wheel_put(&wheel, &thing.link, 1005);
    turn_to(1004);
    assert_int_equal(thing.seen_s, 0);
    link_cut(&thing.link);
    assert_false(link_is_on(&thing.link));
    turn_to(1010);
    assert_int_equal(thing.seen_s, 0);
}

static void a_long_sleep(void **state)
{
    (void)state;
    struct thing soon = {.at_s = 1010}, late = {.at_s = 90000};
    wheel_init(&wheel, 1000);
    wheel_put(&wheel, &soon.link, soon.at_s);
    wheel_put(&wheel, &late.link, late.at_s);
    turn_to(50000);
    assert_int_equal(soon.seen_s, 50000);
    assert_int_equal(late.seen_s, 0);
    turn_to(89999);
    turn_to(90000);
    assert_int_equal(late.seen_s, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_in_its_second),
        cmocka_unit_test(the_past_is_the_next_second),
        cmocka_unit_test(cut_and_put_anew),
        cmocka_unit_test(a_long_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
