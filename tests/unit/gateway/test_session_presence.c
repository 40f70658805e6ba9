/* Presence as a client sees it: who is told to be here, lists, changes, one's own status. */

#include "session_steps.h"

/* What the hub heard since the last time. */
static void heard(struct fake *f, const char *wanted)
{
    fake_drain(f);
    assert_string_equal(f->members.data != NULL ? f->members.data : "", wanted);
    ff_buf_clear(&f->members);
    ff_buf_adds(&f->members, "");
}

static struct news *some_news(void)
{
    struct news *news = news_new("room:1", 3);

    news_add_joined(news, "ann", FF_SLICE_LIT("{\"user_id\":\"ann\"}"));
    news_add_joined(news, "cy", FF_SLICE_LIT("{\"user_id\":\"cy\"}"));
    news_add_left(news, "bob");
    return news;
}

/* Takes the reference. */
static void give_news(struct fake *f, struct news *news)
{
    struct to_worker item = {.type = TO_WORKER_PRESENCE,
                             .app_id = "dev",
                             .channel = ff_strdup("room:1"),
                             .news = news};

    sessions_take(f->all, &item);
}

/* --- who is here -------------------------------------------------------------- */

static void members_come_and_go(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    heard(f, "+#user-ann/ann;");
    subscribe(f, ann, "room:1");
    heard(f, "+room:1/ann;");
    subscribe(f, ann, "plain");
    heard(f, "");
    send_text(ann, "{\"action\":\"unsubscribe\","
                   "\"data\":{\"channel\":\"room:1\"}}");
    heard(f, "-room:1/ann;");
    to_hub_fini(next(f, TO_HUB_DROP));
    said_like(ann, "{\"action\":\"unsubscribed\",*");
    subscribe(f, ann, "room:2");
    fake_gone(f, ann);
    heard(f, "+room:2/ann;-room:2/ann;-#user-ann/ann;");
}

static void name_and_info(void **state)
{
    struct fake *f = *state;
    struct session_open how = {.token = "t"};
    struct conn *conn = fake_open(f, CONN_WS, &how);
    struct ff_identity *who = identity("ann", "user");

    who->name = ff_strdup("Ann \"A\"");
    who->info = json_pack("{s:i}", "age", 3);
    answer_verified(f, who, FF_OK);
    heard(f, "+#user-ann/ann,\"name\":\"Ann \\\"A\\\"\",\"info\":{\"age\":3};");
    free(take_said(conn));
    ask_to_subscribe(conn, "room:1");
    struct to_hub *item = next(f, TO_HUB_SUBSCRIBE);
    assert_string_equal(item->user, "ann");
    assert_string_equal(item->text,
                        ",\"name\":\"Ann \\\"A\\\"\",\"info\":{\"age\":3}");
    to_hub_fini(item);
}

static void anonymous_is_no_member(void **state)
{
    struct fake *f = *state;
    struct conn *conn = open_ws(f);

    subscribe(f, conn, "room:1");
    fake_gone(f, conn);
    heard(f, "");
}

static void login_makes_a_member(void **state)
{
    struct fake *f = *state;
    struct conn *conn = open_ws(f);

    subscribe(f, conn, "room:1");
    send_text(conn, "{\"action\":\"auth\",\"data\":{\"token\":\"t\"}}");
    answer_verified(f, identity("ann", "user"), FF_OK);
    heard(f, "+#user-ann/ann;+room:1/ann;");
    send_text(conn, "{\"action\":\"auth\",\"data\":{\"token\":\"t2\"}}");
    answer_verified(f, identity("ann", "user"), FF_OK);
    heard(f, "");
    fake_gone(f, conn);
    heard(f, "-room:1/ann;-#user-ann/ann;");
}

static void refused_is_no_member(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    heard(f, "+#user-ann/ann;");
    ask_to_subscribe(ann, "room:1");
    struct to_worker out =
        fake_answer(next(f, TO_HUB_SUBSCRIBE), TO_WORKER_SUBSCRIBED);
    out.err = FF_E_BUSY;
    sessions_take(f->all, &out);
    heard(f, "");
}

static void an_option_that_changes(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    subscribe(f, ann, "x:1");
    heard(f, "+#user-ann/ann;");
    fake_take_app(f, "{\"id\":\"dev\",\"name\":\"Dev\",\"enabled\":true,"
                     "\"namespaces\":{\"x\":{\"presence\":true}}}");
    heard(f, "+x:1/ann;");
    fake_take_app(f, FAKE_APP);
    heard(f, "-x:1/ann;");
}

static void ids_too_long_for_a_channel(void **state)
{
    struct fake *f = *state;
    char id[201];

    memset(id, 'x', 200);
    id[200] = '\0';
    struct conn *conn = open_as(f, id, "user");
    fake_gone(f, conn);
    heard(f, "");
}

/* --- lists and changes -------------------------------------------------------- */

static void subscribed_tells_members(void **state)
{
    struct fake *f = *state;
    struct conn *conn = open_ws(f);

    send_text(conn, "{\"action\":\"subscribe\","
                    "\"data\":{\"channel\":\"room:1\"},\"ref\":1}");
    struct to_worker out =
        fake_answer(next(f, TO_HUB_SUBSCRIBE), TO_WORKER_SUBSCRIBED);
    out.text = ff_strdup("{\"count\":0,\"members\":[],\"more\":false}");
    sessions_take(f->all, &out);
    said(conn, "{\"action\":\"subscribed\",\"channel\":\"room:1\","
               "\"presence\":{\"count\":0,\"members\":[],\"more\":false},"
               "\"ref\":1}");
}

static void nobody_is_told_of_oneself(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");
    struct conn *bob = open_as(f, "bob", "user");
    struct conn *guest = open_ws(f);
    struct conn *all[] = {ann, bob, guest};

    for (size_t i = 0; i < 3; i++) {
        subscribe(f, all[i], "room:1");
    }
    give_news(f, some_news());
    said(ann, "{\"action\":\"presence\",\"channel\":\"room:1\",\"joined\":["
              "{\"user_id\":\"cy\"}],\"left\":[\"bob\"],\"count\":3}");
    said(bob, "{\"action\":\"presence\",\"channel\":\"room:1\",\"joined\":["
              "{\"user_id\":\"ann\"},{\"user_id\":\"cy\"}],\"count\":3}");
    said(guest, "{\"action\":\"presence\",\"channel\":\"room:1\",\"joined\":["
                "{\"user_id\":\"ann\"},{\"user_id\":\"cy\"}],"
                "\"left\":[\"bob\"],\"count\":3}");
}

static void nothing_but_the_count_is_left(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");
    struct news *news = news_new("room:1", 1);

    subscribe(f, ann, "room:1");
    news_add_joined(news, "ann", FF_SLICE_LIT("{\"user_id\":\"ann\"}"));
    give_news(f, news);
    said(ann, "{\"action\":\"presence\",\"channel\":\"room:1\",\"count\":1}");
    news = news_new("room:1", 1);
    news_add_changed(news, FF_SLICE_LIT("{\"user_id\":\"ann\"}"));
    give_news(f, news);
    said(ann, "{\"action\":\"presence\",\"channel\":\"room:1\",\"changed\":["
              "{\"user_id\":\"ann\"}],\"count\":1}");
}

static void only_subscribers_are_told(void **state)
{
    struct fake *f = *state;
    struct conn *conn = open_ws(f);

    give_news(f, some_news());
    ask_to_subscribe(conn, "room:1");
    give_news(f, some_news());
    said_nothing(conn);
    answer_subscribed(f, NULL);
    said_like(conn, "{\"action\":\"subscribed\",*");
    give_news(f, some_news());
    said_like(conn, "{\"action\":\"presence\",*");
}

static void an_event_stream(void **state)
{
    struct fake *f = *state;
    const char *channels[] = {"room:1", NULL};
    struct session_open how = {.token = "t", .channels = channels};
    struct conn *conn = fake_open(f, CONN_SSE, &how);

    answer_verified(f, identity("zoe", "user"), FF_OK);
    answer_subscribed(f, NULL);
    free(take_said(conn));
    said_like(conn, "subscribed|*");
    heard(f, "+#user-zoe/zoe;+room:1/zoe;");
    give_news(f, some_news());
    said(conn, "presence|-|{\"channel\":\"room:1\",\"joined\":["
               "{\"user_id\":\"ann\"},{\"user_id\":\"cy\"}],"
               "\"left\":[\"bob\"],\"count\":3}");
    struct news *news = some_news();
    news_add_left(news, "zoe");
    give_news(f, news);
    said(conn, "presence|-|{\"channel\":\"room:1\",\"joined\":["
               "{\"user_id\":\"ann\"},{\"user_id\":\"cy\"}],"
               "\"left\":[\"bob\"],\"count\":3}");
}

static void a_list_of_members(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    subscribe(f, ann, "room:1");
    send_text(ann, "{\"action\":\"presence_list\",\"data\":{\"channel\":"
                   "\"room:1\",\"after\":\"b\",\"limit\":7},\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_MEMBERS);
    assert_string_equal(item->channel, "room:1");
    assert_string_equal(item->after, "b");
    assert_string_equal(item->user, "ann");
    assert_int_equal(item->limit, 7);
    answer_called(f, item, "\"count\":0,\"members\":[]", FF_OK);
    said(ann, "{\"action\":\"presence_list\",\"channel\":\"room:1\","
              "\"count\":0,\"members\":[],\"ref\":1}");
}

static void lists_that_are_refused(void **state)
{
    struct fake *f = *state;
    struct conn *guest = open_ws(f);

    send_text(guest, "{\"action\":\"presence_list\",\"data\":{}}");
    said_like(guest, "{\"action\":\"error\",*\"unauthenticated\"*");
    send_text(guest, "{\"action\":\"presence_list\","
                     "\"data\":{\"channel\":\"room:1\"}}");
    said_like(guest, "{\"action\":\"error\",*\"not_subscribed\"*");
    send_text(guest, "{\"action\":\"presence_list\","
                     "\"data\":{\"after\":\"x\"}}");
    said_like(guest, "{\"action\":\"error\",*\"invalid\"*\"after\"*");
    subscribe(f, guest, "plain");
    send_text(guest, "{\"action\":\"presence_list\","
                     "\"data\":{\"channel\":\"plain\"}}");
    said_like(guest, "{\"action\":\"error\",*\"no_presence\"*");
}

static void online_users(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    send_text(ann, "{\"action\":\"presence_list\",\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_MEMBERS);
    assert_null(item->channel);
    assert_int_equal(item->limit, 100);
    answer_called(f, item, "\"count\":0,\"users\":[]", FF_OK);
    said(ann, "{\"action\":\"presence_list\",\"count\":0,\"users\":[],"
              "\"ref\":1}");
    send_text(ann, "{\"action\":\"presence_list\",\"ref\":2}");
    answer_called(f, next(f, TO_HUB_MEMBERS), NULL, FF_E_UNAVAILABLE);
    said_like(ann, "{\"action\":\"error\",*\"unavailable\"*\"ref\":2}");
}

/* --- one's own status ---------------------------------------------------------- */

static void a_status(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    send_text(ann, "{\"action\":\"presence\",\"data\":{\"status\":\"away\","
                   "\"activity\":\"at \\\"lunch\\\"\",\"invisible\":false},"
                   "\"ref\":1}");
    struct to_hub *item = next(f, TO_HUB_STATUS);
    assert_string_equal(item->text,
                        "{\"app\":\"dev\",\"user_id\":\"ann\",\"status\":"
                        "\"away\",\"activity\":\"at \\\"lunch\\\"\","
                        "\"invisible\":false}");
    answer_called(f, item,
                  "{\"user_id\":\"ann\",\"status\":\"away\","
                  "\"activity\":\"at lunch\",\"invisible\":false}",
                  FF_OK);
    said(ann, "{\"action\":\"presence_set\",\"status\":\"away\","
              "\"activity\":\"at lunch\",\"ref\":1}");
}

static void a_status_in_part(void **state)
{
    struct fake *f = *state;
    struct conn *ann = open_as(f, "ann", "user");

    send_text(ann, "{\"action\":\"presence\",\"data\":{\"activity\":\"\"}}");
    struct to_hub *item = next(f, TO_HUB_STATUS);
    assert_string_equal(
        item->text, "{\"app\":\"dev\",\"user_id\":\"ann\",\"activity\":\"\"}");
    answer_called(f, item, NULL, FF_E_UNAVAILABLE);
    said_like(ann, "{\"action\":\"error\",*\"unavailable\"*");
}

static void a_status_that_is_refused(void **state)
{
    struct fake *f = *state;
    struct conn *guest = open_ws(f);
    struct conn *ann = open_as(f, "ann", "user");

    send_text(guest,
              "{\"action\":\"presence\",\"data\":{\"status\":\"away\"}}");
    said_like(guest, "{\"action\":\"error\",*\"unauthenticated\"*");
    send_text(ann, "{\"action\":\"presence\",\"data\":{\"status\":\"lost\"}}");
    said_like(ann, "{\"action\":\"error\",*\"invalid\"*\"status\"*");
    send_text(ann, "{\"action\":\"presence\",\"data\":{}}");
    said_like(ann, "{\"action\":\"error\",*\"missing_field\"*");
    said_nothing(ann);
    assert_null(fake_next(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        step(members_come_and_go),
        step(name_and_info),
        step(anonymous_is_no_member),
        step(login_makes_a_member),
        step(refused_is_no_member),
        step(an_option_that_changes),
        step(ids_too_long_for_a_channel),
        step(subscribed_tells_members),
        step(nobody_is_told_of_oneself),
        step(nothing_but_the_count_is_left),
        step(only_subscribers_are_told),
        step(an_event_stream),
        step(a_list_of_members),
        step(lists_that_are_refused),
        step(online_users),
        step(a_status),
        step(a_status_in_part),
        step(a_status_that_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
