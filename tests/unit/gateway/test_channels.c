/* Both sides of a subscription stay in step, whoever leaves first. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/gateway/channels.h"
#include "session_fake.h"

#define SESSIONS 17
#define CHANNELS 7

static struct conn conns[SESSIONS];
static struct subscriptions subs[SESSIONS];

static struct channel *get(struct channels *channels, int n)
{
    char name[16];

    snprintf(name, sizeof(name), "c%d", n);
    return channels_get(channels, "dev", name);
}

/* Every entry is where the other side says. */
static void check(struct channels *channels)
{
    struct channel *channel;
    uint32_t members = 0, subscriptions = 0;

    for (size_t i = 0; (channel = channels_next(channels, &i)) != NULL;) {
        members += channel->count;
        for (uint32_t k = 0; k < channel->count; k++) {
            const struct member *m = &channel->members[k];
            assert_true(m->slot < m->of->count);
            assert_ptr_equal(m->of->items[m->slot].channel, channel);
            assert_int_equal(m->of->items[m->slot].index, k);
            assert_ptr_equal(m->conn, &conns[m->of - subs]);
        }
    }
    for (int i = 0; i < SESSIONS; i++)
        subscriptions += subs[i].count;
    assert_int_equal(members, subscriptions);
}

static void toggle(struct channels *channels, int session, int n)
{
    struct channel *channel = get(channels, n);
    struct subscription *there = subscription_find(&subs[session], channel);

    if (there != NULL) {
        subscription_remove(&subs[session], there);
        if (channel->count == 0)
            channels_remove(channels, channel);
        return;
    }
    there = subscription_add(&subs[session], channel, NULL, &conns[session]);
    assert_false(channel->members[there->index].active);
    subscription_activate(there);
    assert_true(channel->members[there->index].active);
}

static void they_stay_in_step(void **state)
{
    struct channels *channels = channels_new();
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        toggle(channels, (int)((random >> 8) % SESSIONS),
               (int)((random >> 20) % CHANNELS));
        if (i % 50 == 0)
            check(channels);
    }
    check(channels);
    for (int i = 0; i < SESSIONS; i++) {
        while (subs[i].count > 0)
            subscription_remove(&subs[i], &subs[i].items[0]);
        subscriptions_fini(&subs[i]);
        check(channels);
    }
    channels_free(&channels);
}

static void apps_do_not_share_names(void **state)
{
    struct channels *channels = channels_new();
    struct channel *one = channels_get(channels, "a", "b:c");

    (void)state;
    assert_ptr_equal(channels_get(channels, "a", "b:c"), one);
    assert_ptr_not_equal(channels_get(channels, "b", "b:c"), one);
    assert_null(channels_find(channels, "a", "b"));
    assert_string_equal(one->app_id, "a");
    assert_string_equal(one->name, "b:c");
    assert_int_equal(channels_count(channels), 2);
    channels_remove(channels, one);
    assert_null(channels_find(channels, "a", "b:c"));
    channels_free(&channels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_stay_in_step),
        cmocka_unit_test(apps_do_not_share_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
