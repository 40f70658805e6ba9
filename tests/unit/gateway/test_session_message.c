/* Messages and whispers: what may be sent, and whom it reaches. */

#include "session_steps.h"

static void recipients_and_except(void **state)
{
    struct fake *f = *state;
    struct conn *anna = open_as(f, "42", "user"),
                *ben = open_as(f, "7", "user"), *nobody = open_ws(f);

    subscribe(f, anna, "a");
    subscribe(f, ben, "a");
    subscribe(f, nobody, "a");
    struct ff_message m = {.channel = FF_SLICE_LIT("a"),
                           .recipients = FF_SLICE_LIT("42,9"),
                           .body = FF_SLICE_LIT("1")};
    fake_deliver(f, fake_message(&m, 0));
    said_like(anna, "{*\"message\":1,*}");
    said_nothing(ben);
    said_nothing(nobody);
    m.recipients.len = 0;
    m.except = ff_slice_str(anna->info.name);
    fake_deliver(f, fake_message(&m, 0));
    said_nothing(anna);
    said_like(ben, "{*\"message\":1,*}");
    said_like(nobody, "{*\"message\":1,*}");
}

static void recipients_travel_as_a_list(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1,\"recipients\":[1,\"a,b\"],"
                 "\"event\":\"e\",\"idempotency_key\":\"k\"}}");
    struct to_hub *item = next(f, TO_HUB_PUBLISH);
    assert_true(
        ff_recipients_has(ff_slice_str(item->recipients), FF_SLICE_LIT("a,b")));
    assert_true(
        ff_recipients_has(ff_slice_str(item->recipients), FF_SLICE_LIT("1")));
    assert_string_equal(item->event, "e");
    assert_string_equal(item->key, "k");
    assert_false(item->want_ack);
    to_hub_fini(item);
}

static void a_refused_publish_is_told_without_a_ref_too(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1}}");
    struct to_worker out =
        fake_answer(next(f, TO_HUB_PUBLISH), TO_WORKER_PUBLISHED);
    out.err = FF_E_UNAVAILABLE;
    sessions_take(f->all, &out);
    said_like(c, "{*\"code\":\"unavailable\",*}");
    assert_false(c->closing);
}

static void event_names_have_rules(void **state)
{
    static const char *const bad[] = {"document.change", "fanfare.x", "a\\nb",
                                      " a", "a "};
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    char text[200];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1,\"event\":\"%s\"},\"ref\":1}",
                 bad[i]);
        send_text(c, text);
        said_like(c, "{*\"code\":\"invalid\",*\"field\":\"event\",\"ref\":1}");
    }
    assert_null(fake_next(f));
}

static void messages_have_a_size(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);
    char text[200];

    for (int len = 62; len <= 63; len++) {
        snprintf(text, sizeof(text),
                 "{\"action\":\"message\",\"data\":{\"channel\":\"small:a\","
                 "\"message\":\"%0*d\"},\"ref\":1}",
                 len, 0);
        send_text(c, text);
    }
    said_like(c, "{*\"code\":\"too_big\",*\"field\":\"message\",\"ref\":1}");
    to_hub_fini(next(f, TO_HUB_PUBLISH));
    assert_null(fake_next(f));
    assert_false(c->closing);
}

static void binary_messages(void **state)
{
    static const char frame[] =
        "{\"action\":\"message\",\"data\":{\"channel\":\"bin:a\"},\"ref\":1}"
        "\n\0\1\n";
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    session_binary(c->session, (struct ff_slice){frame, sizeof(frame) - 1});
    struct to_hub *item = next(f, TO_HUB_PUBLISH);
    assert_true(item->binary);
    assert_int_equal(item->body_len, 3);
    assert_memory_equal(item->body, "\0\1\n", 3);
    to_hub_fini(item);
    send_binary(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\"},"
                   "\"ref\":1}\nx");
    said_like(c, "{*\"code\":\"binary_not_allowed\",*,\"ref\":1}");
    send_binary(c, "{\"action\":\"ping\",\"ref\":1}\n");
    said_like(c, "{*\"code\":\"binary_not_allowed\",*,\"ref\":1}");
    send_binary(c, "{\"action\":\"ping\",\"ref\":1}");
    said_like(c, "{*\"code\":\"bad_json\",*}");
}

static void a_whisper_goes_to_the_others(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"whisper\",\"data\":{\"channel\":\"a\","
                 "\"event\":\"typing\"},\"ref\":1}");
    said_like(c, "{*\"code\":\"not_subscribed\",*,\"ref\":1}");
    subscribe(f, c, "a");
    send_text(c, "{\"action\":\"whisper\",\"data\":{\"channel\":\"a\","
                 "\"event\":\"typing\",\"message\":{\"on\":true}},\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_PUBLISH);
    assert_true(item->whisper);
    assert_string_equal(item->except, "c0");
    assert_string_equal(item->body, "{\"on\":true}");
    answer_published(f, item, "w", 0);
    said_like(c, "{\"action\":\"ack\",*\"ref\":1}");
    struct ff_message m = {.channel = FF_SLICE_LIT("a"),
                           .event = FF_SLICE_LIT("typing"),
                           .kind = FF_SLICE_LIT("whisper"),
                           .sender = FF_SLICE_LIT("42"),
                           .body = FF_SLICE_LIT("null")};
    fake_deliver(f, fake_message(&m, 0));
    said(c, "{\"action\":\"whisper\",\"channel\":\"a\",\"event\":\"typing\","
            "\"message\":null,\"sender\":\"42\"}");
}

static void a_namespace_may_forbid_whispers(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    subscribe(f, c, "quiet:a");
    send_text(c, "{\"action\":\"whisper\",\"data\":{\"channel\":\"quiet:a\","
                 "\"event\":\"typing\"},\"ref\":1}");
    said_like(c, "{*\"code\":\"forbidden\",*,\"ref\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(recipients_and_except),
        step(recipients_travel_as_a_list),
        step(a_refused_publish_is_told_without_a_ref_too),
        step(event_names_have_rules),
        step(messages_have_a_size),
        step(binary_messages),
        step(a_whisper_goes_to_the_others),
        step(a_namespace_may_forbid_whispers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
