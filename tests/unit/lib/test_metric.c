/* Metrics and services: the rows of proto/metrics.def and services.def. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ff_metric.h"
#include "ff_service.h"

static char *print(unsigned services)
{
    struct ff_buf b = {0};
    ff_metric_print(services, &b);
    return ff_buf_take(&b);
}

static void counts(void **state)
{
    (void)state;
    ff_metric_add(FF_M_ACTIONS, 2);
    ff_metric_add(FF_M_ACTIONS, 3);
    assert_int_equal(ff_metric_get(FF_M_ACTIONS), 5);
    ff_metric_set(FF_M_CONNECTIONS, 7);
    ff_metric_add(FF_M_CONNECTIONS, -1);
    assert_int_equal(ff_metric_get(FF_M_CONNECTIONS), 6);
}

static void prints_name_type_and_value(void **state)
{
    (void)state;
    ff_metric_set(FF_M_CONNECTIONS, 6);
    char *text = print(FF_S_GATEWAY);
    assert_non_null(strstr(text, "# HELP fanfare_connections open client "
                                 "connections\n"
                                 "# TYPE fanfare_connections gauge\n"
                                 "fanfare_connections 6\n"));
    assert_non_null(strstr(text, "# TYPE fanfare_actions_total counter\n"));
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void prints_only_of_the_service(void **state)
{
    (void)state;
    char *text = print(FF_S_AUTH);
    assert_non_null(strstr(text, "\nfanfare_tokens_issued_total "));
    assert_non_null(strstr(text, "fanfare_bus_connected "));
    assert_null(strstr(text, "fanfare_connections"));
    free(text);
}

/* A counter ends in _total and nothing else does; names are unique. */
static void names_follow_prometheus(void **state)
{
    static const struct {
        const char *type, *name;
    } rows[] = {
#define X(id, services, type, name, help) {#type, name},
#include "metrics.def"
#undef X
    };
    (void)state;
    for (size_t i = 0; i < FF_METRIC_COUNT; i++) {
        const char *name = rows[i].name;
        size_t len = strlen(name);
        assert_int_equal(strncmp(name, "fanfare_", 8), 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                         len);
        assert_int_equal(strcmp(name + len - 6, "_total") == 0,
                         strcmp(rows[i].type, "COUNTER") == 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(name, rows[j].name);
    }
}

static void services_have_names(void **state)
{
    (void)state;
    assert_string_equal(ff_service_name(FF_SVC_GATEWAY), "gateway");
    assert_int_equal(FF_S_GATEWAY, 1u << FF_SVC_GATEWAY);
    for (int i = 0; i < FF_SVC_COUNT; i++) {
        enum ff_service id = (enum ff_service)i;
        assert_true(strlen(ff_service_name(id)) > 0);
        assert_true(strlen(ff_service_help(id)) > 0);
        assert_true(ff_service_order(id) > 0);
        assert_true(FF_S_ALL & (1u << i));
    }
    assert_true(ff_service_order(FF_SVC_AUTH) <
                ff_service_order(FF_SVC_GATEWAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(prints_name_type_and_value),
        cmocka_unit_test(prints_only_of_the_service),
        cmocka_unit_test(names_follow_prometheus),
        cmocka_unit_test(services_have_names),
    };
    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
