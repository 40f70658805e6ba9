#include "loadgen_tally.h"

#include "loadgen_util.h"

void tally_init(struct tally *tally, uint32_t receivers, uint32_t streams,
                uint32_t capacity)
{
    tally->receivers = receivers;
    tally->streams = streams;
    tally->capacity = capacity;
    tally->words = capacity / 64 + 1;
    tally->bits = must_alloc((size_t)receivers * streams * tally->words,
                             sizeof(uint64_t));
    tally->highest = must_alloc((size_t)receivers * streams, sizeof(uint32_t));
    for (uint32_t i = 0; i < streams; i++)
        tally->log[i].bits = must_alloc(tally->words, sizeof(uint64_t));
}

void tally_issued(struct tally *tally, uint32_t stream, uint32_t seq)
{
    if (seq > tally->capacity)
        die("more than %u messages: shorten the run", tally->capacity);
    atomic_store(&tally->log[stream].issued, seq);
}

void tally_acked(struct tally *tally, uint32_t stream, uint32_t seq)
{
    struct publish_log *log = &tally->log[stream];

    log->bits[seq / 64] |= (uint64_t)1 << (seq % 64);
    if (seq > atomic_load(&log->acked_high))
        atomic_store(&log->acked_high, seq);
    atomic_fetch_add(&log->acked, 1);
}

void tally_failed(struct tally *tally, uint32_t stream)
{
    atomic_fetch_add(&tally->log[stream].failed, 1);
}

static void count_seq(struct tally *tally, uint32_t receiver,
                      const struct mark *mark)
{
    size_t row = (size_t)receiver * tally->streams + mark->stream;
    uint64_t *word = &tally->bits[row * tally->words + mark->seq / 64];
    uint64_t bit = (uint64_t)1 << (mark->seq % 64);

    if (*word & bit) {
        tally->duplicates[mark->stream]++;
        return;
    }
    *word |= bit;
    tally->unique[mark->stream]++;
    if (mark->seq < tally->highest[row])
        tally->disordered[mark->stream]++;
    else
        tally->highest[row] = mark->seq;
}

bool tally_delivery(struct tally *tally, uint32_t receiver, const char *data,
                    size_t len, size_t wire_bytes, int64_t now,
                    struct mark *out_mark)
{
    if (!mark_find(data, len, &tally->hint, out_mark))
        return false;
    if (out_mark->stream >= tally->streams || out_mark->seq > tally->capacity)
        die("a message that this run never published");
    count_seq(tally, receiver, out_mark);
    if (tally->measuring) {
        tally->window_deliveries++;
        tally->window_bytes += wire_bytes;
        hist_add(&tally->latency, now - out_mark->due_ns);
    }
    return true;
}

uint32_t tally_highest(const struct tally *tally, uint32_t receiver,
                       uint32_t stream)
{
    return tally->highest[(size_t)receiver * tally->streams + stream];
}

uint64_t tally_expected(const struct tally *tally, uint32_t stream)
{
    return (uint64_t)atomic_load(&tally->log[stream].acked) * tally->receivers;
}

bool tally_complete(const struct tally *tally)
{
    for (uint32_t i = 0; i < tally->streams; i++)
        if (tally->unique[i] < tally_expected(tally, i))
            return false;
    return true;
}

uint64_t tally_lost(const struct tally *tally, uint32_t stream)
{
    const uint64_t *acked = tally->log[stream].bits;
    uint64_t lost = 0;

    for (uint32_t i = 0; i < tally->receivers; i++) {
        size_t row = (size_t)i * tally->streams + stream;
        const uint64_t *got = tally->bits + row * tally->words;

        for (size_t w = 0; w < tally->words; w++)
            lost += (uint64_t)__builtin_popcountll(acked[w] & ~got[w]);
    }
    return lost;
}

void tally_print(const struct tally *tally, uint32_t stream, FILE *out)
{
    uint64_t expected = tally_expected(tally, stream);
    uint64_t lost = tally_lost(tally, stream);

    fprintf(out,
            "\"published\":%u,\"publish_failed\":%u,\"expected\":%lu,"
            "\"delivered\":%lu,\"lost\":%lu,\"delivered_percent\":%.4f,"
            "\"duplicates\":%lu,\"disordered\":%lu",
            atomic_load(&tally->log[stream].acked),
            atomic_load(&tally->log[stream].failed), expected,
            tally->unique[stream], lost,
            expected ? 100.0 * (double)(expected - lost) / (double)expected
                     : 100.0,
            tally->duplicates[stream], tally->disordered[stream]);
}
