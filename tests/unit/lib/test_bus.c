/* The bus against a real nats-server: publish, subscribe, order, requests. */
#include "bus_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ff_bus_out text_out(const char *subject, const char *body)
{
    return (struct ff_bus_out){.subject = subject, .body = ff_slice_str(body)};
}

static void publish(struct bus_test *t, const char *subject, const char *body)
{
    struct ff_bus_out out = text_out(subject, body);
    assert_int_equal(ff_bus_publish(t->bus, &out), FF_OK);
}

/* Everything that comes, as "subject=body;". */
static void collect(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_buf *b = ctx;
    ff_buf_addslice(b, ff_bus_msg_subject(msg));
    ff_buf_addc(b, '=');
    ff_buf_addslice(b, ff_bus_msg_body(msg));
    ff_buf_addc(b, ';');
}

struct result {
    int calls;
    ff_err err;
    struct ff_buf text;
};

static void on_barrier(void *ctx, ff_err err)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
}

static void barrier(struct bus_test *t)
{
    struct result r = {0};
    ff_bus_barrier(t->bus, WAIT_MS, on_barrier, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_OK);
}

static void on_reply(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    if (msg != NULL)
        ff_buf_addslice(&r->text, ff_bus_msg_body(msg));
    ff_buf_addc(&r->text, '|');
}

static void messages_come_in_order_over_subscriptions(void **state)
{
    struct bus_test *t = *state;
    struct ff_buf got = {0}, want = {0};
    struct ff_bus_sub *a = ff_bus_subscribe(t->bus, "t.a", NULL, collect, &got);
    struct ff_bus_sub *b = ff_bus_subscribe(t->bus, "t.b", NULL, collect, &got);
    for (int i = 0; i < 2000; i++) {
        char body[16];
        const char *subject = i % 3 == 0 ? "t.a" : "t.b";
        snprintf(body, sizeof(body), "%d", i);
        publish(t, subject, body);
        ff_buf_addf(&want, "%s=%s;", subject, body);
    }
    barrier(t);
    assert_string_equal(got.data, want.data);
    ff_bus_unsubscribe(&a);
    ff_bus_unsubscribe(&b);
    assert_null(a);
    ff_buf_fini(&got);
    ff_buf_fini(&want);
}

static void keep_message(void *ctx, struct ff_bus_msg *msg)
{
    struct ff_bus_msg **kept = ctx;
    ff_bus_msg_unref(kept);
    *kept = ff_bus_msg_ref(msg);
}

static void check_headers(const struct ff_bus_msg *msg)
{
    assert_true(ff_slice_is(ff_bus_msg_header(msg, "Ff-Id"), "id 1"));
    assert_true(ff_slice_is(ff_bus_msg_header(msg, "Ff-Event"), "é:x"));
    assert_int_equal(ff_bus_msg_header(msg, "Ff-Time").len, 0);
    assert_true(ff_slice_is(ff_bus_msg_subject(msg), "t.h"));
    assert_true(ff_slice_is(ff_bus_msg_body(msg), "body"));
    assert_false(ff_bus_msg_wants_reply(msg));
}

static void headers_travel(void **state)
{
    struct bus_test *t = *state;
    struct ff_bus_msg *kept = NULL;
    struct ff_bus_header headers[] = {{"Ff-Id", FF_SLICE_LIT("id 1")},
                                      {"Ff-Event", FF_SLICE_LIT("é:x")}};
    struct ff_bus_out out = text_out("t.h", "body");
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.h", NULL, keep_message, &kept);
    out.headers = headers;
    out.header_count = 2;
    assert_int_equal(ff_bus_publish(t->bus, &out), FF_OK);
    wait_for(t, kept != NULL);
    check_headers(kept);
    ff_bus_msg_unref(&kept);
    kept = ff_bus_msg_new(&out);
    check_headers(kept);
    ff_bus_msg_unref(&kept);
    ff_bus_unsubscribe(&sub);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    struct bus_test *t = *state;
    static const char *const values[] = {"", "a\nb", "a\rb"};
    for (size_t i = 0; i < 3; i++) {
        struct ff_bus_header h = {"Ff-Id", ff_slice_str(values[i])};
        struct ff_bus_out out = text_out("t.x", "");
        out.headers = &h;
        out.header_count = 1;
        assert_int_equal(ff_bus_publish(t->bus, &out), FF_E_INVALID);
    }
    static const char *const subjects[] = {"", "a b", "a\r\nPUB b 0\r\n"};
    for (size_t i = 0; i < 3; i++) {
        struct ff_bus_out out = text_out(subjects[i], "");
        assert_int_equal(ff_bus_publish(t->bus, &out), FF_E_INVALID);
    }
    char *big = ff_zalloc(1024 * 1024 + 1);
    struct ff_bus_out out = {.subject = "t.x", .body = {big, 1024 * 1024 + 1}};
    assert_int_equal(ff_bus_publish(t->bus, &out), FF_E_TOO_BIG);
    out.body.len--;
    assert_int_equal(ff_bus_publish(t->bus, &out), FF_OK);
    free(big);
    barrier(t);
    assert_int_equal(t->downs, 0);
}

static void no_message_comes_after_unsubscribe(void **state)
{
    struct bus_test *t = *state;
    struct ff_buf old = {0}, new = {0};
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.u", NULL, collect, &old);
    barrier(t);
    publish(t, "t.u", "1");
    ff_bus_unsubscribe(&sub);
    /* The slot is used again at once, while message 1 is on its way. */
    sub = ff_bus_subscribe(t->bus, "t.u", NULL, collect, &new);
    publish(t, "t.u", "2");
    barrier(t);
    assert_int_equal(old.len, 0);
    assert_string_equal(new.data, "t.u=2;");
    ff_bus_unsubscribe(&sub);
    ff_buf_fini(&new);
}

static void echo_back(void *ctx, struct ff_bus_msg *msg)
{
    struct bus_test *t = ctx;
    struct ff_bus_out out = {.body = ff_bus_msg_body(msg)};
    assert_true(ff_bus_msg_wants_reply(msg));
    assert_int_equal(ff_bus_reply(t->bus, msg, &out), FF_OK);
}

static void requests_are_answered(void **state)
{
    struct bus_test *t = *state;
    struct result r = {0};
    struct ff_bus_out out = text_out("t.echo", "hello");
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.echo", "q", echo_back, t);
    ff_bus_request(t->bus, &out, WAIT_MS, on_reply, &r);
    assert_int_equal(r.calls, 0);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_OK);
    assert_string_equal(r.text.data, "hello|");
    ff_bus_unsubscribe(&sub);
    ff_buf_fini(&r.text);
}

static void swallow(void *ctx, struct ff_bus_msg *msg)
{
    (void)msg;
    ++*(int *)ctx;
}

static void requests_end_without_an_answer(void **state)
{
    struct bus_test *t = *state;
    struct result nobody = {0}, silent = {0}, cancelled = {0}, bad = {0};
    int swallowed = 0;
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.silent", NULL, swallow, &swallowed);
    struct ff_bus_out to_nobody = text_out("t.nobody", "");
    struct ff_bus_out to_silent = text_out("t.silent", "");
    struct ff_bus_out wrong = text_out("t nobody", "");
    ff_bus_request(t->bus, &to_nobody, WAIT_MS, on_reply, &nobody);
    ff_bus_request(t->bus, &to_silent, 50, on_reply, &silent);
    ff_bus_request(t->bus, &wrong, WAIT_MS, on_reply, &bad);
    struct ff_bus_request *request =
        ff_bus_request(t->bus, &to_nobody, WAIT_MS, on_reply, &cancelled);
    ff_bus_request_cancel(&request);
    assert_null(request);
    wait_for(t, nobody.calls == 1 && silent.calls == 1 && bad.calls == 1);
    assert_int_equal(nobody.err, FF_E_UNAVAILABLE);
    assert_int_equal(silent.err, FF_E_TIMEOUT);
    assert_int_equal(bad.err, FF_E_INVALID);
    assert_int_equal(swallowed, 1);
    barrier(t);
    assert_int_equal(cancelled.calls, 0);
    ff_bus_unsubscribe(&sub);
    ff_buf_fini(&nobody.text);
    ff_buf_fini(&silent.text);
    ff_buf_fini(&bad.text);
}

static void gather_takes_all_answers(void **state)
{
    struct bus_test *t = *state;
    struct result all = {0}, two = {0}, none = {0};
    struct ff_bus_sub *subs[3];
    struct ff_bus_out out = text_out("t.many", "x");
    struct ff_bus_out nobody = text_out("t.nobody", "x");
    for (int i = 0; i < 3; i++)
        subs[i] = ff_bus_subscribe(t->bus, "t.many", NULL, echo_back, t);
    ff_bus_gather(t->bus, &out, 200, 0, on_reply, &all);
    ff_bus_gather(t->bus, &out, WAIT_MS, 2, on_reply, &two);
    ff_bus_gather(t->bus, &nobody, WAIT_MS, 0, on_reply, &none);
    wait_for(t, all.calls == 4 && two.calls == 3 && none.calls == 1);
    assert_string_equal(all.text.data, "x|x|x||");
    assert_string_equal(two.text.data, "x|x||");
    assert_int_equal(all.err + two.err + none.err, FF_OK);
    for (int i = 0; i < 3; i++)
        ff_bus_unsubscribe(&subs[i]);
    ff_buf_fini(&all.text);
    ff_buf_fini(&two.text);
    ff_buf_fini(&none.text);
}

static void free_sends_what_was_published(void **state)
{
    struct bus_test *t = *state;
    struct ff_bus *other = bus_test_new_bus(t, NULL, NULL);
    struct result r = {0};
    int got = 0;
    struct ff_bus_sub *sub =
        ff_bus_subscribe(t->bus, "t.last", NULL, swallow, &got);
    barrier(t);
    wait_for(t, ff_bus_connected(other));
    struct ff_bus_out out = text_out("t.last", "x");
    for (int i = 0; i < 5000; i++)
        assert_int_equal(ff_bus_publish(other, &out), FF_OK);
    ff_bus_request(other, &out, WAIT_MS, on_reply, &r);
    ff_bus_free(&other);
    assert_null(other);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.err, FF_E_CLOSED);
    barrier(t);
    assert_int_equal(got, 5001);
    ff_bus_unsubscribe(&sub);
    ff_buf_fini(&r.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_order_over_subscriptions),
        cmocka_unit_test(headers_travel),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(no_message_comes_after_unsubscribe),
        cmocka_unit_test(requests_are_answered),
        cmocka_unit_test(requests_end_without_an_answer),
        cmocka_unit_test(gather_takes_all_answers),
        cmocka_unit_test(free_sends_what_was_published),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
