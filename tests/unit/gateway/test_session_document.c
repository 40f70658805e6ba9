/* Documents: join and update. */

#include "session_steps.h"

#define JOIN "{\"action\":\"join\",\"data\":{\"channel\":\"doc:1\"},\"ref\":1}"

static void answer_verb(struct fake *f, const char *verb, const char *text,
                        ff_err err)
{
    struct to_hub *item = next(f, TO_HUB_CALL);

    assert_string_equal(item->verb, verb);
    answer_called(f, item, text, err);
}

static void join_subscribes_first_and_then_reads(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user");
    struct position at = fake_at("e1", 5);

    send_text(c, JOIN);
    answer_subscribed(f, &at);
    said_nothing(c);
    fake_deliver(f, fake_text("doc:1", "{}", 6));
    said_like(c, "{\"action\":\"message\",*}");
    struct to_hub *item = next(f, TO_HUB_CALL);
    assert_string_equal(item->text, "{\"app\":\"dev\",\"channel\":\"doc:1\"}");
    f->first--;
    answer_verb(f, "join", "{\"version\":3,\"x\":1,\"document\":{\"a\":1.0}}",
                FF_OK);
    said(c, "{\"action\":\"document\",\"channel\":\"doc:1\",\"version\":3,"
            "\"document\":{\"a\":1.0},\"ref\":1}");
    item = next(f, TO_HUB_PUBLISH);
    assert_true(item->whisper);
    assert_string_equal(item->event, "document.joined");
    assert_string_equal(item->sender, "42");
    assert_string_equal(item->except, c->info.name);
    to_hub_fini(item);
    send_text(c,
              "{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"doc:1\"}}");
    said_like(c, "{\"action\":\"unsubscribed\",*}");
}

static void who_joined_is_told(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct ff_message m = {.channel = FF_SLICE_LIT("doc:1"),
                           .event = FF_SLICE_LIT("document.joined"),
                           .kind = FF_SLICE_LIT("whisper"),
                           .sender = FF_SLICE_LIT("42"),
                           .body = FF_SLICE_LIT("null")};

    subscribe(f, c, "doc:1");
    fake_deliver(f, fake_message(&m, 0));
    said(c, "{\"action\":\"document.joined\",\"channel\":\"doc:1\","
            "\"user_id\":\"42\"}");
}

static void what_comes_during_a_join_waits(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, JOIN);
    send_text(c, "{\"action\":\"unsubscribe\",\"data\":{\"channel\":\"doc:1\"},"
                 "\"ref\":2}");
    answer_subscribed(f, NULL);
    said_nothing(c);
    answer_verb(f, "join", NULL, FF_E_UNAVAILABLE);
    said_like(c, "{*\"code\":\"unavailable\",*,\"ref\":1}");
    said_like(c, "{*\"code\":\"not_subscribed\",*,\"ref\":2}");
    to_hub_fini(next(f, TO_HUB_DROP));
    assert_null(fake_next(f));
}

static void joining_again_reads_again(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    subscribe(f, c, "doc:1");
    send_text(c, JOIN);
    answer_verb(f, "join", "{\"version\":1,\"document\":null}", FF_OK);
    said_like(c, "{\"action\":\"document\",*\"document\":null,\"ref\":1}");
    send_text(c, JOIN);
    answer_verb(f, "join", NULL, FF_E_TIMEOUT);
    said_like(c, "{*\"code\":\"timeout\",*,\"ref\":1}");
    assert_null(fake_next(f));
}

static void an_update_is_answered_with_its_version(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user");

    send_text(c, "{\"action\":\"update\",\"data\":{\"channel\":\"doc:1\","
                 "\"base_version\":3,\"changes\":[{\"op\":\"add\"}],"
                 "\"user_id\":\"7\"},\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_CALL);
    assert_string_equal(item->text,
                        "{\"app\":\"dev\",\"channel\":\"doc:1\","
                        "\"base_version\":3,\"changes\":[{\"op\":\"add\"}],"
                        "\"user_id\":\"42\"}");
    f->first--;
    answer_verb(f, "update", "{\"version\":4}", FF_OK);
    said(c, "{\"action\":\"updated\",\"channel\":\"doc:1\",\"version\":4,"
            "\"ref\":1}");
}

static void a_conflict_tells_what_was_missed(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"update\",\"data\":{\"channel\":\"doc:1\","
                 "\"base_version\":3,\"merge\":null},\"ref\":1}");
    answer_verb(f, "update",
                "{\"error\":{\"code\":\"conflict\"},\"version\":5,"
                "\"missed\":[{\"version\":4}]}",
                FF_E_CONFLICT);
    said_like(c, "{\"action\":\"error\",\"type\":\"error\",\"code\":"
                 "\"conflict\",\"message\":*,\"version\":5,"
                 "\"missed\":[{\"version\":4}],\"ref\":1}");
}

static void an_update_has_one_kind_of_change(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"update\",\"data\":{\"channel\":\"doc:1\","
                 "\"base_version\":3},\"ref\":1}");
    said_like(c, "{*\"field\":\"changes\",\"ref\":1}");
    send_text(c, "{\"action\":\"update\",\"data\":{\"channel\":\"doc:1\","
                 "\"base_version\":3,\"changes\":[1],\"merge\":1},\"ref\":1}");
    said_like(c, "{*\"field\":\"changes\",\"ref\":1}");
    send_text(c, "{\"action\":\"update\",\"data\":{\"channel\":\"a\","
                 "\"base_version\":3,\"changes\":[1]},\"ref\":1}");
    said_like(c, "{*\"code\":\"not_found\",*}");
}

static void only_the_service_writes_to_the_log(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"doc:1\","
                 "\"message\":1},\"ref\":1}");
    said_like(c, "{*\"code\":\"forbidden\",*,\"ref\":1}");
    assert_null(fake_next(f));
}

static void a_change_is_delivered_with_its_version(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    struct ff_message m = {.channel = FF_SLICE_LIT("doc:1"),
                           .event = FF_SLICE_LIT("document.change"),
                           .id = FF_SLICE_LIT("i"),
                           .version = 4,
                           .body = FF_SLICE_LIT("{}")};

    subscribe(f, c, "doc:1");
    fake_deliver(f, fake_message(&m, 9));
    said(c, "{\"action\":\"message\",\"channel\":\"doc:1\",\"event\":"
            "\"document.change\",\"message\":{},\"sender\":null,"
            "\"timestamp\":1000,\"id\":\"i\",\"offset\":9,\"version\":4}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(join_subscribes_first_and_then_reads),
        step(who_joined_is_told),
        step(what_comes_during_a_join_waits),
        step(joining_again_reads_again),
        step(an_update_is_answered_with_its_version),
        step(a_conflict_tells_what_was_missed),
        step(an_update_has_one_kind_of_change),
        step(only_the_service_writes_to_the_log),
        step(a_change_is_delivered_with_its_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
