#ifndef FF_METRIC_H
#define FF_METRIC_H

/*
 * Counters and gauges: the rows of proto/metrics.def. Atomics; any thread, no lock.
 */

#include "ff_mem.h"

enum ff_metric {
#define X(id, services, type, name, help) id,
#include "metrics.def"
#undef X
    FF_METRIC_COUNT
};

void ff_metric_add(enum ff_metric id, int64_t n);
void ff_metric_set(enum ff_metric id, int64_t value);
int64_t ff_metric_get(enum ff_metric id);
/* Prometheus text format of the metrics of these services (bits of services.def) appended to b. */
void ff_metric_print(unsigned services, struct ff_buf *b);

#endif
