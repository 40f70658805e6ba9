/* The hub on a real nats-server: stored and plain channels, and a server that is killed. */

/* What the library's own tests have for it; only they link it. */
#include "../lib/bus_test.c"
#include "../lib/nats_server.c"

#include "ff_history.h"
#include "ff_kv.h"
#include "ff_svc.h"
#include "services/gateway/gateway_conf.h"
#include "services/gateway/hub.h"

#define WORKERS 2
#define MAIL    64

static struct {
    struct bus_test bus;
    struct gateway_conf conf;
    struct handoff *handoff;
    struct hub *hub;
    struct ff_app *app; /* as TO_WORKER_APP told it */
    struct to_worker mail[MAIL];
    size_t count;
    int answered;
    bool connected;
} t;

struct ff_loop *ff_svc_loop(struct ff_svc *svc)
{
    (void)svc;
    return t.bus.loop;
}

struct ff_bus *ff_svc_bus(struct ff_svc *svc)
{
    (void)svc;
    return t.bus.bus;
}

const char *ff_svc_instance(struct ff_svc *svc)
{
    (void)svc;
    return "gw1";
}

/* --- mail of worker 0 ------------------------------------------------------------ */

static void keep(void *ctx, struct to_worker *item)
{
    (void)ctx;
    if (item->type == TO_WORKER_APP) {
        ff_app_unref(&t.app);
        t.app = ff_app_ref(item->app);
    }
    if (item->type > TO_WORKER_HISTORY || t.count == MAIL) {
        to_worker_fini(item);
        return;
    }
    t.mail[t.count++] = *item;
    *item = (struct to_worker){0};
}

static size_t mail(void)
{
    handoff_drain_worker(t.handoff, 0, keep, NULL);
    return t.count;
}

static void forget_mail(void)
{
    while (t.count > 0)
        to_worker_fini(&t.mail[--t.count]);
}

/* The first of this type, whatever came before it or behind; NULL: none. */
static const struct to_worker *told(enum to_worker_type type)
{
    mail();
    for (size_t i = 0; i < t.count; i++) {
        if (t.mail[i].type == type)
            return &t.mail[i];
    }
    return NULL;
}

/* The bus' state reaches the hub as in a service. */
static void tell_state(void)
{
    bool now = ff_bus_connected(t.bus.bus);

    if (now != t.connected)
        hub_on_bus(t.hub, now);
    t.connected = now;
}

#define until(cond) wait_for(&t.bus, (tell_state(), mail(), (cond)))

/* --- a cluster of it --------------------------------------------------------------- */

static void on_ensured(void *ctx, ff_err err, const char *text)
{
    (void)ctx, (void)text;
    assert_int_equal(err, FF_OK);
    t.answered++;
}

static void on_bucket(void *ctx, ff_err err)
{
    on_ensured(ctx, err, NULL);
}

static void on_put(void *ctx, ff_err err, uint64_t revision)
{
    (void)revision;
    on_ensured(ctx, err, NULL);
}

static void make_streams(void)
{
    static const struct ff_history_config config = {
        .storage = "file",
        .replicas = 1,
        .max_age_s = 3600,
        .max_per_channel = 1000,
        .max_bytes = 100 << 20,
        .dedup_window_s = 120,
    };
    static const char app[] =
        "{\"id\":\"dev\",\"name\":\"Dev\",\"enabled\":true,\"namespaces\":"
        "{\"room\":{\"history_size\":100}}}";

    ff_history_ensure(t.bus.bus, &config, on_ensured, NULL);
    ff_kv_ensure(t.bus.bus, FF_BUCKET_APPS, 1, on_bucket, NULL);
    ff_kv_ensure(t.bus.bus, FF_BUCKET_REVOKED, 1, on_bucket, NULL);
    wait_for(&t.bus, t.answered == 3);
    ff_kv_put(t.bus.bus, FF_BUCKET_APPS, "dev", ff_slice_str(app), UINT64_MAX,
              on_put, NULL);
    wait_for(&t.bus, t.answered == 4);
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    assert_int_equal(bus_test_open(&t.bus, NULL), 0);
    make_streams();
    t.conf.ring_messages = 4;
    t.conf.ring_bytes = 1 << 20;
    t.conf.recover_max = 50;
    t.conf.max_replay_bytes = 1 << 20;
    t.handoff = handoff_new(WORKERS);
    t.hub = hub_new(NULL, &t.conf, t.handoff);
    until(t.app != NULL && hub_ready(t.hub, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    forget_mail();
    ff_app_unref(&t.app);
    hub_free(&t.hub);
    bus_test_close(&t.bus);
    handoff_free(&t.handoff);
    return 0;
}

static void say(enum to_hub_type type, const char *channel, const char *body,
                const struct position *recover)
{
    struct to_hub item = {
        .type = type,
        .app = ff_app_ref(t.app),
        .channel = ff_strdup(channel),
        .reply = {.conn = CONN_ID(0, 1, 1)},
        .body = ff_strdup(body),
        .body_len = body == NULL ? 0 : strlen(body),
        .want_ack = true,
    };

    if (recover != NULL) {
        item.recover_asked = true;
        item.recover = *recover;
    }
    assert_int_equal(handoff_to_hub(t.handoff, &item), FF_OK);
}

static struct position subscribe(const char *channel)
{
    say(TO_HUB_SUBSCRIBE, channel, NULL, NULL);
    until(told(TO_WORKER_SUBSCRIBED) != NULL);
    assert_int_equal(told(TO_WORKER_SUBSCRIBED)->err, FF_OK);
    struct position position = told(TO_WORKER_SUBSCRIBED)->position;
    forget_mail();
    return position;
}

/* Publish n messages, of which the last is kept as the only mail. */
static void publish(const char *channel, int n)
{
    for (int i = 0; i < n; i++) {
        say(TO_HUB_PUBLISH, channel, "1", NULL);
        until(told(TO_WORKER_PUBLISHED) != NULL);
        assert_int_equal(told(TO_WORKER_PUBLISHED)->err, FF_OK);
        forget_mail();
    }
}

/* --- */

static void a_plain_message_goes_round(void **state)
{
    (void)state;
    subscribe("chat");
    say(TO_HUB_PUBLISH, "chat", "{\"a\":1}", NULL);
    until(t.count == 2);
    size_t at = t.mail[0].type == TO_WORKER_DELIVER ? 0 : 1;
    assert_int_equal(t.mail[at].type, TO_WORKER_DELIVER);
    assert_true(ff_slice_is(t.mail[at].message->m.body, "{\"a\":1}"));
}

static void what_was_missed_is_replayed(void **state)
{
    static const int counts[] = {2, 10, 40}; /* ring, stream, a long page */

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct position at = subscribe("room:1");
        assert_true(at.known);
        publish("room:1", counts[i]);
        say(TO_HUB_SUBSCRIBE, "room:1", NULL, &at);
        until(told(TO_WORKER_SUBSCRIBED) != NULL);
        const struct to_worker *answer = told(TO_WORKER_SUBSCRIBED);
        assert_int_equal(answer->recovered, RECOVERED_YES);
        assert_int_equal(answer->message_count, counts[i]);
        forget_mail();
    }
}

static void an_empty_channel_is_resumed_when_it_was_forgotten(void **state)
{
    (void)state;
    publish("room:other", 3);
    struct position at = subscribe("room:1");
    say(TO_HUB_DROP, "room:1", NULL, NULL); /* it does not linger here */
    publish("room:1", 2);
    say(TO_HUB_SUBSCRIBE, "room:1", NULL, &at);
    until(t.count == 1);
    assert_int_equal(t.mail[0].recovered, RECOVERED_YES);
    assert_int_equal(t.mail[0].message_count, 2);
}

static void another_epoch_is_not_resumed(void **state)
{
    struct position at = {.known = true, .offset = 1, .epoch = "none"};

    (void)state;
    say(TO_HUB_SUBSCRIBE, "room:1", NULL, &at);
    until(t.count == 1);
    assert_int_equal(t.mail[0].recovered, RECOVERED_NO);
}

static void history_is_read(void **state)
{
    (void)state;
    publish("room:1", 5);
    say(TO_HUB_HISTORY, "room:1", NULL, NULL);
    until(t.count == 1);
    assert_int_equal(t.mail[0].err, FF_OK);
    assert_int_equal(t.mail[0].message_count, 5);
}

/*
 * A server that has just started may refuse for a while; a key makes trying
 * again safe.
 */
static void publish_surely(const char *channel, const char *key)
{
    ff_err err;

    do {
        struct to_hub item = {
            .type = TO_HUB_PUBLISH,
            .app = ff_app_ref(t.app),
            .channel = ff_strdup(channel),
            .reply = {.conn = CONN_ID(0, 1, 1)},
            .body = ff_strdup("1"),
            .body_len = 1,
            .key = ff_strdup(key),
            .want_ack = true,
        };
        assert_int_equal(handoff_to_hub(t.handoff, &item), FF_OK);
        until(told(TO_WORKER_PUBLISHED) != NULL);
        err = told(TO_WORKER_PUBLISHED)->err;
        forget_mail();
    } while (err != FF_OK);
}

static void a_killed_server_loses_nothing(void **state)
{
    (void)state;
    struct position at = subscribe("room:1");
    publish("room:1", 3);
    nats_server_kill(&t.bus.server);
    until(!t.connected);
    nats_server_start(&t.bus.server);
    until(t.connected);
    publish_surely("room:1", "a");
    publish_surely("room:1", "b");
    publish_surely("room:1", "c");
    say(TO_HUB_SUBSCRIBE, "room:1", NULL, &at);
    until(told(TO_WORKER_SUBSCRIBED) != NULL);
    assert_int_equal(told(TO_WORKER_SUBSCRIBED)->recovered, RECOVERED_YES);
    assert_int_equal(told(TO_WORKER_SUBSCRIBED)->message_count, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plain_message_goes_round),
        TEST(what_was_missed_is_replayed),
        TEST(an_empty_channel_is_resumed_when_it_was_forgotten),
        TEST(another_epoch_is_not_resumed),
        TEST(history_is_read),
        TEST(a_killed_server_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
