#include "tests/unit/up/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/up/ports.h"

/* A listener on a port of the kernel's choice; its descriptor. */
static int listen_somewhere(int *out_port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    *out_port = ntohs(addr.sin_port);
    return fd;
}

static void test_taken_port_is_passed_over(void **state)
{
    (void)state;
    struct ports ports = {0};
    int used;
    int fd = listen_somewhere(&used);
    int port = ports_pick(&ports, used);
    assert_true(port == 0 || port > used);
    close(fd);
}

static void test_never_twice(void **state)
{
    (void)state;
    struct ports ports = {0};
    int first = ports_pick(&ports, 20000);
    int second = ports_pick(&ports, first);
    assert_true(first >= 20000);
    assert_true(second > first);
}

static void test_random_ones_are_not_the_kernels(void **state)
{
    (void)state;
    struct ports ports = {.random = true};
    for (int i = 0; i < 50; i++) {
        int port = ports_pick(&ports, 8080);
        assert_in_range(port, 20000, 32767);
    }
}

static void test_none_left(void **state)
{
    (void)state;
    struct ports ports = {0};
    for (size_t i = 0; i < sizeof(ports.taken); i++)
        ports.taken[i] = 0xff;
    assert_int_equal(ports_pick(&ports, 65000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken_port_is_passed_over),
        cmocka_unit_test(test_never_twice),
        cmocka_unit_test(test_random_ones_are_not_the_kernels),
        cmocka_unit_test(test_none_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
