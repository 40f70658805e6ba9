/*
 * Stored channels under everything that can go wrong at once, against a model:
 * clients subscribe, resume and leave; live messages are lost, reads fail, lag
 * or find that messages are gone; the bus goes away and comes back; history is
 * removed, the whole stream made anew. What must hold for each client:
 *
 *   - the next message that it gets is the next one that was ever stored after
 *     its position, unless it is told that something is missing;
 *   - when all is well again, everybody gets to the end.
 */

#include "hub_fake_history.h"

#define CHANNELS 4
#define CLIENTS  24

enum phase { AWAY, WAITING, HERE };

/* One client on one channel. */
struct place {
    enum phase phase;
    bool known; /* it has a position */
    unsigned epoch;
    uint64_t offset;
    bool asked;       /* with recover */
    uint64_t request; /* the one whose answer it waits for */
};

static struct {
    struct place places[CLIENTS][CHANNELS];
    unsigned deliveries, recovered, refused, losses, errors;
    uint64_t seed, requests;
} model;

static unsigned worker_of(unsigned client)
{
    return client % FAKE_WORKERS;
}

/* --- the truth ---------------------------------------------------------------- */

/* The first message of a channel after a place that a client must get. */
static const struct fake_entry *next_true(const struct place *at,
                                          unsigned channel)
{
    for (size_t i = 0; i < stream.count; i++) {
        const struct fake_entry *e = &stream.entries[i];
        if (e->channel == channel && e->epoch == at->epoch &&
            e->offset > at->offset && e->mark == 0 && !e->removed)
            return e;
    }
    return NULL;
}

static unsigned epoch_of(const char *text)
{
    assert_int_equal(text[0], 'e');
    return (unsigned)atoi(text + 1);
}

static void complain(unsigned client, unsigned channel, const char *what,
                     uint64_t offset)
{
    const struct place *at = &model.places[client][channel];
    const struct fake_entry *next = next_true(at, channel);

    fail_msg("seed %llu, %lld ms: client %u on %u at e%u/%llu: %s %llu, next "
             "is %llu",
             (unsigned long long)model.seed, (long long)fake.now_ms, client,
             channel, at->epoch, (unsigned long long)at->offset, what,
             (unsigned long long)offset,
             (unsigned long long)(next == NULL ? 0 : next->offset));
}

static bool is_removed(const struct place *at, unsigned channel,
                       uint64_t offset)
{
    for (size_t i = 0; i < stream.count; i++) {
        const struct fake_entry *e = &stream.entries[i];
        if (e->epoch == at->epoch && e->offset == offset &&
            e->channel == channel)
            return e->removed;
    }
    return false;
}

static void get(unsigned client, unsigned channel, uint64_t offset)
{
    struct place *at = &model.places[client][channel];
    const struct fake_entry *next = next_true(at, channel);

    if (offset <= at->offset)
        complain(client, channel, "got again", offset);
    if (!is_removed(at, channel, offset) &&
        (next == NULL || next->offset != offset))
        complain(client, channel, "got", offset);
    at->offset = offset;
    model.deliveries++;
}

/* Everything up to position was given: nothing true may lie between. */
static void arrive(unsigned client, unsigned channel,
                   const struct position *position)
{
    struct place *at = &model.places[client][channel];
    const struct fake_entry *next = next_true(at, channel);

    assert_true(position->known);
    if (position->offset < at->offset ||
        (next != NULL && next->offset <= position->offset))
        complain(client, channel, "was put at", position->offset);
    at->offset = position->offset;
}

static void jump(unsigned client, unsigned channel,
                 const struct position *position)
{
    struct place *at = &model.places[client][channel];

    assert_true(position->known);
    at->known = true;
    at->epoch = epoch_of(position->epoch);
    at->offset = position->offset;
}

/* --- what workers get ----------------------------------------------------------- */

static unsigned channel_of(const struct to_worker *item)
{
    return (unsigned)atoi(strchr(item->channel, ':') + 1);
}

static void on_subscribed(const struct to_worker *item)
{
    unsigned client = (unsigned)item->reply.tag, channel = channel_of(item);
    struct place *at = &model.places[client][channel];

    if (at->phase != WAITING || at->request != item->reply.conn)
        return; /* it left meanwhile */
    if (item->err != FF_OK) {
        at->phase = AWAY;
        model.errors++;
        return;
    }
    at->phase = HERE;
    if (item->recovered != RECOVERED_YES) {
        assert_int_equal(item->recovered == RECOVERED_NO, at->asked);
        model.refused += item->recovered == RECOVERED_NO;
        jump(client, channel, &item->position);
        return;
    }
    assert_true(at->asked);
    model.recovered++;
    for (size_t i = 0; i < item->message_count; i++)
        get(client, channel, item->messages[i]->m.offset);
    arrive(client, channel, &item->position);
}

static void on_deliver(unsigned w, const struct to_worker *item)
{
    unsigned channel = channel_of(item);

    for (unsigned i = w; i < CLIENTS; i += FAKE_WORKERS) {
        if (model.places[i][channel].phase == HERE)
            get(i, channel, item->message->m.offset);
    }
}

static void on_lost(unsigned w, const struct to_worker *item)
{
    unsigned channel = channel_of(item);

    model.losses++;
    for (unsigned i = w; i < CLIENTS; i += FAKE_WORKERS) {
        if (model.places[i][channel].phase == HERE)
            jump(i, channel, &item->position);
    }
}

static void read_mail(void)
{
    struct to_worker item;

    for (unsigned w = 0; w < FAKE_WORKERS; w++) {
        while (fake_take(w, &item)) {
            if (item.type == TO_WORKER_SUBSCRIBED)
                on_subscribed(&item);
            else if (item.type == TO_WORKER_DELIVER)
                on_deliver(w, &item);
            else if (item.type == TO_WORKER_LOST)
                on_lost(w, &item);
            to_worker_fini(&item);
        }
    }
}

/* --- what clients do -------------------------------------------------------------- */

static void subscribe(unsigned client, unsigned channel)
{
    struct place *at = &model.places[client][channel];
    char name[32];

    stream_name(channel, name);
    struct to_hub item = {
        .type = TO_HUB_SUBSCRIBE,
        .worker = worker_of(client),
        .channel = ff_strdup(name),
        .reply = {.conn = ++model.requests, .tag = client},
    };
    at->request = model.requests;
    at->asked = at->known && fake_random(10) > 0;
    if (at->asked) {
        item.recover_asked = true;
        item.recover.known = true;
        item.recover.offset = at->offset;
        snprintf(item.recover.epoch, FF_EPOCH_MAX, "e%u", at->epoch);
    }
    at->phase = WAITING;
    fake_say(&item);
}

/* The last one of a worker tells the hub. */
static void leave(unsigned client, unsigned channel)
{
    char name[32];

    model.places[client][channel].phase = AWAY;
    for (unsigned i = worker_of(client); i < CLIENTS; i += FAKE_WORKERS) {
        if (model.places[i][channel].phase != AWAY)
            return;
    }
    stream_name(channel, name);
    struct to_hub item = {.type = TO_HUB_DROP,
                          .worker = worker_of(client),
                          .channel = ff_strdup(name)};
    fake_say(&item);
}

static void change_one(void)
{
    unsigned client = fake_random(CLIENTS), channel = fake_random(CHANNELS);

    if (model.places[client][channel].phase == AWAY)
        subscribe(client, channel);
    else
        leave(client, channel);
}

/* --- what happens to them ----------------------------------------------------------- */

/* A server that comes back with nothing. */
static void renew(void)
{
    fake_disconnect();
    stream_renew();
}

static void happen(void)
{
    unsigned what = fake_random(1000);

    if (what < 450)
        stream_publish(fake_random(CHANNELS));
    else if (what < 900)
        change_one();
    else if (what < 910)
        fake_disconnect();
    else if (what < 940)
        fake_connect();
    else if (what < 944)
        stream_remove(fake_random(CHANNELS));
    else if (what < 946)
        renew();
    else if (what < 956)
        fake_run(fake_random(3000));
    else if (what < 958)
        fake_run(fake_random(100000));
}

static void check_end(unsigned client, unsigned channel)
{
    const struct place *at = &model.places[client][channel];
    uint64_t end = stream_end(channel);

    if (at->phase == WAITING)
        complain(client, channel, "waits for ever", 0);
    if (at->phase != HERE)
        return;
    if (at->epoch != stream.epoch || at->offset != end)
        complain(client, channel, "did not get to", end);
}

/* All is well again: a message on each channel shows what was missed. */
static void heal(void)
{
    fake.drop_live = fake.fail_calls = stream.lag = 0;
    fake_connect();
    fake_run(20000);
    read_mail();
    for (unsigned i = 0; i < CHANNELS; i++)
        stream_publish(i);
    fake_run(20000);
    read_mail();
    for (unsigned i = 0; i < CLIENTS; i++) {
        for (unsigned j = 0; j < CHANNELS; j++)
            check_end(i, j);
    }
}

static const char namespaces[] =
    "\"room\":{\"history_size\":1000,\"history_ttl_s\":31536000}";

struct trouble {
    unsigned drop_live, fail_calls, lag, per_channel;
    int64_t latency_ms, ring_messages, ring_bytes, recover_max;
};

static void play(uint64_t seed, const struct trouble *trouble, unsigned steps)
{
    memset(&model, 0, sizeof(model));
    model.seed = seed;
    stream_open();
    fake_open(seed, namespaces);
    fake.drop_live = trouble->drop_live;
    fake.fail_calls = trouble->fail_calls;
    fake.latency_ms = trouble->latency_ms;
    fake.conf.ring_messages = trouble->ring_messages;
    fake.conf.ring_bytes = trouble->ring_bytes;
    fake.conf.recover_max = trouble->recover_max;
    stream.lag = trouble->lag;
    stream.per_channel = trouble->per_channel;
    for (unsigned i = 0; i < steps; i++) {
        happen();
        fake_run(fake_random(4));
        read_mail();
    }
    heal();
    fake_close();
}

static const struct trouble calm = {0, 0, 0, 1000, 3, 16, 1 << 20, 1000};
static const struct trouble stormy = {100, 50, 200, 12, 20, 6, 8192, 10};
static const struct trouble lagging = {30, 0, 700, 1000, 8, 2, 4096, 200};
static const struct trouble no_memory = {50, 20, 500, 40, 10, 0, 0, 30};

#define SEEDS 60

static void test_stormy(void **state)
{
    unsigned recovered = 0, deliveries = 0, losses = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        play(seed, &stormy, 1500);
        recovered += model.recovered;
        deliveries += model.deliveries;
        losses += model.losses;
    }
    assert_true(deliveries > SEEDS * 100);
    assert_true(recovered > SEEDS * 5);
    assert_true(losses > 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed, &no_memory, 1000);
    assert_true(model.recovered > 0);
}

static void test_lagging(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed, &lagging, 1000);
    assert_true(model.recovered > 0);
}

static void test_calm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed, &calm, 1000);
    assert_true(model.recovered > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calm),
        cmocka_unit_test(test_lagging),
        cmocka_unit_test(test_stormy),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
