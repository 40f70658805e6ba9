/* The history stream against a real JetStream. */
#include "bus_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_history.h"

struct result {
    int calls;
    ff_err err;
    uint64_t offset;
    bool duplicate, cut, from_seen;
    char epoch[FF_EPOCH_MAX];
    struct ff_buf text;
};

static const struct ff_history_config config = {
    .storage = "file",
    .replicas = 1,
    .max_age_s = 3600,
    .max_per_channel = 10000,
    .max_bytes = 100 << 20,
    .dedup_window_s = 120,
};

static void on_ensured(void *ctx, ff_err err, const char *text)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    ff_buf_clear(&r->text);
    ff_buf_adds(&r->text, text != NULL ? text : "");
}

static ff_err ensure(struct bus_test *t, const struct ff_history_config *c)
{
    struct result r = {0};
    ff_history_ensure(t->bus, c, on_ensured, &r);
    wait_for(t, r.calls == 1);
    if (r.err != FF_OK)
        assert_true(r.text.len > 0);
    ff_buf_fini(&r.text);
    return r.err;
}

static void on_epoch(void *ctx, ff_err err, const char *epoch)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    snprintf(r->epoch, sizeof(r->epoch), "%s", epoch);
}

static struct result epoch_of(struct bus_test *t)
{
    struct result r = {0};
    ff_history_epoch(t->bus, WAIT_MS, on_epoch, &r);
    wait_for(t, r.calls == 1);
    return r;
}

static void on_stored(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    r->offset = offset;
    r->duplicate = duplicate;
}

static void begin_store(struct bus_test *t, const char *channel,
                        const char *body, const char *key, uint64_t expected,
                        struct result *r)
{
    char id[FF_MESSAGE_ID_MAX];
    ff_message_new_id(id);
    struct ff_message message = {.app = FF_SLICE_LIT("dev"),
                                 .channel = ff_slice_str(channel),
                                 .id = ff_slice_str(id),
                                 .body = ff_slice_str(body)};
    ff_history_store(t->bus, &message, key, expected, 2000, 10, on_stored, r);
}

static struct result store(struct bus_test *t, const char *channel,
                           const char *body, const char *key, uint64_t expected)
{
    struct result r = {0};
    begin_store(t, channel, body, key, expected, &r);
    wait_for(t, r.calls == 1);
    return r;
}

static uint64_t stored(struct bus_test *t, const char *channel,
                       const char *body)
{
    struct result r = store(t, channel, body, NULL, UINT64_MAX);
    assert_int_equal(r.err, FF_OK);
    return r.offset;
}

static void add_message(struct ff_buf *b, struct ff_bus_msg *msg)
{
    struct ff_message_names names;
    struct ff_message m;
    assert_int_equal(ff_message_read(msg, &names, &m), FF_OK);
    ff_buf_addf(b, "%llu=", (unsigned long long)m.offset);
    ff_buf_addslice(b, m.body);
    ff_buf_addc(b, ';');
}

static void on_page(void *ctx, ff_err err, const struct ff_history_page *page)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    ff_buf_clear(&r->text);
    ff_buf_adds(&r->text, "");
    if (err != FF_OK)
        return;
    for (size_t i = 0; i < page->count; i++)
        add_message(&r->text, page->msgs[i]);
    r->cut = page->cut;
    r->from_seen = page->from_seen;
    snprintf(r->epoch, sizeof(r->epoch), "%s", page->epoch);
}

static struct result read_page(struct bus_test *t,
                               const struct ff_history_query *query)
{
    struct result r = {0};
    struct ff_history_query q = *query;
    q.app = "dev";
    q.timeout_ms = WAIT_MS;
    if (q.max_bytes == 0)
        q.max_bytes = 1 << 20;
    ff_history_read(t->bus, &q, on_page, &r);
    wait_for(t, r.calls == 1);
    return r;
}

/* --- the stream ------------------------------------------------------------ */

static void without_a_stream_nothing_is_stored(void **state)
{
    struct bus_test *t = *state;
    struct result r = {0};
    struct ff_message message = {.app = FF_SLICE_LIT("dev"),
                                 .channel = FF_SLICE_LIT("a"),
                                 .id = FF_SLICE_LIT("x")};
    assert_int_equal(epoch_of(t).err, FF_E_NOT_FOUND);
    ff_history_store(t->bus, &message, NULL, UINT64_MAX, 100, 3, on_stored, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_E_UNAVAILABLE);
    r = read_page(t, &(struct ff_history_query){
                         .channel = "a", .limit = 10, .newest = true});
    assert_int_equal(r.err, FF_E_UNAVAILABLE);
    ff_buf_fini(&r.text);
}

static void the_stream_is_made_and_changed(void **state)
{
    struct bus_test *t = *state;
    struct ff_history_config other = config;
    assert_int_equal(ensure(t, &config), FF_OK);
    assert_int_equal(ensure(t, &config), FF_OK);
    struct result before = epoch_of(t);
    assert_int_equal(before.err, FF_OK);
    assert_true(strlen(before.epoch) >= 10);
    other.max_age_s = 60; /* shorter than the window for duplicates */
    assert_int_equal(ensure(t, &other), FF_OK);
    other.storage = "memory";
    assert_int_equal(ensure(t, &other), FF_E_CONFIG);
    assert_int_equal(ensure(t, &config), FF_OK);
    assert_string_equal(epoch_of(t).epoch, before.epoch);
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
    uint64_t a = stored(t, "live.1", "a");
    stored(t, "other", "x");
    uint64_t b = stored(t, "live.1", "b");
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
    struct result first = store(t, "keys", "a", "k1", UINT64_MAX);
    struct result again = store(t, "keys", "b", "k1", UINT64_MAX);
    struct result other = store(t, "keys2", "c", "k1", UINT64_MAX);
    assert_int_equal(first.err + again.err + other.err, FF_OK);
    assert_false(first.duplicate);
    assert_true(again.duplicate);
    assert_int_equal(again.offset, first.offset);
    assert_false(other.duplicate);
}

static void an_expected_offset_must_hold(void **state)
{
    struct bus_test *t = *state;
    struct result first = store(t, "cas", "a", "x1", 0);
    assert_int_equal(first.err, FF_OK);
    assert_int_equal(store(t, "cas", "b", NULL, 0).err, FF_E_CONFLICT);
    struct result second = store(t, "cas", "b", "x2", first.offset);
    assert_int_equal(second.err, FF_OK);
    assert_int_equal(store(t, "cas", "c", NULL, first.offset).err,
                     FF_E_CONFLICT);
    /* Tried again after its acknowledgement was lost. */
    struct result again = store(t, "cas", "b", "x2", first.offset);
    assert_int_equal(again.err, FF_OK);
    assert_true(again.duplicate);
    assert_int_equal(again.offset, second.offset);
}

static void on_last(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    if (msg != NULL)
        add_message(&r->text, msg);
}

static void the_last_message_is_found(void **state)
{
    struct bus_test *t = *state;
    struct result r = {0}, none = {0};
    char want[64];
    stored(t, "last", "a");
    snprintf(want, sizeof(want), "%llu=b;",
             (unsigned long long)stored(t, "last", "b"));
    ff_history_last(t->bus, "dev", "last", on_last, &r);
    ff_history_last(t->bus, "dev", "never", on_last, &none);
    wait_for(t, r.calls == 1 && none.calls == 1);
    assert_string_equal(r.text.data, want);
    assert_int_equal(none.err, FF_E_NOT_FOUND);
    ff_buf_fini(&r.text);
}

/* --- reading --------------------------------------------------------------- */

enum { MODEL_MAX = 900 };

struct model {
    uint64_t offsets[2 * MODEL_MAX];
    size_t count;
};

/* About 900 messages of "model" with as many others between them. */
static void fill(struct bus_test *t, struct model *model)
{
    static struct result results[2 * MODEL_MAX];
    bool ours[2 * MODEL_MAX];
    for (size_t i = 0; i < 2 * MODEL_MAX; i++) {
        char body[16];
        snprintf(body, sizeof(body), "m%zu", i);
        ours[i] = random() % 2 == 0;
        results[i].calls = 0;
        begin_store(t, ours[i] ? "model" : "noise", body, NULL, UINT64_MAX,
                    &results[i]);
    }
    for (size_t i = 0; i < 2 * MODEL_MAX; i++) {
        wait_for(t, results[i].calls == 1);
        assert_int_equal(results[i].err, FF_OK);
        if (ours[i])
            model->offsets[model->count++] = results[i].offset;
    }
}

/* "first..last:count" of a page, and of what the model says. */
static void describe(const char *text, char out[64])
{
    unsigned long long first = 0, last = 0;
    size_t count = 0;
    for (const char *at = text; *at != '\0'; count++) {
        last = strtoull(at, NULL, 10);
        first = count == 0 ? last : first;
        at = strchr(at, ';') + 1;
    }
    snprintf(out, 64, "%llu..%llu:%zu", first, last, count);
}

static void expect(const struct model *model, const struct ff_history_query *q,
                   char out[64], bool *out_cut)
{
    size_t begin = 0, end = model->count, count;
    while (begin < end && model->offsets[begin] < q->from)
        begin++;
    while (end > begin && q->to != 0 && model->offsets[end - 1] > q->to)
        end--;
    count = end - begin;
    *out_cut = count > q->limit;
    if (*out_cut && q->newest)
        begin = end - q->limit;
    if (*out_cut && !q->newest)
        end = begin + q->limit;
    count = end - begin;
    snprintf(out, 64, "%llu..%llu:%zu",
             count ? (unsigned long long)model->offsets[begin] : 0,
             count ? (unsigned long long)model->offsets[end - 1] : 0, count);
}

static bool in_model(const struct model *model, uint64_t offset)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->offsets[i] == offset)
            return true;
    return false;
}

static void check_query(struct bus_test *t, const struct model *model,
                        const struct ff_history_query *q)
{
    char want[64], got[64];
    bool cut;
    expect(model, q, want, &cut);
    struct result r = read_page(t, q);
    assert_int_equal(r.err, FF_OK);
    describe(r.text.data, got);
    if (strcmp(got, want) != 0)
        print_message("from %llu to %llu limit %zu newest %d\n",
                      (unsigned long long)q->from, (unsigned long long)q->to,
                      q->limit, q->newest);
    assert_string_equal(got, want);
    assert_int_equal(r.cut, cut);
    assert_int_equal(r.from_seen, in_model(model, q->from));
    ff_buf_fini(&r.text);
}

static void pages_are_what_the_stream_holds(void **state)
{
    struct bus_test *t = *state;
    static const size_t limits[] = {1, 3, 7, 50, 300, 2000};
    struct model model = {0};
    fill(t, &model);
    uint64_t last = model.offsets[model.count - 1];
    for (int i = 0; i < 150; i++) {
        struct ff_history_query q = {.channel = "model"};
        q.from = (uint64_t)random() % (last + 20);
        if (i % 4 == 0)
            q.from = 0;
        if (i % 3 == 0)
            q.to = (uint64_t)random() % (last + 20);
        q.limit = limits[random() % 6];
        q.newest = random() % 2 == 0;
        check_query(t, &model, &q);
    }
    struct ff_history_query at_end = {
        .channel = "model", .from = last, .limit = 10};
    check_query(t, &model, &at_end);
}

static void bytes_are_limited(void **state)
{
    struct bus_test *t = *state;
    char *body = ff_zalloc(1001);
    memset(body, 'x', 1000);
    for (int i = 0; i < 12; i++)
        stored(t, "bytes", body);
    struct ff_history_query q = {
        .channel = "bytes", .from = 1, .limit = 100, .max_bytes = 2500};
    for (int newest = 0; newest < 2; newest++) {
        q.newest = newest == 1;
        struct result r = read_page(t, &q);
        assert_int_equal(r.err, FF_OK);
        assert_true(r.cut);
        assert_in_range(r.text.len, 2001, 2100);
        ff_buf_fini(&r.text);
    }
    q.max_bytes = 10; /* at least one comes */
    struct result r = read_page(t, &q);
    assert_in_range(r.text.len, 1001, 1050);
    ff_buf_fini(&r.text);
    free(body);
}

static void an_evicted_message_is_not_seen(void **state)
{
    struct bus_test *t = *state;
    struct ff_history_config small = config;
    small.max_per_channel = 5;
    uint64_t offsets[8];
    for (int i = 0; i < 5; i++)
        offsets[i] = stored(t, "evict", "x");
    struct ff_history_query q = {
        .channel = "evict", .from = offsets[0], .limit = 100};
    struct result r = read_page(t, &q);
    assert_true(r.from_seen);
    ff_buf_fini(&r.text);
    assert_int_equal(ensure(t, &small), FF_OK);
    for (int i = 5; i < 8; i++)
        offsets[i] = stored(t, "evict", "x");
    r = read_page(t, &q);
    assert_int_equal(r.err, FF_OK);
    assert_false(r.from_seen);
    ff_buf_fini(&r.text);
    q.from = offsets[3];
    r = read_page(t, &q);
    assert_true(r.from_seen);
    ff_buf_fini(&r.text);
    assert_int_equal(ensure(t, &config), FF_OK);
}

static void on_removed(void *ctx, ff_err err, uint64_t removed)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    r->offset = removed;
}

static uint64_t removed(struct bus_test *t, const char *channel,
                        uint64_t offset)
{
    struct result r = {0};
    ff_history_remove(t->bus, "dev", channel, offset, on_removed, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_OK);
    return r.offset;
}

static void messages_are_removed(void **state)
{
    struct bus_test *t = *state;
    struct ff_history_query q = {.channel = "gone", .limit = 100};
    char want[32];
    stored(t, "gone", "a");
    uint64_t second = stored(t, "gone", "b");
    uint64_t third = stored(t, "gone", "c");
    stored(t, "stays", "x");
    snprintf(want, sizeof(want), "%llu=c;", (unsigned long long)third);
    assert_int_equal(removed(t, "gone", second), 2);
    struct result r = read_page(t, &q);
    assert_string_equal(r.text.data, want);
    ff_buf_fini(&r.text);
    assert_int_equal(removed(t, "gone", 0), 1);
    r = read_page(t, &q);
    assert_string_equal(r.text.data, "");
    ff_buf_fini(&r.text);
    q.channel = "stays";
    r = read_page(t, &q);
    assert_true(r.text.len > 0);
    ff_buf_fini(&r.text);
}

static void many_reads_wait_for_each_other(void **state)
{
    struct bus_test *t = *state;
    enum { COUNT = 1200 };
    static struct result results[COUNT];
    struct ff_history_query q = {.app = "dev",
                                 .channel = "model",
                                 .limit = 3,
                                 .max_bytes = 1000,
                                 .newest = true,
                                 .timeout_ms = WAIT_MS};
    int busy = 0;
    for (int i = 0; i < COUNT; i++)
        ff_history_read(t->bus, &q, on_page, &results[i]);
    for (int i = 0; i < COUNT; i++) {
        wait_for(t, results[i].calls == 1);
        busy += results[i].err == FF_E_BUSY;
        if (results[i].err == FF_OK)
            assert_true(results[i].cut);
        else
            assert_int_equal(results[i].err, FF_E_BUSY);
        ff_buf_fini(&results[i].text);
    }
    assert_int_equal(busy, COUNT - 1024 - 32);
    struct result r = {0};
    q.timeout_ms = 1;
    q.channel = "";
    ff_history_read(t->bus, &q, on_page, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_E_INVALID);
    ff_buf_fini(&r.text);
}

/* --- when the server dies -------------------------------------------------- */

static void a_store_outlives_the_server(void **state)
{
    struct bus_test *t = *state;
    enum { COUNT = 300 };
    static struct result results[COUNT];
    struct ff_history_query q = {.channel = "crash", .limit = 1000};
    char *last = NULL;
    size_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        char body[16];
        snprintf(body, sizeof(body), "%d", i);
        begin_store(t, "crash", body, NULL, UINT64_MAX, &results[i]);
        if (i == COUNT / 2)
            nats_server_kill(&t->server);
    }
    wait_for(t, !ff_bus_connected(t->bus));
    nats_server_start(&t->server);
    for (int i = 0; i < COUNT; i++) {
        wait_for(t, results[i].calls == 1);
        assert_int_equal(results[i].err, FF_OK);
    }
    struct result r = read_page(t, &q);
    assert_int_equal(r.err, FF_OK);
    for (last = r.text.data; *last != '\0'; at++)
        last = strchr(last, ';') + 1;
    assert_int_equal(at, COUNT); /* each of them once */
    ff_buf_fini(&r.text);
}

static void the_end_of_the_bus_ends_all(void **state)
{
    struct bus_test *t = *state;
    static struct result reads[50];
    struct result paused = {0}, waiting = {0};
    struct ff_history_query q = {.app = "dev",
                                 .channel = "model",
                                 .limit = 500,
                                 .max_bytes = 1 << 20,
                                 .timeout_ms = WAIT_MS};
    struct ff_bus *bus = t->bus;
    for (int i = 0; i < 50; i++)
        ff_history_read(bus, &q, on_page, &reads[i]);
    begin_store(t, "model", "x", NULL, UINT64_MAX, &waiting);
    nats_server_kill(&t->server);
    wait_for(t, !ff_bus_connected(bus));
    begin_store(t, "model", "x", NULL, UINT64_MAX, &paused);
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
        cmocka_unit_test(the_stream_is_made_and_changed),
        cmocka_unit_test(what_is_stored_is_live_with_its_offset),
        cmocka_unit_test(a_known_key_is_not_stored_again),
        cmocka_unit_test(an_expected_offset_must_hold),
        cmocka_unit_test(the_last_message_is_found),
        cmocka_unit_test(pages_are_what_the_stream_holds),
        cmocka_unit_test(bytes_are_limited),
        cmocka_unit_test(an_evicted_message_is_not_seen),
        cmocka_unit_test(messages_are_removed),
        cmocka_unit_test(many_reads_wait_for_each_other),
        cmocka_unit_test(a_store_outlives_the_server),
        cmocka_unit_test(the_end_of_the_bus_ends_all),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
