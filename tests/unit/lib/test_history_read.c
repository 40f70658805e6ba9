/* Reading and removing from the history stream, against a real JetStream. */
#include "history_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODEL_MAX = 900 };

struct model {
    uint64_t offsets[2 * MODEL_MAX];
    size_t count;
};

/* About 900 messages of "model" with as many others between them. */
static void fill(struct bus_test *t, struct model *model)
{
    static struct history_result results[2 * MODEL_MAX];
    bool ours[2 * MODEL_MAX];
    for (size_t i = 0; i < 2 * MODEL_MAX; i++) {
        char body[16];
        snprintf(body, sizeof(body), "m%zu", i);
        ours[i] = random() % 2 == 0;
        results[i].calls = 0;
        history_begin_store(t, ours[i] ? "model" : "noise", body, NULL,
                            UINT64_MAX, &results[i]);
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
    struct history_result r = history_read(t, q);
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
        history_stored(t, "bytes", body);
    struct ff_history_query q = {
        .channel = "bytes", .from = 1, .limit = 100, .max_bytes = 2500};
    for (int newest = 0; newest < 2; newest++) {
        q.newest = newest == 1;
        struct history_result r = history_read(t, &q);
        assert_int_equal(r.err, FF_OK);
        assert_true(r.cut);
        assert_in_range(r.text.len, 2001, 2100);
        ff_buf_fini(&r.text);
    }
    q.max_bytes = 10; /* at least one comes */
    struct history_result r = history_read(t, &q);
    assert_in_range(r.text.len, 1001, 1050);
    ff_buf_fini(&r.text);
    free(body);
}

static void an_evicted_message_is_not_seen(void **state)
{
    struct bus_test *t = *state;
    struct ff_history_config small = history_config;
    small.max_per_channel = 5;
    uint64_t offsets[8];
    for (int i = 0; i < 5; i++)
        offsets[i] = history_stored(t, "evict", "x");
    struct ff_history_query q = {
        .channel = "evict", .from = offsets[0], .limit = 100};
    struct history_result r = history_read(t, &q);
    assert_true(r.from_seen);
    ff_buf_fini(&r.text);
    assert_int_equal(history_ensure(t, &small), FF_OK);
    for (int i = 5; i < 8; i++)
        offsets[i] = history_stored(t, "evict", "x");
    r = history_read(t, &q);
    assert_int_equal(r.err, FF_OK);
    assert_false(r.from_seen);
    ff_buf_fini(&r.text);
    q.from = offsets[3];
    r = history_read(t, &q);
    assert_true(r.from_seen);
    ff_buf_fini(&r.text);
    assert_int_equal(history_ensure(t, &history_config), FF_OK);
}

static void on_removed(void *ctx, ff_err err, uint64_t removed)
{
    struct history_result *r = ctx;
    r->calls++;
    r->err = err;
    r->offset = removed;
}

static uint64_t removed(struct bus_test *t, const char *channel,
                        uint64_t offset)
{
    struct history_result r = {0};
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
    history_stored(t, "gone", "a");
    uint64_t second = history_stored(t, "gone", "b");
    uint64_t third = history_stored(t, "gone", "c");
    history_stored(t, "stays", "x");
    snprintf(want, sizeof(want), "%llu=c;", (unsigned long long)third);
    assert_int_equal(removed(t, "gone", second), 2);
    struct history_result r = history_read(t, &q);
    assert_string_equal(r.text.data, want);
    ff_buf_fini(&r.text);
    assert_int_equal(removed(t, "gone", 0), 1);
    r = history_read(t, &q);
    assert_string_equal(r.text.data, "");
    ff_buf_fini(&r.text);
    q.channel = "stays";
    r = history_read(t, &q);
    assert_true(r.text.len > 0);
    ff_buf_fini(&r.text);
}

static void many_reads_wait_for_each_other(void **state)
{
    struct bus_test *t = *state;
    enum { COUNT = 1200 };
    static struct history_result results[COUNT];
    struct ff_history_query q = {.app = "dev",
                                 .channel = "model",
                                 .limit = 3,
                                 .max_bytes = 1000,
                                 .newest = true,
                                 .timeout_ms = WAIT_MS};
    int busy = 0;
    for (int i = 0; i < COUNT; i++)
        ff_history_read(t->bus, &q, history_on_page, &results[i]);
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
    struct history_result r = {0};
    q.timeout_ms = 1;
    q.channel = "";
    ff_history_read(t->bus, &q, history_on_page, &r);
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_E_INVALID);
    ff_buf_fini(&r.text);
}

static int setup(void **state)
{
    bus_test_setup(state);
    return history_ensure(*state, &history_config) == FF_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_what_the_stream_holds),
        cmocka_unit_test(bytes_are_limited),
        cmocka_unit_test(an_evicted_message_is_not_seen),
        cmocka_unit_test(messages_are_removed),
        cmocka_unit_test(many_reads_wait_for_each_other),
    };
    return cmocka_run_group_tests(tests, setup, bus_test_teardown);
}
