#include "bus_test.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_log.h"

int64_t bus_test_now(void)
{
    return ff_clock_steady_ms();
}

static void on_state(void *ctx, bool connected)
{
    struct bus_test *t = ctx;
    if (connected)
        t->ups++;
    else
        t->downs++;
}

struct ff_bus *bus_test_new_bus(struct bus_test *t, const char *user,
                                const char *password)
{
    char *urls[] = {t->server.url, NULL};
    struct ff_bus_options options = {
        .urls = urls,
        .name = "test",
        .user = user,
        .password = password,
        .inbox_prefix = "_INBOX_test",
        .on_state = on_state,
        .ctx = t,
    };
    return ff_bus_new(t->loop, &options);
}

int bus_test_open(struct bus_test *t, const char *server_conf)
{
    ff_log_init("test", "test");
    if (ff_log_set_level("error") != FF_OK)
        return -1;
    nats_server_init(&t->server, server_conf);
    t->loop = ff_loop_new();
    t->bus = bus_test_new_bus(t, NULL, NULL);
    wait_for(t, ff_bus_connected(t->bus));
    return 0;
}

void bus_test_close(struct bus_test *t)
{
    ff_bus_free(&t->bus);
    ff_loop_free(&t->loop);
    nats_server_fini(&t->server);
}

int bus_test_setup(void **state)
{
    struct bus_test *t = ff_new(struct bus_test);
    *state = t;
    return bus_test_open(t, NULL);
}

int bus_test_teardown(void **state)
{
    bus_test_close(*state);
    free(*state);
    return 0;
}
