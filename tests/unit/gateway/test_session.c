/* A session's path: open, subscribe, message, unsubscribe, close. */

#include "session_steps.h"

static void an_anonymous_one_is_welcomed(void **state)
{
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, NULL);

    said_like(c, "{\"action\":\"welcome\",\"connection_id\":\"c0\","
                 "\"user_id\":null,\"role\":null,"
                 "\"heartbeat_interval\":25000,\"timestamp\":*}");
    said_nothing(c);
}

static void subscribe_message_unsubscribe(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":1}");
    said_nothing(c);
    answer_subscribed(f, NULL);
    said(c, "{\"action\":\"subscribed\",\"channel\":\"a\",\"ref\":1}");
    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":{\"x\": 1.0}},\"ref\":\"r\"}");
    struct to_hub *item = next(f, TO_HUB_PUBLISH);
    assert_string_equal(item->body, "{\"x\": 1.0}");
    assert_null(item->except);
    assert_true(item->want_ack);
    answer_published(f, item, "m1", 0);
    said(c, "{\"action\":\"ack\",\"id\":\"m1\",\"ref\":\"r\"}");
    fake_deliver(f, fake_text("a", "{\"x\": 1.0}", 0));
    said(c, "{\"action\":\"message\",\"channel\":\"a\",\"event\":\"message\","
            "\"message\":{\"x\": 1.0},\"sender\":null,\"timestamp\":1000,"
            "\"id\":\"m1\"}");
    send_text(c, "{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"a\"}}");
    said(c, "{\"action\":\"unsubscribed\",\"channel\":\"a\"}");
    to_hub_fini(next(f, TO_HUB_DROP));
    assert_int_equal(sessions_channel_count(f->all), 0);
}

static void what_is_no_frame_is_refused_and_the_connection_stays(void **state)
{
    static const struct {
        const char *sent, *answer;
    } rows[] = {
        {"{", "{\"action\":\"error\",\"type\":\"error\",\"code\":\"bad_json\","
              "*}"},
        {"[]", "{\"action\":\"error\",\"type\":\"error\",\"code\":\"bad_json\","
               "*}"},
        {"{\"ref\":1}",
         "{*\"code\":\"missing_field\",*,\"field\":\"action\",\"ref\":1}"},
        {"{\"action\":\"no\",\"ref\":true}",
         "{*\"code\":\"unknown_action\",*,\"ref\":true}"},
        {"{\"action\":7,\"ref\":1}", "{*\"code\":\"invalid\",*}"},
        {"{\"action\":\"ping\",\"ref\":{}}",
         "{*\"code\":\"invalid\",*,\"field\":\"ref\"}"},
        {"{\"action\":\"ping\",\"data\":3,\"ref\":1}",
         "{*\"code\":\"invalid\",*,\"field\":\"data\",\"ref\":1}"},
        {"{\"action\":\"subscribe\",\"ref\":1}",
         "{*\"code\":\"missing_field\",*,\"field\":\"channel\",\"ref\":1}"},
        {"{\"action\":\"subscribe\",\"data\":{\"channel\":\"\"},\"ref\":1}",
         "{*,\"field\":\"channel\",\"ref\":1}"},
        {"{\"action\":\"message\",\"data\":{\"channel\":\"a\"},\"ref\":1}",
         "{*\"code\":\"missing_field\",*,\"field\":\"message\",\"ref\":1}"},
        {"{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"a\"},\"ref\":1}",
         "{*\"code\":\"not_subscribed\",*,\"ref\":1}"},
        {"{\"action\":\"history\",\"data\":{\"channel\":\"a\"},\"ref\":1}",
         "{*\"code\":\"no_history\",*,\"ref\":1}"},
        {"{\"action\":\"join\",\"data\":{\"channel\":\"a\"},\"ref\":1}",
         "{*\"code\":\"not_found\",*,\"ref\":1}"},
        {"{\"action\":\"ping\",\"ref\":null}", "{\"action\":\"pong\"}"},
        {"{\"action\":\"ping\",\"ref\":-1.50}",
         "{\"action\":\"pong\",\"ref\":-1.50}"},
    };
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        send_text(c, rows[i].sent);
        said_like(c, rows[i].answer);
    }
    said_nothing(c);
    assert_false(c->closing);
}

static void a_ref_of_65_bytes_is_refused(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    char text[200];

    for (int len = 62; len <= 63; len++) {
        snprintf(text, sizeof(text), "{\"action\":\"ping\",\"ref\":\"%0*d\"}",
                 len, 0);
        send_text(c, text);
    }
    said_like(c, "{\"action\":\"pong\",\"ref\":\"0*0\"}");
    said_like(c, "{*,\"field\":\"ref\"}");
}

static void a_text_over_the_limit_closes(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    char *text = ff_zalloc(100002);

    memset(text, ' ', 100001);
    send_text(c, text);
    free(text);
    said_like(c, "{*\"code\":\"too_big\",*}");
    assert_true(c->closing);
    assert_int_equal(c->closed_as, FF_E_TOO_BIG);
}

static void a_second_subscribe_changes_nothing(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    subscribe(f, c, "a");
    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":2}");
    said(c, "{\"action\":\"subscribed\",\"channel\":\"a\",\"ref\":2}");
    assert_null(fake_next(f));
}

static void subscriptions_are_limited(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    subscribe(f, c, "a");
    subscribe(f, c, "b");
    subscribe(f, c, "c");
    subscribe(f, c, "d");
    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"e\"},"
                 "\"ref\":1}");
    said_like(c, "{*\"code\":\"limit_reached\",*,\"ref\":1}");
    assert_null(fake_next(f));
    assert_int_equal(sessions_channel_count(f->all), 4);
}

static void a_refused_subscription_is_dropped(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":1}");
    struct to_worker out =
        fake_answer(next(f, TO_HUB_SUBSCRIBE), TO_WORKER_SUBSCRIBED);
    out.err = FF_E_TIMEOUT;
    sessions_take(f->all, &out);
    said_like(c, "{*\"code\":\"timeout\",*,\"ref\":1}");
    to_hub_fini(next(f, TO_HUB_DROP));
    fake_deliver(f, fake_text("a", "1", 0));
    said_nothing(c);
}

/* What comes while a subscription is under way is answered in order. */
static void unsubscribe_waits_for_its_subscription(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":1}");
    send_text(c, "{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":2}");
    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":3}");
    send_text(c, "{\"action\":\"ping\",\"ref\":4}");
    said_nothing(c);
    answer_subscribed(f, NULL);
    said_like(c, "{\"action\":\"subscribed\",*,\"ref\":1}");
    said_like(c, "{\"action\":\"unsubscribed\",*,\"ref\":2}");
    said_like(c, "{\"action\":\"pong\",\"ref\":4}");
    to_hub_fini(next(f, TO_HUB_DROP));
    answer_subscribed(f, NULL);
    said_like(c, "{\"action\":\"subscribed\",*,\"ref\":3}");
}

static void what_was_missed_comes_after_the_answer(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"log:a\","
                 "\"recover\":{\"offset\":4,\"epoch\":\"e1\"}},\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_SUBSCRIBE);
    assert_true(item->recover_asked);
    assert_int_equal(item->recover.offset, 4);
    assert_string_equal(item->recover.epoch, "e1");
    answer_recovered(f, item, 5, 6, 6);
    said(c, "{\"action\":\"subscribed\",\"channel\":\"log:a\",\"position\":"
            "{\"offset\":6,\"epoch\":\"e1\"},\"recovered\":true,\"ref\":1}");
    said_like(c, "{*,\"offset\":5}");
    said_like(c, "{*,\"offset\":6}");
    said_nothing(c);
}

static void more_than_may_wait_is_not_replayed(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    c->room = 100;
    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"log:a\","
                 "\"recover\":{\"offset\":4,\"epoch\":\"e1\"}},\"ref\":1}");
    answer_recovered(f, next(f, TO_HUB_SUBSCRIBE), 5, 6, 6);
    said(c, "{\"action\":\"subscribed\",\"channel\":\"log:a\",\"position\":"
            "{\"offset\":6,\"epoch\":\"e1\"},\"recovered\":false,\"ref\":1}");
    said_nothing(c);
}

static void a_bad_recover_names_its_field(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"log:a\","
                 "\"recover\":{\"offset\":4}},\"ref\":1}");
    said_like(c, "{*\"field\":\"recover.epoch\",\"ref\":1}");
}

static void fan_out_reaches_each_subscriber_once(void **state)
{
    struct fake *f = *state;
    struct conn *c[4];

    for (int i = 0; i < 4; i++)
        c[i] = open_ws(f);
    for (int i = 0; i < 3; i++)
        subscribe(f, c[i], "a");
    subscribe(f, c[3], "b");
    fake_gone(f, c[0]);
    fake_deliver(f, fake_text("a", "1", 0));
    for (int i = 1; i < 3; i++)
        said_like(c[i], "{*\"message\":1,*}");
    for (int i = 1; i < 4; i++)
        said_nothing(c[i]);
    assert_null(fake_next(f));
    fake_gone(f, c[1]);
    fake_gone(f, c[2]);
    to_hub_fini(next(f, TO_HUB_DROP));
}

static void a_pending_subscriber_gets_nothing(void **state)
{
    struct fake *f = *state;
    struct conn *one = open_ws(f), *two = open_ws(f);

    subscribe(f, one, "a");
    ask_to_subscribe(two, "a");
    fake_deliver(f, fake_text("a", "1", 0));
    said_like(one, "{*\"message\":1,*}");
    said_nothing(two);
    fake_gone(f, one);
    struct to_hub *item = next(f, TO_HUB_SUBSCRIBE);
    assert_null(fake_next(f));
    fake_gone(f, two);
    to_hub_fini(item);
    to_hub_fini(next(f, TO_HUB_DROP));
}

static void policy_is_asked(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct conn *user = open_as(f, "42", "user");

    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"users:a\"},"
                 "\"ref\":1}");
    said_like(c, "{*\"code\":\"unauthenticated\",*,\"ref\":1}");
    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"users:a\","
                 "\"message\":1},\"ref\":2}");
    said_like(c, "{*\"code\":\"unauthenticated\",*,\"ref\":2}");
    subscribe(f, user, "users:a");
    send_text(user, "{\"action\":\"subscribe\",\"data\":{\"channel\":"
                    "\"private-a\"},\"ref\":1}");
    said_like(user, "{*\"code\":\"forbidden\",*,\"ref\":1}");
    assert_false(c->closing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(an_anonymous_one_is_welcomed),
        step(subscribe_message_unsubscribe),
        step(what_is_no_frame_is_refused_and_the_connection_stays),
        step(a_ref_of_65_bytes_is_refused),
        step(a_text_over_the_limit_closes),
        step(a_second_subscribe_changes_nothing),
        step(subscriptions_are_limited),
        step(a_refused_subscription_is_dropped),
        step(unsubscribe_waits_for_its_subscription),
        step(what_was_missed_comes_after_the_answer),
        step(more_than_may_wait_is_not_replayed),
        step(a_bad_recover_names_its_field),
        step(fan_out_reaches_each_subscriber_once),
        step(a_pending_subscriber_gets_nothing),
        step(policy_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
