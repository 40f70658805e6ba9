/* Tokens: at the handshake, later, until they end. */

#include "session_steps.h"

static const struct session_open with_token = {.token = "t"};

static void actions_wait_for_the_token(void **state)
{
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &with_token);

    send_text(c, "{\"action\":\"ping\",\"ref\":1}");
    send_text(c, "{\"action\":\"subscribe\",\"data\":{\"channel\":\"users:a\"},"
                 "\"ref\":2}");
    said_nothing(c);
    answer_verified(f, identity("42", "admin"), FF_OK);
    said_like(c, "{\"action\":\"welcome\",\"connection_id\":\"c0\","
                 "\"user_id\":\"42\",\"role\":\"admin\",*}");
    said(c, "{\"action\":\"pong\",\"ref\":1}");
    answer_subscribed(f, NULL);
    said_like(c, "{\"action\":\"subscribed\",*\"ref\":2}");
}

static void a_bad_token_at_the_handshake_closes(void **state)
{
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &with_token);

    send_text(c, "{\"action\":\"ping\",\"ref\":1}");
    answer_verified(f, NULL, FF_E_UNAUTHENTICATED);
    said_like(c, "{*\"code\":\"unauthenticated\",*}");
    said_nothing(c);
    assert_int_equal(c->closed_as, FF_E_UNAUTHENTICATED);
}

static void an_expired_token_at_the_handshake_has_its_own_code(void **state)
{
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &with_token);

    answer_verified(f, NULL, FF_E_EXPIRED);
    said_like(c, "{*\"code\":\"token_expired\",*}");
    assert_int_equal(c->closed_as, FF_E_EXPIRED);
}

/* Who cannot be told from an impostor now is sent away to come back. */
static void auth_away_at_the_handshake_closes_for_another_try(void **state)
{
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &with_token);

    answer_verified(f, NULL, FF_E_UNAVAILABLE);
    said_like(c, "{*\"code\":\"unavailable\",*}");
    assert_int_equal(c->closed_as, FF_E_SHUTDOWN);
}

static void an_unknown_app_is_refused(void **state)
{
    struct session_open how = {.app = "other"};
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &how);

    said_like(c, "{*\"code\":\"unavailable\",*}");
    assert_true(c->closing);
    send_text(c, "{\"action\":\"ping\"}");
    said_nothing(c);
}

static void auth_in_band(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_ws(f);

    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"x\"},\"ref\":1}");
    send_text(c, "{\"action\":\"ping\",\"ref\":2}");
    said_nothing(c);
    answer_verified(f, identity("42", "user"), FF_OK);
    said(c, "{\"action\":\"authenticated\",\"user_id\":\"42\","
            "\"role\":\"user\",\"ref\":1}");
    said(c, "{\"action\":\"pong\",\"ref\":2}");
    send_text(c, "{\"action\":\"message\",\"data\":{\"channel\":\"a\","
                 "\"message\":1}}");
    struct to_hub *item = next(f, TO_HUB_PUBLISH);
    assert_string_equal(item->sender, "42");
    to_hub_fini(item);
}

static void auth_in_band_that_fails_changes_nothing(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user");

    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"x\"},\"ref\":1}");
    answer_verified(f, NULL, FF_E_TIMEOUT);
    said_like(c, "{*\"code\":\"timeout\",*,\"ref\":1}");
    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"x\"},\"ref\":2}");
    answer_verified(f, NULL, FF_E_UNAUTHENTICATED);
    said_like(c, "{*\"code\":\"unauthenticated\",*,\"ref\":2}");
    assert_false(c->closing);
    subscribe(f, c, "users:a");
}

static void another_user_is_refused(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_as(f, "42", "user");

    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"x\"},\"ref\":1}");
    answer_verified(f, identity("7", "admin"), FF_OK);
    said_like(c, "{*\"code\":\"forbidden\",*,\"ref\":1}");
    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"x\"},\"ref\":2}");
    answer_verified(f, identity("42", "admin"), FF_OK);
    said_like(c, "{\"action\":\"authenticated\",*\"role\":\"admin\",*}");
}

/* Its connection, welcomed, with a token that ends then. */
static struct conn *open_until(struct fake *f, int64_t expires_at_s)
{
    struct conn *c = fake_open(f, CONN_WS, &with_token);
    struct ff_identity *who = identity("42", "user");

    who->expires_at_s = expires_at_s;
    answer_verified(f, who, FF_OK);
    free(take_said(c));
    return c;
}

static void a_token_ends_at_its_time(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_until(f, 1000), *later = open_until(f, 2000);

    sessions_tick(f->all, 999999);
    assert_false(c->closing);
    sessions_tick(f->all, 1000000);
    said_like(c, "{*\"code\":\"token_expired\",*}");
    assert_int_equal(c->closed_as, FF_E_EXPIRED);
    assert_false(later->closing);
    fake_gone(f, later);
    sessions_tick(f->all, 3000000);
}

static void a_fresh_token_keeps_the_connection(void **state)
{
    struct fake *f = *state;
    struct conn *c = open_until(f, 1000);
    struct ff_identity *who = identity("42", "user");

    send_text(c, "{\"action\":\"auth\",\"data\":{\"token\":\"x\"},\"ref\":1}");
    who->expires_at_s = 2000;
    answer_verified(f, who, FF_OK);
    said_like(c, "{\"action\":\"authenticated\",*}");
    sessions_tick(f->all, 1000000);
    assert_false(c->closing);
    sessions_tick(f->all, 2000000);
    assert_int_equal(c->closed_as, FF_E_EXPIRED);
}

static void revoke(struct fake *f, const char *app, const char *user,
                   const char *token_id, int64_t before_s)
{
    struct to_worker item = {.type = TO_WORKER_REVOKED,
                             .user = ff_strdup(user),
                             .token_id = ff_strdup(token_id),
                             .before_s = before_s};

    snprintf(item.app_id, sizeof(item.app_id), "%s", app);
    sessions_take(f->all, &item);
}

static struct conn *open_issued(struct fake *f, const char *token_id,
                                int64_t issued_at_s)
{
    struct conn *c = fake_open(f, CONN_WS, &with_token);
    struct ff_identity *who = identity("42", "user");

    who->token_id = ff_strdup(token_id);
    who->issued_at_s = issued_at_s;
    answer_verified(f, who, FF_OK);
    free(take_said(c));
    return c;
}

static void a_users_tokens_are_revoked_up_to_a_second(void **state)
{
    struct fake *f = *state;
    struct conn *old = open_issued(f, "t1", 100),
                *young = open_issued(f, "t2", 101), *nobody = open_ws(f);

    revoke(f, "other", "42", NULL, 100);
    revoke(f, "dev", "7", NULL, 100);
    assert_false(old->closing);
    revoke(f, "dev", "42", NULL, 100);
    said_like(old, "{*\"code\":\"token_revoked\",*}");
    assert_int_equal(old->closed_as, FF_E_REVOKED);
    assert_false(young->closing);
    assert_false(nobody->closing);
}

static void one_token_is_revoked(void **state)
{
    struct fake *f = *state;
    struct conn *one = open_issued(f, "t1", 100),
                *two = open_issued(f, "t2", 100),
                *none = open_as(f, "8", "user");

    revoke(f, "dev", NULL, "t2", 0);
    assert_false(one->closing);
    assert_false(none->closing);
    assert_int_equal(two->closed_as, FF_E_REVOKED);
}

static void the_answer_to_one_who_left_is_nobodys(void **state)
{
    struct fake *f = *state;
    struct conn *c = fake_open(f, CONN_WS, &with_token);

    fake_gone(f, c);
    answer_verified(f, identity("42", "user"), FF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(actions_wait_for_the_token),
        step(a_bad_token_at_the_handshake_closes),
        step(an_expired_token_at_the_handshake_has_its_own_code),
        step(auth_away_at_the_handshake_closes_for_another_try),
        step(an_unknown_app_is_refused),
        step(auth_in_band),
        step(auth_in_band_that_fails_changes_nothing),
        step(another_user_is_refused),
        step(a_token_ends_at_its_time),
        step(a_fresh_token_keeps_the_connection),
        step(a_users_tokens_are_revoked_up_to_a_second),
        step(one_token_is_revoked),
        step(the_answer_to_one_who_left_is_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
