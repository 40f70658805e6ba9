/* The hub and other services: tokens, calls, revocations, questions. */

#include "hub_steps.h"

static int setup(void **state)
{
    (void)state;
    return hub_set_up("");
}

/* --- other services ------------------------------------------------------------- */

static void verify(const char *token)
{
    struct to_hub item = step(TO_HUB_VERIFY, 0, NULL, 11);

    item.text = ff_strdup(token);
    fake_say(&item);
}

static void a_token_is_verified(void **state)
{
    (void)state;
    fake.rpc_result = "{\"user_id\":\"42\",\"role\":\"user\"}";
    verify("a\"b");
    fake_run(50);
    assert_string_equal(fake.rpc_subject, "ff.rpc.auth.verify");
    assert_string_equal(fake.rpc_body,
                        "{\"app\":\"dev\",\"token\":\"a\\\"b\"}");
    struct to_worker item = fake_expect(0, TO_WORKER_VERIFIED);
    assert_int_equal(item.err, FF_OK);
    assert_string_equal(item.identity->user_id, "42");
    to_worker_fini(&item);
}

static void a_refused_token_is_not_tried_again(void **state)
{
    (void)state;
    fake.rpc_err = FF_E_EXPIRED;
    verify("t");
    fake_run(50);
    told_answer(0, TO_WORKER_VERIFIED, FF_E_EXPIRED);
    assert_int_equal(fake.rpc_calls, 1);
}

static void an_auth_that_is_away_is_tried_twice(void **state)
{
    (void)state;
    fake.rpc_err = FF_E_TIMEOUT;
    verify("t");
    fake_run(5000);
    told_answer(0, TO_WORKER_VERIFIED, FF_E_TIMEOUT);
    assert_int_equal(fake.rpc_calls, 2);
}

static void a_call_gives_the_answer_as_it_came(void **state)
{
    struct to_hub item = step(TO_HUB_CALL, 1, "doc:1", 11);

    (void)state;
    fake.rpc_result = "{\"version\":3}";
    item.verb = "join";
    item.text = ff_strdup("{}");
    fake_say(&item);
    fake_run(50);
    assert_string_equal(fake.rpc_subject, "ff.rpc.documents.join");
    struct to_worker told = fake_expect(1, TO_WORKER_CALLED);
    assert_string_equal(told.verb, "join");
    assert_string_equal(told.channel, "doc:1");
    assert_string_equal(told.text, "{\"version\":3}");
    to_worker_fini(&told);
}

static void a_revocation_is_told_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        fake_revoke("u-1",
                    "{\"app\":\"dev\",\"user_id\":\"42\",\"before\":100}");
    fake_revoke("t-1", "{\"app\":\"dev\",\"token_id\":\"tok\"}");
    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        struct to_worker item = fake_expect(w, TO_WORKER_REVOKED);
        assert_string_equal(item.user, "42");
        assert_int_equal(item.before_s, 100);
        to_worker_fini(&item);
        item = fake_expect(w, TO_WORKER_REVOKED);
        assert_string_equal(item.token_id, "tok");
        to_worker_fini(&item);
        fake_expect_nothing(w);
    }
}

/* Auth said yes just before it heard of the revocation. */
static void a_revoked_token_is_not_let_in(void **state)
{
    (void)state;
    fake_revoke("u-1", "{\"app\":\"dev\",\"user_id\":\"42\",\"before\":100}");
    fake_skip_mail();
    fake.rpc_result = "{\"user_id\":\"42\",\"issued_at\":100}";
    verify("old");
    fake_run(50);
    told_answer(0, TO_WORKER_VERIFIED, FF_E_REVOKED);
    fake.rpc_result = "{\"user_id\":\"42\",\"issued_at\":101}";
    verify("new");
    fake_run(50);
    told_answer(0, TO_WORKER_VERIFIED, FF_OK);
}

/* --- questions ------------------------------------------------------------------ */

static void answer(unsigned worker, const char *text)
{
    struct to_worker asked = fake_expect(worker, TO_WORKER_QUERY);
    struct to_hub item = {.type = TO_HUB_ANSWER,
                          .worker = worker,
                          .query = query_ref(asked.query),
                          .text = ff_strdup(text)};

    to_worker_fini(&asked);
    assert_int_equal(handoff_to_hub(fake.handoff, &item), FF_OK);
    fake_run(0);
}

static void the_workers_connections_are_added_up(void **state)
{
    (void)state;
    fake_ask("connections", "{\"app\":\"dev\",\"limit\":2}");
    answer(0, "{\"count\":2,\"connections\":[{\"id\":\"a\"},{\"id\":\"b\"}]}");
    assert_string_equal(fake.replied, "");
    answer(1, "{\"count\":1,\"connections\":[{\"id\":\"c\"}]}");
    assert_string_equal(
        fake.replied,
        "{\"connections\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"count\":3}");
}

static void one_channel_of_two_workers_is_one(void **state)
{
    const char *part = "{\"channels\":[{\"name\":\"x\",\"subscriptions\":2}]}";

    (void)state;
    fake_ask("channels", "{\"app\":\"dev\",\"limit\":10}");
    answer(0, part);
    answer(1, part);
    assert_string_equal(fake.replied,
                        "{\"channels\":[{\"name\":\"x\",\"subscriptions\":4}],"
                        "\"count\":1}");
}

static void a_worker_that_is_late_is_not_waited_for(void **state)
{
    (void)state;
    fake_ask("disconnect", "{\"app\":\"dev\",\"user_id\":\"42\"}");
    answer(0, "{\"count\":1}");
    struct to_worker late = fake_expect(1, TO_WORKER_QUERY);
    fake_run(2000);
    assert_string_equal(fake.replied, "{\"count\":1}");
    struct to_hub item = {.type = TO_HUB_ANSWER,
                          .worker = 1,
                          .query = query_ref(late.query),
                          .text = ff_strdup("{\"count\":1}")};
    assert_int_equal(handoff_to_hub(fake.handoff, &item), FF_OK);
    fake_run(0);
    to_worker_fini(&late);
}

static void a_disconnect_names_somebody(void **state)
{
    (void)state;
    fake_ask("disconnect", "{\"app\":\"dev\"}");
    assert_int_equal(fake.failed, FF_E_MISSING);
    fake_expect_nothing(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_verified),
        TEST(a_refused_token_is_not_tried_again),
        TEST(an_auth_that_is_away_is_tried_twice),
        TEST(a_call_gives_the_answer_as_it_came),
        TEST(a_revocation_is_told_once),
        TEST(a_revoked_token_is_not_let_in),
        TEST(the_workers_connections_are_added_up),
        TEST(one_channel_of_two_workers_is_one),
        TEST(a_worker_that_is_late_is_not_waited_for),
        TEST(a_disconnect_names_somebody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
