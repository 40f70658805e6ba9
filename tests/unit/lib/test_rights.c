/* Rights: what is allowed and what is not, and that nats-server takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ff_file.h"
#include "ff_json.h"
#include "ff_subject.h"
#include "rights_steps.h"

static json_t *rights_of(enum ff_service service)
{
    struct ff_buf b = {0};
    json_t *rights;

    ff_rights_print(service, &b);
    assert_int_equal(ff_json_parse_object(ff_buf_slice(&b), &rights, NULL),
                     FF_OK);
    ff_buf_fini(&b);
    return rights;
}

static const json_t *allowed(const json_t *rights, const char *what)
{
    return json_object_get(json_object_get(rights, what), "allow");
}

/* NATS' rule: '*' is one token, '>' is one or more. */
static bool matches(const char *pattern, const char *subject)
{
    while (*pattern && *subject) {
        if (strcmp(pattern, ">") == 0)
            return true;
        size_t p = strcspn(pattern, "."), s = strcspn(subject, ".");
        if (!(p == 1 && *pattern == '*') &&
            (p != s || memcmp(pattern, subject, p) != 0))
            return false;
        if (!pattern[p] || !subject[s])
            return !pattern[p] && !subject[s];
        pattern += p + 1;
        subject += s + 1;
    }
    return false;
}

static bool may(enum ff_service service, const char *what, const char *subject)
{
    json_t *rights = rights_of(service);
    const json_t *list = allowed(rights, what);
    bool found = false;

    for (size_t i = 0; i < json_array_size(list); i++)
        found |= matches(json_string_value(json_array_get(list, i)), subject);
    json_decref(rights);
    return found;
}

static void every_row_is_allowed_to_its_services_only(void **state)
{
    static const struct {
        const char *pattern;
        unsigned publishers, subscribers;
    } rows[] = {
#define X(id, pattern, kind, publishers, subscribers, help)                    \
    {pattern, publishers, subscribers},
#include "subjects.def"
#undef X
    };

    (void)state;
    for (int s = 0; s < FF_SVC_COUNT; s++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct ff_subject_text text;
            ff_subject_wildcard((enum ff_subject)i, &text);
            for (char *at = text.text; (at = strchr(at, '*'));)
                *at = 'x';
            bool publish = rows[i].publishers & (1u << s);
            bool subscribe = rows[i].subscribers & (1u << s);
            assert_int_equal(may((enum ff_service)s, "publish", text.text),
                             publish);
            assert_int_equal(may((enum ff_service)s, "subscribe", text.text),
                             subscribe);
        }
    }
}

static void jetstream_is_allowed_by_name_only(void **state)
{
    static const struct {
        enum ff_service service;
        const char *subject;
        bool may;
    } cases[] = {
        {FF_SVC_AUTH, "$JS.API.STREAM.CREATE.FF_HISTORY", true},
        {FF_SVC_AUTH, "$JS.API.STREAM.UPDATE.KV_ff_apps", true},
        {FF_SVC_AUTH, "$KV.ff_apps.dev", true},
        {FF_SVC_AUTH, "$JS.API.STREAM.DELETE.FF_HISTORY", false},
        {FF_SVC_AUTH, "$JS.API.STREAM.CREATE.KV_ff_docs", false},
        {FF_SVC_AUTH, "$KV.ff_docs.x", false},
        {FF_SVC_GATEWAY, "$JS.API.STREAM.INFO.FF_HISTORY", true},
        {FF_SVC_GATEWAY, "$JS.API.DIRECT.GET.FF_HISTORY", true},
        {FF_SVC_GATEWAY, "$JS.API.DIRECT.GET.FF_HISTORY.ff.in.a.00.b", true},
        {FF_SVC_GATEWAY, "$JS.API.CONSUMER.CREATE.FF_HISTORY", true},
        {FF_SVC_GATEWAY, "$JS.API.CONSUMER.MSG.NEXT.FF_HISTORY.c", true},
        {FF_SVC_GATEWAY, "$JS.API.CONSUMER.CREATE.KV_ff_apps", true},
        {FF_SVC_GATEWAY, "$JS.API.STREAM.MSG.GET.KV_ff_apps", false},
        {FF_SVC_GATEWAY, "$JS.API.STREAM.CREATE.FF_HISTORY", false},
        {FF_SVC_GATEWAY, "$JS.API.STREAM.PURGE.FF_HISTORY", false},
        {FF_SVC_GATEWAY, "$KV.ff_apps.dev", false},
        {FF_SVC_GATEWAY, "$JS.API.DIRECT.GET.KV_ff_docs", false},
        {FF_SVC_INGRESS, "$JS.API.STREAM.PURGE.FF_HISTORY", true},
        {FF_SVC_INGRESS, "$JS.API.STREAM.PURGE.KV_ff_apps", false},
        {FF_SVC_DOCUMENTS, "$KV.ff_docs.x", true},
        {FF_SVC_ANALYTICS, "$JS.API.DIRECT.GET.FF_HISTORY", false},
        {FF_SVC_ANALYTICS, "$JS.API.ACCOUNT.PURGE.FF", false},
        {FF_SVC_AUTH, "$JS.API.ACCOUNT.PURGE.FF", false},
        {FF_SVC_AUTH, "$JS.API.SERVER.REMOVE", false},
        {FF_SVC_AUTH, "$SYS.REQ.SERVER.PING", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (may(cases[i].service, "publish", cases[i].subject) != cases[i].may)
            fail_msg("%s: %s", ff_service_name(cases[i].service),
                     cases[i].subject);
}

static void answers_go_to_who_asks(void **state)
{
    (void)state;
    assert_true(may(FF_SVC_AUTH, "publish", "_INBOX_gateway.a.b"));
    assert_true(may(FF_SVC_GATEWAY, "publish", "_INBOX_presence.a.b"));
    assert_false(may(FF_SVC_AUTH, "publish", "_INBOX_notify.a.b"));
    for (int s = 0; s < FF_SVC_COUNT; s++) {
        enum ff_service service = (enum ff_service)s;
        char *inbox = ff_asprintf("_INBOX_%s.a.b", ff_service_name(service));
        assert_true(may(service, "publish", inbox));
        for (int t = 0; t < FF_SVC_COUNT; t++)
            assert_int_equal(may((enum ff_service)t, "subscribe", inbox),
                             s == t);
        free(inbox);
    }
}

/* --- nats-server's own opinion --------------------------------------------------- */

static void write_conf(const char *path)
{
    struct ff_buf b = {0};

    rights_conf(&b);
    assert_int_equal(ff_file_write(path, ff_buf_slice(&b), 0600, NULL), FF_OK);
    ff_buf_fini(&b);
}

static int check_conf(const char *path)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        char *dirs = ff_asprintf("%s:/usr/sbin:/usr/local/bin", getenv("PATH"));
        setenv("PATH", dirs, 1);
        execlp("nats-server", "nats-server", "-t", "-c", path, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void nats_server_takes_them(void **state)
{
    char dir[] = "/tmp/ff-rights-XXXXXX";
    char path[sizeof dir + 16];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/nats.conf", dir);
    write_conf(path);
    int status = check_conf(path);
    unlink(path);
    rmdir(dir);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_allowed_to_its_services_only),
        cmocka_unit_test(jetstream_is_allowed_by_name_only),
        cmocka_unit_test(answers_go_to_who_asks),
        cmocka_unit_test(nats_server_takes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
