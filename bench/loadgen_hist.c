#include "loadgen_hist.h"

#define SUB_COUNT (1u << HIST_SUB_BITS)

static unsigned bucket_of(uint64_t value)
{
    unsigned shift;

    if (value < SUB_COUNT)
        return (unsigned)value;
    shift = 63u - (unsigned)__builtin_clzll(value) - HIST_SUB_BITS;
    return (shift + 1) * SUB_COUNT +
           (unsigned)((value >> shift) & (SUB_COUNT - 1));
}

/* The middle of what a bucket holds. */
static uint64_t bucket_value(unsigned bucket)
{
    unsigned shift;

    if (bucket < SUB_COUNT)
        return bucket;
    shift = bucket / SUB_COUNT - 1;
    return ((uint64_t)(SUB_COUNT + bucket % SUB_COUNT) << shift) +
           ((uint64_t)1 << shift) / 2;
}

void hist_add(struct hist *hist, int64_t value_ns)
{
    uint64_t value = value_ns > 0 ? (uint64_t)value_ns : 0;

    hist->buckets[bucket_of(value)]++;
    hist->count++;
    hist->sum += (double)value;
    if (value > hist->max)
        hist->max = value;
}

uint64_t hist_percentile(const struct hist *hist, double percent)
{
    uint64_t wanted = (uint64_t)((double)hist->count * percent / 100.0 + 0.5);
    uint64_t seen = 0;

    if (hist->count == 0)
        return 0;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += hist->buckets[i];
        if (seen >= wanted && seen > 0)
            return bucket_value(i) < hist->max ? bucket_value(i) : hist->max;
    }
    return hist->max;
}

void hist_print_us(const struct hist *hist, FILE *out)
{
    double mean = hist->count ? hist->sum / (double)hist->count : 0;

    fprintf(out,
            "{\"count\":%lu,\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,"
            "\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}",
            hist->count, mean / 1e3, (double)hist_percentile(hist, 50) / 1e3,
            (double)hist_percentile(hist, 90) / 1e3,
            (double)hist_percentile(hist, 99) / 1e3,
            (double)hist_percentile(hist, 99.9) / 1e3, (double)hist->max / 1e3);
}
