/*
 * loadgen_hist - a histogram of durations with logarithmic buckets: 64 per
 * power of two, so that every value is kept within 1.6 %, in the manner of
 * HdrHistogram. One thread.
 */
#ifndef LOADGEN_HIST_H
#define LOADGEN_HIST_H

#include <stdint.h>
#include <stdio.h>

#define HIST_SUB_BITS 6
#define HIST_BUCKETS  ((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
    uint64_t count;
    uint64_t max;
    double sum;
    uint64_t buckets[HIST_BUCKETS];
};

void hist_add(struct hist *hist, int64_t value_ns);

/* The value below which `percent` of all values lie, 0 when empty. */
uint64_t hist_percentile(const struct hist *hist, double percent);

/* {"count":…,"mean":…,"p50":…,…} in microseconds. */
void hist_print_us(const struct hist *hist, FILE *out);

#endif
