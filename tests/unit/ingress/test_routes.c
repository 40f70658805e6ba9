/* The table of calls: every row is found, and what is not there is told apart from a wrong method. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/ingress/routes.h"

static char params[CALL_PARAMS_MAX][FF_CHANNEL_MAX + 1];
static char allowed[64];

static void test_found(void **state)
{
    const struct route *route;

    (void)state;
    assert_int_equal(
        routes_find("POST", "/v1/publish", params, &route, allowed), FF_OK);
    assert_ptr_equal(route->handler, publish_post);
    assert_int_equal(
        routes_find("GET", "/v1/channels/a:b/history", params, &route, allowed),
        FF_OK);
    assert_ptr_equal(route->handler, history_get);
    assert_string_equal(params[0], "a:b");
    assert_int_equal(
        routes_find("GET", "/v1/channels/x", params, &route, allowed), FF_OK);
    assert_ptr_equal(route->handler, channels_get);
}

static void test_wrong_method(void **state)
{
    const struct route *route;

    (void)state;
    assert_int_equal(
        routes_find("PUT", "/v1/channels/x/history", params, &route, allowed),
        FF_E_METHOD);
    assert_string_equal(allowed, "GET, DELETE");
}

static void test_not_there(void **state)
{
    static const char *const paths[] = {"/",
                                        "",
                                        "/v1",
                                        "/v1/publish/",
                                        "/v1/publishing",
                                        "/v1/channels/",
                                        "/v1/channels//history",
                                        "/v1/channels/a/b/c"};
    const struct route *route;

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(routes_find("GET", paths[i], params, &route, allowed),
                         FF_E_NOT_FOUND);
}

static void test_names_are_bounded(void **state)
{
    const struct route *route;
    char path[300] = "/v1/channels/";

    (void)state;
    for (size_t i = 13; i < 13 + 201; i++)
        path[i] = 'x';
    assert_int_equal(routes_find("GET", path, params, &route, allowed),
                     FF_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_wrong_method),
        cmocka_unit_test(test_not_there),
        cmocka_unit_test(test_names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
