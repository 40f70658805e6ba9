/* The admin listener and the watchdog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ff_admin.h"
#include "ff_clock.h"
#include "ff_metric.h"
#include "ff_service.h"
#include "http_client.h"

struct rig {
    struct ff_admin *admin;
    struct ff_loop *loop; /* only for the client */
    struct client client;
};

static void start(struct rig *r, int second_ms)
{
    struct ff_admin_options o = {
        .host = "127.0.0.1",
        .listen = true,
        .service = "gateway",
        .instance = "gateway-1",
        .services = FF_S_GATEWAY,
        .second_ms = second_ms,
    };

    assert_int_equal(ff_admin_new(&o, &r->admin, NULL), FF_OK);
    r->loop = ff_loop_new();
    client_open(&r->client, r->loop, "127.0.0.1", ff_admin_port(r->admin));
}

static void stop(struct rig *r)
{
    client_close(&r->client);
    ff_loop_free(&r->loop);
    ff_admin_free(&r->admin);
}

static void get(struct rig *r, const char *path, struct answer *out)
{
    char *request =
        ff_asprintf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

    client_sends(&r->client, request);
    client_read(&r->client, out);
    free(request);
}

static int status_of(struct rig *r, const char *path)
{
    struct answer a = {0};

    get(r, path, &a);
    int status = a.status;
    answer_fini(&a);
    return status;
}

static void wait_status(struct rig *r, const char *path, int status)
{
    turn_until(r->loop, status_of(r, path) == status);
}

static void readiness_names_what_is_missing(void **state)
{
    struct rig r;
    struct answer a = {0};
    struct ff_why missing[] = {{"bus", "not \"there\""}, {"apps", "none"}};

    (void)state;
    start(&r, 0);
    get(&r, "/readyz", &a);
    assert_int_equal(a.status, 503);
    assert_string_equal(
        a.body, "{\"ready\":false,\"service\":\"gateway\","
                "\"instance\":\"gateway-1\",\"missing\":[{\"name\":"
                "\"start\",\"reason\":\"the service is starting\"}]}\n");
    answer_fini(&a);
    ff_admin_set_missing(r.admin, NULL, 0);
    wait_status(&r, "/readyz", 200);
    get(&r, "/readyz", &a);
    assert_string_equal(a.body, "{\"ready\":true,\"service\":\"gateway\","
                                "\"instance\":\"gateway-1\"}\n");
    answer_fini(&a);
    ff_admin_set_missing(r.admin, missing, 2);
    wait_status(&r, "/readyz", 503);
    get(&r, "/readyz", &a);
    assert_non_null(strstr(a.body,
                           "\"missing\":[{\"name\":\"bus\",\"reason\":\"not "
                           "\\\"there\\\"\"},{\"name\":\"apps\",\"reason\":"
                           "\"none\"}]"));
    answer_fini(&a);
    stop(&r);
}

static void metrics_are_those_of_the_service(void **state)
{
    struct rig r;
    struct answer a = {0};

    (void)state;
    start(&r, 0);
    ff_metric_set(FF_M_CONNECTIONS, 7);
    get(&r, "/metrics", &a);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "Content-Type: text/plain"));
    assert_non_null(strstr(a.body, "\nfanfare_connections 7\n"));
    assert_null(strstr(a.body, "fanfare_tokens_issued_total"));
    answer_fini(&a);
    stop(&r);
}

static void only_what_there_is(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 0);
    assert_int_equal(status_of(&r, "/"), 404);
    assert_int_equal(status_of(&r, "/livez/x"), 404);
    assert_int_equal(status_of(&r, "/livez"), 200);
    assert_int_equal(client_ask(&r.client, "POST /livez HTTP/1.1\r\n"
                                           "Host: x\r\n\r\n"),
                     405);
    stop(&r);
}

static void a_stuck_loop_is_not_alive(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 100);
    for (int i = 0; i < 5; i++) {
        ff_admin_beat(r.admin);
        assert_int_equal(status_of(&r, "/livez"), 200);
    }
    wait_status(&r, "/livez", 503);
    ff_admin_beat(r.admin);
    wait_status(&r, "/livez", 200);
    stop(&r);
}

static void a_dead_loop_ends_the_process(void **state)
{
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct ff_admin_options o = {
            .service = "gateway", .instance = "x", .second_ms = 1};
        struct ff_admin *admin = NULL;
        if (ff_admin_new(&o, &admin, NULL) == FF_OK)
            for (;;)
                pause();
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FF_ADMIN_EXIT);
}

static void a_taken_port_is_told(void **state)
{
    struct rig r;
    struct ff_why why = {0};
    struct ff_admin *second = NULL;

    (void)state;
    start(&r, 0);
    struct ff_admin_options o = {.host = "127.0.0.1",
                                 .port = ff_admin_port(r.admin),
                                 .listen = true,
                                 .service = "auth",
                                 .instance = "x"};
    assert_int_equal(ff_admin_new(&o, &second, &why), FF_E_IO);
    assert_null(second);
    assert_string_equal(why.field, "port");
    stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_loop_ends_the_process),
        cmocka_unit_test(readiness_names_what_is_missing),
        cmocka_unit_test(metrics_are_those_of_the_service),
        cmocka_unit_test(only_what_there_is),
        cmocka_unit_test(a_stuck_loop_is_not_alive),
        cmocka_unit_test(a_taken_port_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
