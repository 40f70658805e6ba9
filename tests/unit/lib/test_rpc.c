/* Requests between services, over a real nats-server. */
#include "bus_test.h"

#include <string.h>

#include "ff_rpc.h"

struct greet_in {
    const char *name;
};

static const struct ff_schema_field greet_fields[] = {
    {"name", FF_T_STRING, FF_SCHEMA_REQUIRED, 1, 10,
     offsetof(struct greet_in, name), "who"},
};
static const struct ff_schema greet_schema = {"greet", sizeof(struct greet_in),
                                              greet_fields, 1, "greets"};
static const struct ff_schema empty_schema = {"empty", 1, NULL, 0, "nothing"};

static struct ff_rpc_req *later;

static void do_greet(void *ctx, struct ff_rpc_req *req, const void *in)
{
    const struct greet_in *greet = in;
    ++*(int *)ctx;
    ff_rpc_reply_value(req, json_pack("{s:s}", "hello", greet->name));
}

static void do_refuse(void *ctx, struct ff_rpc_req *req, const void *in)
{
    (void)ctx;
    (void)in;
    struct ff_why why = {"channel", "not \"yours\" \xc3"};
    ff_rpc_fail_with(req, FF_E_FORBIDDEN, &why,
                     json_pack("{s:i}", "version", 7));
}

static void do_later(void *ctx, struct ff_rpc_req *req, const void *in)
{
    (void)ctx;
    (void)in;
    later = req;
}

static const struct ff_rpc_verb verbs[] = {
    {"greet", &greet_schema, do_greet},
    {"refuse", &empty_schema, do_refuse},
    {"later", &empty_schema, do_later},
};

struct result {
    int calls;
    ff_err err;
    struct ff_why why;
    struct ff_buf text;
};

static void on_result(void *ctx, ff_err err, const struct ff_why *why,
                      const json_t *result)
{
    struct result *r = ctx;
    r->calls++;
    r->err = err;
    r->why = *why;
    if (result != NULL)
        ff_json_write(&r->text, result);
}

static struct result call(struct bus_test *t, const char *subject,
                          const char *json)
{
    struct result r = {0};
    ff_rpc_call(t->bus, subject, ff_slice_str(json), WAIT_MS, on_result, &r);
    wait_for(t, r.calls == 1);
    return r;
}

static void verbs_are_served(void **state)
{
    struct bus_test *t = *state;
    int greeted = 0;
    struct ff_rpc_server *server =
        ff_rpc_serve(t->bus, FF_SUBJ_AUTH, NULL, "auth", verbs, 3, &greeted);
    struct result r =
        call(t, "ff.rpc.auth.greet", "{\"name\":\"Ada\",\"more\":1}");
    assert_int_equal(r.err, FF_OK);
    assert_string_equal(r.text.data, "{\"hello\":\"Ada\"}");
    assert_int_equal(greeted, 1);
    ff_buf_fini(&r.text);
    ff_rpc_server_free(&server);
    assert_null(server);
    r = call(t, "ff.rpc.auth.greet", "{\"name\":\"Ada\"}");
    assert_int_equal(r.err, FF_E_UNAVAILABLE);
    assert_string_not_equal(r.why.text, "");
}

static void assert_refused(struct bus_test *t, const char *subject,
                           const char *json, ff_err want, const char *field)
{
    struct result r = call(t, subject, json);
    assert_int_equal(r.err, want);
    assert_string_equal(r.why.field, field);
    assert_string_not_equal(r.why.text, "");
    ff_buf_fini(&r.text);
}

static void refusals_tell_why(void **state)
{
    struct bus_test *t = *state;
    struct ff_rpc_server *server =
        ff_rpc_serve(t->bus, FF_SUBJ_GATEWAY, "g1", NULL, verbs, 3, NULL);
    struct result r = call(t, "ff.gw.g1.refuse", "");
    assert_int_equal(r.err, FF_E_FORBIDDEN);
    assert_string_equal(r.why.field, "channel");
    assert_string_equal(r.why.text, "not \"yours\" \xef\xbf\xbd");
    assert_non_null(strstr(r.text.data, "\"version\":7"));
    ff_buf_fini(&r.text);
    assert_refused(t, "ff.gw.g1.greet", "{}", FF_E_MISSING, "name");
    assert_refused(t, "ff.gw.g1.greet", "[", FF_E_JSON, "");
    assert_refused(t, "ff.gw.g1.none", "{}", FF_E_ACTION, "");
    assert_refused(t, "ff.gw.g2.refuse", "{}", FF_E_UNAVAILABLE, "");
    ff_rpc_server_free(&server);
}

static void an_answer_may_come_later(void **state)
{
    struct bus_test *t = *state;
    struct result r = {0};
    struct ff_rpc_server *server =
        ff_rpc_serve(t->bus, FF_SUBJ_AUTH, NULL, "auth", verbs, 3, NULL);
    ff_rpc_call(t->bus, "ff.rpc.auth.later", FF_SLICE_LIT("{}"), WAIT_MS,
                on_result, &r);
    wait_for(t, later != NULL);
    ff_rpc_server_free(&server);
    ff_rpc_reply(later, FF_SLICE_LIT("{\"ok\":true}"));
    wait_for(t, r.calls == 1);
    assert_int_equal(r.err, FF_OK);
    assert_string_equal(r.text.data, "{\"ok\":true}");
    ff_buf_fini(&r.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_are_served),
        cmocka_unit_test(refusals_tell_why),
        cmocka_unit_test(an_answer_may_come_later),
    };
    return cmocka_run_group_tests(tests, bus_test_setup, bus_test_teardown);
}
