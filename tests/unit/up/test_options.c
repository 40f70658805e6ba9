#include "tests/unit/up/unit.h"

#include <string.h>

#include "tools/up/options.h"

#define PARSE(o, ...)                                                          \
    parse(o, (char *[]){(char *)"fanfare-up", __VA_ARGS__, NULL})

static enum options_result parse(struct options *o, char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return options_parse(o, argc, argv);
}

static void test_defaults(void **state)
{
    (void)state;
    struct options o;
    char *argv[] = {(char *)"fanfare-up", NULL};
    assert_int_equal(parse(&o, argv), OPTIONS_RUN);
    assert_string_equal(o.state, "./var");
    assert_int_equal(o.gateway_port, 8080);
    assert_int_equal(o.ingress_port, 8081);
    assert_int_equal(o.nats_port, 4222);
    assert_int_equal(o.admin_port, 9100);
    assert_int_equal(o.nats_servers, 1);
    assert_null(o.external_nats);
    assert_false(o.free_ports);
    for (int i = 0; i < FF_SVC_COUNT; i++)
        assert_int_equal(o.counts[i], -1);
    options_fini(&o);
}

static void test_counts(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, (char *)"--gateways", (char *)"3",
                           (char *)"--ingresses", (char *)"2",
                           (char *)"--analytics", (char *)"0"),
                     OPTIONS_RUN);
    assert_int_equal(o.counts[FF_SVC_GATEWAY], 3);
    assert_int_equal(o.counts[FF_SVC_INGRESS], 2);
    assert_int_equal(o.counts[FF_SVC_ANALYTICS], 0);
    assert_int_equal(o.counts[FF_SVC_AUTH], -1);
    options_fini(&o);
}

static void test_settings(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, (char *)"--set", (char *)"gateway-2.port=1",
                           (char *)"--set", (char *)"all.log_level=a=b.c",
                           (char *)"--set", (char *)"auth.issuer="),
                     OPTIONS_RUN);
    assert_int_equal(o.setting_count, 3);
    assert_memory_equal(o.settings[0].scope, "gateway-2", 9);
    assert_int_equal(o.settings[0].scope_len, 9);
    assert_int_equal(o.settings[0].name_len, 4);
    assert_int_equal(o.settings[1].name_len, 9);
    assert_string_equal(o.settings[1].value, "a=b.c");
    assert_string_equal(o.settings[2].value, "");
    options_fini(&o);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"--nonsense", "1"},       {"--gateways", "x"},
        {"--gateways", "65"},      {"--gateways", "-1"},
        {"--gateways", NULL},      {"--nats-servers", "2"},
        {"--gateway-port", "0"},   {"--admin-port", "65536"},
        {"--state", ""},           {"--set", "gateway"},
        {"--set", "gateway.port"}, {"--set", ".port=1"},
        {"--set", "gateway.=1"},   {"--set", "a=b.c"},
        {"gateways", "1"},         {"--gatewayss", "1"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct options o;
        assert_int_equal(PARSE(&o, (char *)bad[i][0], (char *)bad[i][1]),
                         OPTIONS_BAD);
        options_fini(&o);
    }
}

static void test_help(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(PARSE(&o, (char *)"--help"), OPTIONS_HELP);
    options_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_settings), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
