/* Event streams: what they say, and ids that go on where they ended. */

#include "session_steps.h"

static const char *const two[] = {"log:a", "b", NULL};
static const char *const both[] = {"log:a", "log:b", NULL};

static struct conn *open_stream(struct fake *f, const char *const *channels,
                                const char *id)
{
    struct session_open how = {.channels = channels, .last_event_id = id};
    struct conn *c = fake_open(f, CONN_SSE, &how);

    said_like(c, "welcome|-|{\"connection_id\":*}");
    return c;
}

/* The id of the next event; the caller frees it. NULL: none. */
static char *take_id(struct conn *c)
{
    char *text = take_said(c);
    char *from = strchr(text, '|') + 1;
    char *id = ff_strndup(from, (size_t)(strchr(from, '|') - from));

    free(text);
    if (strcmp(id, "-") != 0)
        return id;
    free(id);
    return NULL;
}

static void answer_at(struct fake *f, const char *channel, uint64_t offset)
{
    struct position at = fake_at("e1", offset);
    struct to_hub *item = next(f, TO_HUB_SUBSCRIBE);

    assert_string_equal(item->channel, channel);
    f->first--;
    answer_subscribed(f, offset > 0 ? &at : NULL);
}

static void a_stream_subscribes_to_what_its_url_says(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_stream(f, two, NULL);

    answer_at(f, "log:a", 7);
    answer_at(f, "b", 0);
    said_like(c, "subscribed|*-e1.7.|{\"channel\":\"log:a\",\"position\":"
                 "{\"offset\":7,\"epoch\":\"e1\"}}");
    said_like(c, "subscribed|*-e1.7.|{\"channel\":\"b\"}");
    fake_deliver(f, fake_text("log:a", "{\"x\":\n1}", 36));
    said_like(c,
              "message|*-e1.10.|{\"channel\":\"log:a\",\"event\":\"message\","
              "\"message\":{\"x\": 1},\"sender\":null,\"timestamp\":1000,"
              "\"id\":\"m1\",\"offset\":36}");
    fake_deliver(f, fake_text("b", "2", 0));
    said_like(c, "message|-|{\"channel\":\"b\",*}");
    said_nothing(c);
}

static void a_refused_channel_is_told_and_the_stream_stays(void **state)
{
    static const char *const channels[] = {"private-x", "b", NULL};
    struct fake *f = *state;
    struct conn *c = open_stream(f, channels, NULL);

    said_like(c, "fanfare-error|-|{\"type\":\"error\",\"code\":"
                 "\"unauthenticated\",*,\"channel\":\"private-x\"}");
    answer_at(f, "b", 0);
    said(c, "subscribed|-|{\"channel\":\"b\"}");
    assert_false(c->closing);
}

/* What never was a channel must not keep the others from having an id. */
static void a_bad_name_is_told_and_left_out(void **state)
{
    static const char *const channels[] = {"a\nb", "log:a", "\xff", NULL};
    struct fake *f = *state;
    struct conn *c = open_stream(f, channels, "nonsense");

    said_like(c, "fanfare-error|-|{*\"code\":\"invalid_channel\",*,"
                 "\"channel\":\"a\\nb\"}");
    said_like(c, "fanfare-error|-|{*\"code\":\"invalid_channel\",*}");
    answer_at(f, "log:a", 7);
    said_like(c, "subscribed|*-e1.7|*");
    assert_null(fake_next(f));
}

static void an_id_goes_on_where_the_stream_ended(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_stream(f, both, NULL);

    answer_at(f, "log:a", 7);
    answer_at(f, "log:b", 9);
    free(take_said(c));
    char *id = take_id(c);
    fake_gone(f, c);
    to_hub_fini(next(f, TO_HUB_DROP));
    to_hub_fini(next(f, TO_HUB_DROP));
    c = open_stream(f, both, id);
    struct to_hub *item = next(f, TO_HUB_SUBSCRIBE);
    assert_true(item->recover_asked);
    assert_int_equal(item->recover.offset, 7);
    assert_string_equal(item->recover.epoch, "e1");
    to_hub_fini(item);
    item = next(f, TO_HUB_SUBSCRIBE);
    assert_int_equal(item->recover.offset, 9);
    to_hub_fini(item);
    free(id);
}

/* Missed messages are still to come: the id must not be ahead of them. */
static void an_id_never_runs_ahead(void **state)
{
    struct fake *f = *state;
    struct conn *first = open_stream(f, both, NULL);

    answer_at(f, "log:a", 7);
    answer_at(f, "log:b", 9);
    free(take_said(first));
    char *id = take_id(first);
    struct conn *c = open_stream(f, both, id);
    answer_recovered(f, next(f, TO_HUB_SUBSCRIBE), 17, 18, 20);
    said_like(c, "subscribed|*-e1.7.9|*\"recovered\":true}");
    said_like(c, "message|*-e1.h.9|*");
    said_like(c, "message|*-e1.i.9|*");
    answer_at(f, "log:b", 12);
    said_like(c, "subscribed|*-e1.k.c|*");
    free(id);
}

static void a_message_for_others_moves_the_stream_too(void **state)
{
    static const char *const one[] = {"log:a", NULL};
    struct fake *f = *state;
    struct conn *c = open_stream(f, one, NULL);

    answer_at(f, "log:a", 1);
    free(take_said(c));
    struct ff_message m = {.channel = FF_SLICE_LIT("log:a"),
                           .recipients = FF_SLICE_LIT("7"),
                           .body = FF_SLICE_LIT("1")};
    fake_deliver(f, fake_message(&m, 2));
    said_nothing(c);
    fake_deliver(f, fake_text("log:a", "2", 3));
    said_like(c, "message|*-e1.3|*");
}

static void a_strange_id_counts_as_lost(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_stream(f, two, "nonsense");
    struct to_hub *item = next(f, TO_HUB_SUBSCRIBE);

    assert_true(item->recover_asked);
    assert_string_equal(item->recover.epoch, "0");
    struct to_worker out = fake_answer(item, TO_WORKER_SUBSCRIBED);
    out.position = fake_at("e1", 20);
    out.recovered = RECOVERED_NO;
    sessions_take(f->all, &out);
    said_like(c, "subscribed|-|*\"recovered\":false}");
    item = next(f, TO_HUB_SUBSCRIBE);
    assert_false(item->recover_asked);
    f->first--;
    answer_subscribed(f, NULL);
    said_like(c, "subscribed|*-e1.k.|{\"channel\":\"b\"}");
}

static void a_lost_channel_is_told_with_its_new_place(void **state)
{
    struct fake *f = *state;
    struct conn *ws = open_ws(f), *c = open_stream(f, both, NULL);
    struct to_worker lost = {.type = TO_WORKER_LOST,
                             .app_id = "dev",
                             .channel = ff_strdup("log:a"),
                             .position = fake_at("e2", 3)};

    answer_at(f, "log:a", 7);
    answer_at(f, "log:b", 9);
    free(take_said(c));
    free(take_said(c));
    subscribe(f, ws, "log:a");
    sessions_take(f->all, &lost);
    said(ws, "{\"action\":\"gap\",\"channel\":\"log:a\",\"recovered\":false,"
             "\"position\":{\"offset\":3,\"epoch\":\"e2\"}}");
    said_like(c, "gap|-|{\"channel\":\"log:a\",\"recovered\":false,*}");
    lost = (struct to_worker){.type = TO_WORKER_LOST,
                              .app_id = "dev",
                              .channel = ff_strdup("log:b"),
                              .position = fake_at("e2", 5)};
    sessions_take(f->all, &lost);
    said_like(c, "gap|*-e2.3.5|*");
}

static void binary_comes_as_base64(void **state)
{
    static const char *const one[] = {"b", NULL};
    struct fake *f = *state;
    struct conn *c = open_stream(f, one, NULL);
    struct ff_message m = {.channel = FF_SLICE_LIT("b"),
                           .event = FF_SLICE_LIT("photo"),
                           .binary = true,
                           .body = FF_SLICE_LIT("\0\1\2")};

    answer_at(f, "b", 0);
    free(take_said(c));
    fake_deliver(f, fake_message(&m, 0));
    said_like(c, "photo|-|{*\"message\":\"AAEC\",\"encoding\":\"base64\",*}");
}

static void a_token_that_fails_ends_the_stream(void **state)
{
    struct session_open how = {.channels = two, .token = "t"};
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_SSE, &how);

    said_nothing(c);
    answer_verified(f, NULL, FF_E_EXPIRED);
    said_nothing(c);
    assert_int_equal(c->closed_as, FF_E_EXPIRED);
    assert_null(fake_next(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(a_stream_subscribes_to_what_its_url_says),
        step(a_refused_channel_is_told_and_the_stream_stays),
        step(a_bad_name_is_told_and_left_out),
        step(an_id_goes_on_where_the_stream_ended),
        step(an_id_never_runs_ahead),
        step(a_message_for_others_moves_the_stream_too),
        step(a_strange_id_counts_as_lost),
        step(a_lost_channel_is_told_with_its_new_place),
        step(binary_comes_as_base64),
        step(a_token_that_fails_ends_the_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
