#include "tests/unit/up/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/up/files.h"
#include "tools/up/services.h"

static void make_program(const char *dir, const char *service)
{
    char *path = ff_asprintf("%s/fanfare-%s", dir, service);
    assert_true(files_write(path, FF_SLICE_LIT("#!/bin/sh\n"), 0700));
    free(path);
}

/* The value that wins; NULL when it is not set. */
static const char *setting(const struct child *c, const char *flag)
{
    const char *value = NULL;
    for (size_t i = 1; c->argv[i]; i += 2)
        if (strcmp(c->argv[i], flag) == 0)
            value = c->argv[i + 1];
    return value;
}

static void plan(struct cluster *cl, struct options *o, int argc, char **argv)
{
    char *dir = temp_folder();
    assert_int_equal(options_parse(o, argc, argv), OPTIONS_RUN);
    *cl = (struct cluster){.options = o, .next_admin = o->admin_port};
    cl->bin = dir;
    cl->state = ff_strdup(dir);
    cl->nats_url = ff_strdup("nats://127.0.0.1:1");
    memcpy(cl->secrets.services[FF_SVC_GATEWAY], "pgateway", 9);
    make_program(dir, "auth");
    make_program(dir, "ingress");
    make_program(dir, "gateway");
}

static void unplan(struct cluster *cl)
{
    char *dir = ff_strdup(cl->bin);
    cluster_fini(cl);
    temp_remove(&dir);
}

static void test_order_and_arguments(void **state)
{
    (void)state;
    struct options o;
    struct cluster cl;
    char *argv[] = {(char *)"up", (char *)"--gateways", (char *)"2", NULL};
    plan(&cl, &o, 3, argv);
    assert_true(services_plan(&cl));
    assert_int_equal(cl.count, 4);
    assert_string_equal(cl.children[0].name, "auth-1");
    assert_string_equal(cl.children[1].name, "ingress-1");
    assert_string_equal(cl.children[2].name, "gateway-1");
    assert_string_equal(cl.children[3].name, "gateway-2");
    const struct child *c = &cl.children[3];
    assert_string_equal(setting(c, "--instance"), "gateway-2");
    assert_string_equal(setting(c, "--nats_url"), "nats://127.0.0.1:1");
    assert_string_equal(c->env_password, "FANFARE_NATS_PASSWORD=pgateway");
    assert_int_equal(atol(setting(c, "--port")), c->port);
    assert_int_equal(atol(setting(c, "--admin_port")), c->admin);
    assert_string_equal(setting(&cl.children[0], "--dev"), "true");
    assert_null(setting(&cl.children[0], "--port"));
    assert_non_null(setting(&cl.children[1], "--public_gateway_url"));
    unplan(&cl);
    options_fini(&o);
}

static void test_ports_differ(void **state)
{
    (void)state;
    struct options o;
    struct cluster cl;
    char *argv[] = {(char *)"up",          (char *)"--gateways", (char *)"3",
                    (char *)"--ingresses", (char *)"2",          NULL};
    plan(&cl, &o, 5, argv);
    assert_true(services_plan(&cl));
    for (size_t i = 0; i < cl.count; i++)
        for (size_t j = 0; j < cl.count; j++) {
            assert_int_not_equal(cl.children[i].admin, cl.children[j].port);
            if (i == j || !cl.children[i].port)
                continue;
            assert_int_not_equal(cl.children[i].port, cl.children[j].port);
            assert_int_not_equal(cl.children[i].admin, cl.children[j].admin);
        }
    unplan(&cl);
    options_fini(&o);
}

static void test_scopes_of_settings(void **state)
{
    (void)state;
    struct options o;
    struct cluster cl;
    char *argv[] = {
        (char *)"up",
        (char *)"--gateways",
        (char *)"2",
        (char *)"--set",
        (char *)"all.log_level=debug",
        (char *)"--set",
        (char *)"gateway.workers=2",
        (char *)"--set",
        (char *)"gateway-2.workers=3",
        (char *)"--set",
        (char *)"auth.dev=false",
        NULL,
    };
    plan(&cl, &o, 11, argv);
    assert_true(services_plan(&cl));
    for (size_t i = 0; i < cl.count; i++)
        assert_string_equal(setting(&cl.children[i], "--log_level"), "debug");
    assert_string_equal(setting(&cl.children[0], "--dev"), "false");
    assert_null(setting(&cl.children[1], "--workers"));
    assert_string_equal(setting(&cl.children[2], "--workers"), "2");
    assert_string_equal(setting(&cl.children[3], "--workers"), "3");
    unplan(&cl);
    options_fini(&o);
}

static void test_missing_program(void **state)
{
    (void)state;
    struct options o;
    struct cluster cl;
    char *argv[] = {(char *)"up", (char *)"--presence", (char *)"1", NULL};
    plan(&cl, &o, 3, argv);
    assert_false(services_plan(&cl));
    unplan(&cl);
    options_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_arguments),
        cmocka_unit_test(test_ports_differ),
        cmocka_unit_test(test_scopes_of_settings),
        cmocka_unit_test(test_missing_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
