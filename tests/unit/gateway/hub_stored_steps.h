#ifndef HUB_STORED_STEPS_H
#define HUB_STORED_STEPS_H

/* A hub with a stream and some namespaces, for the tests of channels with history. */

#include "hub_steps.h"

static const char namespaces[] =
    "\"room\":{\"history_size\":100,\"history_ttl_s\":3600},"
    "\"few\":{\"history_size\":3},"
    "\"last\":{\"cache\":true}";

static inline int setup(void **state)
{
    (void)state;
    return hub_set_up(namespaces);
}

static inline uint64_t publish(unsigned n)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < n; i++)
        last = stream_publish(1);
    return last;
}

/* None of them comes live. */
static inline uint64_t publish_unheard(unsigned n)
{
    fake.drop_live = 1000;
    uint64_t last = publish(n);
    fake.drop_live = 0;
    return last;
}

/* Worker 0 is on room:1. */
static inline void be_there(void)
{
    subscribe(0, "room:1", 11);
    fake_run(2000);
    fake_skip_mail();
}

static inline void told_offsets(unsigned worker, uint64_t from)
{
    for (size_t i = 0; i < stream.count; i++) {
        if (stream.entries[i].offset > from && stream.entries[i].mark == 0)
            told_offset(worker, stream.entries[i].offset);
    }
    fake_expect_nothing(worker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
