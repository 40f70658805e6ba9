/*
 * Lists of members under everything that can go wrong at once, against a
 * model: users come and go, changes and signs of life are lost, the owner goes
 * away, another one takes over and knows only who is there by then, lists are
 * read in pages that may be gone, the bus goes away and comes back. What must
 * hold for each observer:
 *
 *   - joined and left alternate for each user, beginning with the list that it
 *     was given; who comes later is given what those here know;
 *   - when all is well again, everybody has the truth.
 */

#include "hub_fake_presence.h"

#include "ff_metric.h"

static struct {
    uint64_t seed;
    /* The observers: one of each worker on each channel. */
    struct place {
        bool here, waiting;
        bool knows[USERS];
    } places[FAKE_WORKERS][CHANNELS];
    unsigned status[USERS];
    unsigned joins, leaves, lists_seen, stale_seen;
} m;

static const char *const words[] = {"online", "away", "busy", "offline"};

static void complain(unsigned w, unsigned c, const char *what, const char *text)
{
    fail_msg("seed %llu, %lld ms: worker %u on %s: %s: %s",
             (unsigned long long)m.seed, (long long)fake.now_ms, w, names[c],
             what, text);
}

static unsigned user_of(const char *id)
{
    assert_int_equal(id[0], 'u');
    unsigned user = (unsigned)atoi(id + 1);
    assert_true(user < USERS);
    return user;
}

/* --- observers --------------------------------------------------------------------- */

static void see_joined(unsigned w, unsigned c, const char *id)
{
    struct place *place = &m.places[w][c];
    unsigned user = user_of(id);

    if (place->knows[user])
        complain(w, c, "joined again", id);
    place->knows[user] = true;
    m.joins++;
}

static void see_left(unsigned w, unsigned c, const char *id)
{
    struct place *place = &m.places[w][c];
    unsigned user = user_of(id);

    if (!place->knows[user])
        complain(w, c, "left, but was not here", id);
    place->knows[user] = false;
    m.leaves++;
}

static const char *id_of(const json_t *member)
{
    return json_string_value(json_object_get(member, "user_id"));
}

static void see_status(unsigned w, unsigned c, const json_t *member)
{
    const char *status = json_string_value(json_object_get(member, "status"));
    unsigned user = user_of(id_of(member));

    if (strcmp(status, words[m.status[user]]) != 0)
        complain(w, c, "status", status);
}

static void take_news(unsigned w, const struct to_worker *item)
{
    unsigned c = channel_of(item->channel);
    struct ff_buf text = {0};
    json_t *frame, *one;
    size_t i;

    if (!m.places[w][c].here)
        return;
    news_write_without(item->news, ff_slice_str(NULL), &text);
    assert_int_equal(ff_json_parse_object(ff_buf_slice(&text), &frame, NULL),
                     FF_OK);
    json_array_foreach(json_object_get(frame, "left"), i, one)
        see_left(w, c, json_string_value(one));
    json_array_foreach(json_object_get(frame, "joined"), i, one)
        see_joined(w, c, id_of(one));
    json_decref(frame);
    ff_buf_fini(&text);
}

/* What a list says; who asks (u99) is in it. */
static void read_list(unsigned w, unsigned c, const char *text, bool *out)
{
    json_t *list, *one;
    size_t i;

    assert_int_equal(ff_json_parse_object(ff_slice_str(text), &list, NULL),
                     FF_OK);
    memset(out, 0, USERS * sizeof(*out));
    json_array_foreach(json_object_get(list, "members"), i, one)
    {
        if (strcmp(id_of(one), "u99") == 0)
            continue;
        out[user_of(id_of(one))] = true;
        see_status(w, c, one);
    }
    size_t asker = strstr(text, "u99") != NULL;
    assert_int_equal(json_integer_value(json_object_get(list, "count")),
                     count_of(out) + asker);
    m.stale_seen += json_object_get(list, "stale_ms") != NULL;
    m.lists_seen++;
    json_decref(list);
}

static void take_subscribed(unsigned w, const struct to_worker *item)
{
    unsigned c = channel_of(item->channel);
    struct place *place = &m.places[w][c];
    bool list[USERS];

    place->waiting = false;
    if (item->err != FF_OK)
        return;
    read_list(w, c, item->text, list);
    if (place->here && memcmp(list, place->knows, sizeof(list)) != 0)
        complain(w, c, "the list is not what those here know", item->text);
    memcpy(place->knows, list, sizeof(list));
    place->here = true;
}

static void take_mail(void)
{
    struct to_worker item;

    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        while (fake_take(w, &item)) {
            if (item.type == TO_WORKER_SUBSCRIBED)
                take_subscribed(w, &item);
            else if (item.type == TO_WORKER_PRESENCE)
                take_news(w, &item);
            to_worker_fini(&item);
        }
    }
}

static void subscribe(unsigned w, unsigned c)
{
    struct to_hub item = {
        .type = TO_HUB_SUBSCRIBE,
        .worker = w,
        .channel = ff_strdup(names[c]),
        .user = fake_random(2) == 0 ? ff_strdup("u99") : NULL,
        .text = ff_strdup(""),
    };

    m.places[w][c].waiting = true;
    fake_say(&item);
}

static void drop(unsigned w, unsigned c)
{
    struct to_hub item = {
        .type = TO_HUB_DROP, .worker = w, .channel = ff_strdup(names[c])};

    memset(&m.places[w][c], 0, sizeof(m.places[w][c]));
    fake_say(&item);
}

/* --- what happens ------------------------------------------------------------------ */

static void change_members(void)
{
    unsigned c = fake_random(CHANNELS);

    for (unsigned n = 1 + fake_random(4); n > 0; n--)
        service.truth[c][fake_random(USERS)] ^= true;
    if (fake_random(4) != 0)
        flush(c);
}

static void change_status(void)
{
    unsigned user = fake_random(USERS);
    char key[16], value[128];

    m.status[user] = fake_random(4);
    snprintf(key, sizeof(key), "k%u", user);
    snprintf(value, sizeof(value),
             "{\"app\":\"dev\",\"user_id\":\"u%02u\",\"status\":\"%s\"}", user,
             words[m.status[user]]);
    fake_set_status(key,
                    m.status[user] == 0 && fake_random(2) == 0 ? NULL : value);
}

static void change_owner(void)
{
    int owner = (int)fake_random(OWNERS);

    if (fake_random(2) == 0)
        start(owner);
    else
        stop(owner);
}

static void change_observer(void)
{
    unsigned w = fake_random(FAKE_WORKERS), c = fake_random(CHANNELS);
    const struct place *place = &m.places[w][c];

    if (place->waiting)
        return;
    if (place->here && fake_random(3) == 0)
        drop(w, c);
    else
        subscribe(w, c);
}

static void change_bus(void)
{
    if (fake.connected)
        fake_disconnect();
    else
        fake_connect();
}

static void do_something(unsigned bus)
{
    unsigned dice = fake_random(1000);

    if (dice < bus)
        change_bus();
    else if (dice < 30)
        change_owner();
    else if (dice < 120)
        change_status();
    else if (dice < 300)
        change_observer();
    else if (dice < 600)
        change_members();
}

static void expect_truth(void)
{
    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        for (unsigned c = 0; c < CHANNELS; c++) {
            const struct place *place = &m.places[w][c];
            if (place->waiting)
                complain(w, c, "still waits", "in the end");
            if (place->here && memcmp(place->knows, service.truth[c],
                                      sizeof(place->knows)) != 0)
                complain(w, c, "is not the truth", "in the end");
        }
    }
}

/* The service goes on, nobody comes or goes. */
static void pass(int64_t ms)
{
    for (; ms > 0; ms -= 100) {
        hand_over();
        for (unsigned c = 0; c < CHANNELS; c++)
            flush(c);
        fake_run(100);
        take_mail();
    }
}

/* What was lost is seen by what comes behind it, or the bus says so. */
static void show_losses(void)
{
    if (fake_random(2) == 0) {
        ff_metric_add(FF_M_BUS_DROPPED, 1);
        return;
    }
    for (unsigned c = 0; c < CHANNELS; c++)
        service.truth[c][fake_random(USERS)] ^= true;
}

/* All is well: nothing is lost any more, and there is a service. */
static void calm(unsigned loss)
{
    fake.drop_live = fake.fail_calls = service.lose_lists = 0;
    fake_connect();
    if (!service.alive[0] && !service.alive[1] && !service.alive[2])
        start(1);
    pass(LISTEN_MS + 4000);
    if (loss > 0)
        show_losses();
    pass(10000);
    unsigned stale = m.stale_seen;
    for (unsigned c = 0; c < CHANNELS; c++)
        subscribe(fake_random(FAKE_WORKERS), c);
    pass(5000);
    assert_int_equal(m.stale_seen, stale);
    expect_truth();
    fake.drop_live = fake.fail_calls = loss;
    service.lose_lists = loss / 10;
}

static void play(uint64_t seed, unsigned loss, unsigned bus)
{
    memset(&m, 0, sizeof(m));
    memset(&service, 0, sizeof(service));
    m.seed = seed;
    for (unsigned c = 0; c < CHANNELS; c++)
        service.owner[c] = -1;
    fake_open(seed, "\"room\":{\"presence\":true}");
    fake.on_rpc = on_rpc;
    fake.latency_ms = 100;
    hub_on_bus(fake.hub, true);
    start(0);
    on_beats(NULL);
    for (int step = 0; step < 3000; step++) {
        do_something(bus);
        hand_over();
        fake_run(fake_random(step % 1000 < 700 ? 30 : 300));
        take_mail();
        if (step % 150 == 0)
            calm(loss);
    }
    calm(loss);
    fake_close();
    assert_true(m.joins > 0 && m.leaves > 0 && m.lists_seen > 0);
}

static void quiet(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        play(seed, 0, 0);
}

static void lossy(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        play(seed, 100, 0);
}

static void often_away(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        play(seed, 0, 20);
}

static void stormy(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        play(seed, 100, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet),
        cmocka_unit_test(lossy),
        cmocka_unit_test(often_away),
        cmocka_unit_test(stormy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
