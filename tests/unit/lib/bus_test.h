#ifndef BUS_TEST_H
#define BUS_TEST_H

/* What the tests of the bus and of what stands on it share: a server, a loop, a bus, and waiting for a condition. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ff_bus.h"
#include "nats_server.h"

struct bus_test {
    struct nats_server server;
    struct ff_loop *loop;
    struct ff_bus *bus;
    int ups, downs;
};

/* setup and teardown of a cmocka group: *state is a struct bus_test with a bus that is connected. */
int bus_test_setup(void **state);
int bus_test_teardown(void **state);
int bus_test_open(struct bus_test *t, const char *server_conf);
void bus_test_close(struct bus_test *t);
struct ff_bus *bus_test_new_bus(struct bus_test *t, const char *user,
                                const char *password);

#define WAIT_MS 30000

/* Turn the loop until cond holds; fails the test after WAIT_MS. */
#define wait_for(t, cond)                                                      \
    do {                                                                       \
        int64_t wait_until_ = bus_test_now() + WAIT_MS;                        \
        while (!(cond)) {                                                      \
            if (bus_test_now() > wait_until_)                                  \
                fail_msg("waited in vain for: %s", #cond);                     \
            ff_loop_step((t)->loop, 20);                                       \
        }                                                                      \
    } while (0)
int64_t bus_test_now(void);

#endif
