/* What a client can grow has an end: waiting actions, unanswered ones, messages in a minute; batches. */

#include "ff_clock.h"
#include "session_steps.h"

#define PING "{\"action\":\"ping\",\"ref\":1}"

static void who_sends_too_much_while_waiting_is_paused(void **state)
{
    struct session_open how = {.token = "t"};
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &how);

    for (int i = 0; i < 63; i++)
        send_text(c, PING);
    assert_false(c->paused);
    send_text(c, PING);
    assert_true(c->paused);
    send_text(c, PING);
    answer_verified(f, identity("42", "user"), FF_OK);
    assert_false(c->paused);
    said_like(c, "{\"action\":\"welcome\",*}");
    for (int i = 0; i < 65; i++)
        said(c, "{\"action\":\"pong\",\"ref\":1}");
    said_nothing(c);
}

static void who_sends_too_many_bytes_while_waiting_is_paused(void **state)
{
    struct session_open how = {.token = "t"};
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &how);
    char *text = ff_zalloc(40001);

    memset(text, ' ', 40000);
    send_text(c, text);
    assert_false(c->paused);
    send_text(c, text);
    assert_true(c->paused);
    free(text);
    answer_verified(f, NULL, FF_E_UNAUTHENTICATED);
}

static void unanswered_actions_are_limited(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    for (int i = 0; i < 257; i++)
        send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                     "\"message\":1},\"ref\":1}");
    struct to_worker first =
        fake_answer(next(f, TO_HUB_PUBLISH), TO_WORKER_PUBLISHED);
    for (int i = 1; i < 256; i++)
        to_hub_fini(next(f, TO_HUB_PUBLISH));
    assert_null(fake_next(f));
    sessions_take(f->all, &first);
    said_like(c, "{\"action\":\"ack\",*}");
    to_hub_fini(next(f, TO_HUB_PUBLISH));
}

static void message_61_in_a_minute_is_refused(void **state)
{
    struct fake *f = fake_new_with(60);
    struct conn *c = open_ws(f);

    (void)state;
    ff_clock_freeze(1000, 5000);
    for (int i = 0; i < 61; i++)
        send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                     "\"message\":1}}");
    said_like(c, "{*\"code\":\"rate_limited\",*}");
    said_nothing(c);
    for (int i = 0; i < 60; i++)
        to_hub_fini(next(f, TO_HUB_PUBLISH));
    assert_null(fake_next(f));
    assert_false(c->closing);
    ff_clock_freeze(1000, 64999);
    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1}}");
    said_like(c, "{*\"code\":\"rate_limited\",*}");
    ff_clock_freeze(1000, 65000);
    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1}}");
    to_hub_fini(next(f, TO_HUB_PUBLISH));
    ff_clock_thaw();
    fake_free(&f);
}

static void ignore(void *ctx, struct to_hub *item)
{
    (void)ctx;
    to_hub_fini(item);
}

/* A hub that takes nothing in. */
static void a_busy_hub_is_told_as_busy_and_hears_of_drops_later(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct to_hub filler = {.type = TO_HUB_STOPPED};

    subscribe(f, c, "a");
    while (handoff_to_hub(f->handoff, &filler) == FF_OK)
        ;
    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1},\"ref\":1}");
    said_like(c, "{*\"code\":\"busy\",*,\"ref\":1}");
    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"t\"},\"ref\":2}");
    said_like(c, "{*\"code\":\"busy\",*,\"ref\":2}");
    send_text(c, "{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"a\"}}");
    said_like(c, "{\"action\":\"unsubscribed\",*}");
    sessions_tick(f->all, 1000);
    assert_int_equal(sessions_channel_count(f->all), 1);
    while (handoff_drain_hub(f->handoff, ignore, NULL) > 0)
        ;
    sessions_tick(f->all, 2000);
    to_hub_fini(next(f, TO_HUB_DROP));
    assert_int_equal(sessions_channel_count(f->all), 0);
}

/* --- batches --------------------------------------------------------------- */

static void a_batch_runs_in_order_and_is_answered_last(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"batch\",\"ref\":9,\"data\":{\"actions\":["
                 "{\"action\":\"ping\",\"ref\":1} , "
                 "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":\"],{\\\"\"},\"ref\":2},"
                 "{\"action\":\"batch\",\"data\":{\"actions\":[1]},\"ref\":3},"
                 "[7],"
                 "{\"action\":\"no\",\"ref\":4}]}}");
    said(c, "{\"action\":\"pong\",\"ref\":1}");
    said_like(c, "{*\"code\":\"invalid\",*,\"ref\":3}");
    said_like(c, "{*\"code\":\"bad_json\",*}");
    said_like(c, "{*\"code\":\"unknown_action\",*,\"ref\":4}");
    said(c, "{\"action\":\"batch\",\"count\":5,\"ref\":9}");
    said_nothing(c);
    struct to_hub *item = next(f, TO_HUB_PUBLISH);
    assert_string_equal(item->body, "\"],{\\\"\"");
    answer_published(f, item, "m", 0);
    said_like(c, "{\"action\":\"ack\",*\"ref\":2}");
}

static void a_batch_waits_in_its_middle(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"batch\",\"ref\":9,\"data\":{\"actions\":["
                 "{\"action\":\"subscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":1},"
                 "{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"a\"},"
                 "\"ref\":2}]}}");
    send_text(c, "{\"action\":\"ping\",\"ref\":3}");
    said_nothing(c);
    answer_subscribed(f, NULL);
    said_like(c, "{\"action\":\"subscribed\",*\"ref\":1}");
    said_like(c, "{\"action\":\"unsubscribed\",*\"ref\":2}");
    said(c, "{\"action\":\"batch\",\"count\":2,\"ref\":9}");
    said(c, "{\"action\":\"pong\",\"ref\":3}");
}

static void a_batch_of_101_is_refused(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct ff_buf text = {0};

    ff_buf_adds(&text,
                "{\"action\":\"batch\",\"ref\":9,\"data\":{\"actions\":[");
    for (int i = 0; i < 101; i++)
        ff_buf_adds(&text, i > 0 ? "," PING : PING);
    ff_buf_adds(&text, "]}}");
    send_text(c, text.data);
    ff_buf_fini(&text);
    said_like(c, "{*\"field\":\"actions\",\"ref\":9}");
    said_nothing(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(who_sends_too_much_while_waiting_is_paused),
        step(who_sends_too_many_bytes_while_waiting_is_paused),
        step(unanswered_actions_are_limited),
        step(message_61_in_a_minute_is_refused),
        step(a_busy_hub_is_told_as_busy_and_hears_of_drops_later),
        step(a_batch_runs_in_order_and_is_answered_last),
        step(a_batch_waits_in_its_middle),
        step(a_batch_of_101_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
