#include "ff_metric.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "ff_service.h"

#define TYPE_COUNTER "counter"
#define TYPE_GAUGE   "gauge"

struct row {
    unsigned services;
    const char *type, *name, *help;
};

static const struct row rows[] = {
#define X(id, services, type, name, help)                                      \
    [id] = {services, TYPE_##type, name, help},
#include "metrics.def"
#undef X
};

static _Atomic int64_t values[FF_METRIC_COUNT];

void ff_metric_add(enum ff_metric id, int64_t n)
{
    atomic_fetch_add_explicit(&values[id], n, memory_order_relaxed);
}

void ff_metric_set(enum ff_metric id, int64_t value)
{
    atomic_store_explicit(&values[id], value, memory_order_relaxed);
}

int64_t ff_metric_get(enum ff_metric id)
{
    return atomic_load_explicit(&values[id], memory_order_relaxed);
}

void ff_metric_print(unsigned services, struct ff_buf *b)
{
    for (unsigned i = 0; i < FF_METRIC_COUNT; i++) {
        const struct row *row = &rows[i];
        if ((row->services & services) == 0)
            continue;
        ff_buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n",
                    row->name, row->help, row->name, row->type, row->name,
                    ff_metric_get((enum ff_metric)i));
    }
}
