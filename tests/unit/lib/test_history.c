/* The history stream against a real JetStream: making it, storing. */
#include "history_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the stream ------------------------------------------------------------ */

static void without_a_stream_nothing_is_stored(void **state)
{
    struct bus_test *t = *state;
    struct history_result r = {0};
    struct ff_message message = {.app = FF_SLICE_LIT("dev"),
                                 .channel = FF_SLICE_LIT("a"),
                                 .id = FF_SLICE_LIT("x")};
    assert_int_equal(history_epoch(t).err, FF_E_NOT_FOUND);
    ff_history_store(t->bus, &message, NULL, UINT64_MAX, 100, 3,
                     history_on_stored, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_E_UNAVAILABLE);
    r = history_read(t, &(struct ff_history_query){
                            .channel = "a", .limit = 10, .newest = true});
    assert_int_equal(r.err, FF_E_UNAVAILABLE);
    ff_buf_fini(&r.text);
}

struct fake_stream {
    struct bus_test *t;
    int asked;
};

static void answer_as_in_flight(void *ctx, struct ff_bus_msg *msg)
{
    struct fake_stream *stream = ctx;
    const char *known = "{\"stream\":\"S\",\"seq\":0,\"duplicate\":true}";
    const char *stored = "{\"stream\":\"S\",\"seq\":7}";
    struct ff_bus_out out = {
        .body = ff_slice_str(++stream->asked == 3 ? stored : known)};
    assert_int_equal(ff_bus_reply(stream->t->bus, msg, &out), FF_OK);
}

/* As nats-server 2.10 and later do while a message of this key is not stored yet. */
static void known_but_not_stored_is_not_acknowledged(void **state)
{
    struct bus_test *t = *state;
    struct history_result r = {0};
    struct fake_stream stream = {t, 0};
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "ff.in.>", NULL, answer_as_in_flight, &stream);
    history_begin_store(t, "flight", "a", "k", UINT64_MAX, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_OK);
    assert_int_equal(r.offset, 7);
    assert_false(r.duplicate);
    assert_int_equal(stream.asked, 3);
    ff_bus_unsubscribe(&sub);
}

static void the_stream_is_made_and_changed(void **state)
{
    struct bus_test *t = *state;
    struct ff_history_config other = history_config;
    assert_int_equal(history_ensure(t, &history_config), FF_OK);
    assert_int_equal(history_ensure(t, &history_config), FF_OK);
    struct history_result before = history_epoch(t);
    assert_int_equal(before.err, FF_OK);
    assert_true(strlen(before.epoch) >= 10);
    other.max_age_s = 60; /* shorter than the window for duplicates */
    assert_int_equal(history_ensure(t, &other), FF_OK);
    other.storage = "memory";
    assert_int_equal(history_ensure(t, &other), FF_E_CONFIG);
    assert_int_equal(history_ensure(t, &history_config), FF_OK);
    assert_string_equal(history_epoch(t).epoch, before.epoch);
}

static void keep_state(void *ctx, ff_err err,
                       const struct ff_history_state *state)
{
    assert_int_equal(err, FF_OK);
    *(struct ff_history_state *)ctx = *state;
}

static void its_state_tells_where_it_begins_and_ends(void **state)
{
    struct bus_test *t = *state;
    struct ff_history_state now = {0};
    uint64_t last = history_stored(t, "state.1", "a");
    ff_history_ask_state(t->bus, 5000, keep_state, &now);
    wait_for(t, now.last > 0);
    assert_int_equal(now.last, last);
    assert_true(now.first >= 1 && now.first <= last);
    assert_int_equal(now.per_channel, history_config.max_per_channel);
    assert_string_equal(now.epoch, history_epoch(t).epoch);
}

static void keep_live(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_buf *b = ctx;
    struct ff_message_names names;
    struct ff_message m;
    assert_int_equal(ff_message_read(msg, &names, &m), FF_OK);
    ff_buf_addf(b, "%llu<%llu;", (unsigned long long)m.previous,
                (unsigned long long)m.offset);
}

static void what_is_stored_is_live_with_its_offset(void **state)
{
    struct bus_test *t = *state;
    struct ff_buf live = {0}, want = {0};
    struct ff_subject_text subject;
    assert_int_equal(ff_subject_build(&subject, FF_SUBJ_LIVE, "dev", "live.1"),
                     FF_OK);
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, subject.text, NULL, keep_live, &live);
    uint64_t a = history_stored(t, "live.1", "a");
    history_stored(t, "other", "x");
    uint64_t b = history_stored(t, "live.1", "b");
    assert_true(b > a + 1);
    ff_buf_addf(&want, "0<%llu;%llu<%llu;", (unsigned long long)a,
                (unsigned long long)a, (unsigned long long)b);
    wait_for(t, live.len == want.len);
    assert_string_equal(live.data, want.data);
    ff_bus_unsubscribe(&sub);
    ff_buf_fini(&live);
    ff_buf_fini(&want);
}

static void a_known_key_is_not_stored_again(void **state)
{
    struct bus_test *t = *state;
    struct history_result first =
        history_store(t, "keys", "a", "k1", UINT64_MAX);
    struct history_result again =
        history_store(t, "keys", "b", "k1", UINT64_MAX);
    struct history_result other =
        history_store(t, "keys2", "c", "k1", UINT64_MAX);
    assert_int_equal(first.err + again.err + other.err, FF_OK);
    assert_false(first.duplicate);
    assert_true(again.duplicate);
    assert_int_equal(again.offset, first.offset);
    assert_false(other.duplicate);
}

static void an_expected_offset_must_hold(void **state)
{
    struct bus_test *t = *state;
    struct history_result first = history_store(t, "cas", "a", "x1", 0);
    assert_int_equal(first.err, FF_OK);
    assert_int_equal(history_store(t, "cas", "b", NULL, 0).err, FF_E_CONFLICT);
    struct history_result second =
        history_store(t, "cas", "b", "x2", first.offset);
    assert_int_equal(second.err, FF_OK);
    assert_int_equal(history_store(t, "cas", "c", NULL, first.offset).err,
                     FF_E_CONFLICT);
    /* Tried again after its acknowledgement was lost. */
    struct history_result again =
        history_store(t, "cas", "b", "x2", first.offset);
    assert_int_equal(again.err, FF_OK);
    assert_true(again.duplicate);
    assert_int_equal(again.offset, second.offset);
}

static void on_last(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct history_result *r = ctx;
    r->calls++;
    r->err = err;
    if (msg != NULL)
        history_add_message(&r->text, msg);
}

static void the_last_message_is_found(void **state)
{
    struct bus_test *t = *state;
    struct history_result r = {0}, none = {0};
    char want[64];
    history_stored(t, "last", "a");
    snprintf(want, sizeof(want), "%llu=b;",
             (unsigned long long)history_stored(t, "last", "b"));
    ff_history_last(t->bus, "dev", "last", on_last, &r);
    ff_history_last(t->bus, "dev", "never", on_last, &none);
    wait_for(t, r.calls == 1 && none.calls == 1);
    assert_string_equal(r.text.data, want);
    assert_int_equal(none.err, FF_E_NOT_FOUND);
    ff_buf_fini(&r.text);
}

/* --- when the server dies -------------------------------------------------- */

static void a_store_outlives_the_server(void **state)
{
    struct bus_test *t = *state;
    enum { COUNT = 300 };
    static struct history_result results[COUNT];
    struct ff_history_query q = {.channel = "crash", .limit = 1000};
    char *last = NULL;
    size_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        char body[16];
        snprintf(body, sizeof(body), "%d", i);
        history_begin_store(t, "crash", body, NULL, UINT64_MAX, &results[i]);
        if (i == COUNT / 2)
            nats_server_kill(&t->server);
    }
    wait_for(t, !ff_bus_connected(t->bus));
    nats_server_start(&t->server);
    for (int i = 0; i < COUNT; i++) {
        wait_for(t, results[i].calls == 1);
        assert_int_equal(results[i].err, FF_OK);
    }
    struct history_result r = history_read(t, &q);
    assert_int_equal(r.err, FF_OK);
    for (last = r.text.data; *last != '\0'; at++)
        last = strchr(last, ';') + 1;
    assert_int_equal(at, COUNT); /* each of them once */
    ff_buf_fini(&r.text);
}

static void the_end_of_the_bus_ends_all(void **state)
{
    struct bus_test *t = *state;
    static struct history_result reads[50];
    struct history_result paused = {0}, waiting = {0};
    struct ff_history_query q = {.app = "dev",
                                 .channel = "model",
                                 .limit = 500,
                                 .max_bytes = 1 << 20,
                                 .timeout_ms = WAIT_MS};
    struct ff_bus *bus = t->bus;
    for (int i = 0; i < 50; i++)
        ff_history_read(bus, &q, history_on_page, &reads[i]);
    history_begin_store(t, "model", "x", NULL, UINT64_MAX, &waiting);
    nats_server_kill(&t->server);
    wait_for(t, !ff_bus_connected(bus));
    history_begin_store(t, "model", "x", NULL, UINT64_MAX, &paused);
    ff_loop_step(t->loop, 0);
    ff_bus_free(&t->bus);
    assert_int_equal(paused.calls, 1);
    assert_int_equal(paused.err, FF_E_CLOSED);
    assert_int_equal(waiting.calls, 1);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(reads[i].calls, 1);
        ff_buf_fini(&reads[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_stream_nothing_is_stored),
        cmocka_unit_test(known_but_not_stored_is_not_acknowledged),
        cmocka_unit_test(the_stream_is_made_and_changed),
        cmocka_unit_test(its_state_tells_where_it_begins_and_ends),
        cmocka_unit_test(what_is_stored_is_live_with_its_offset),
        cmocka_unit_test(a_known_key_is_not_stored_again),
        cmocka_unit_test(an_expected_offset_must_hold),
        cmocka_unit_test(the_last_message_is_found),
        cmocka_unit_test(a_store_outlives_the_server),
        cmocka_unit_test(the_end_of_the_bus_ends_all),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
