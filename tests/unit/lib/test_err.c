/* Errors: every row of proto/errors.def, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ff_err.h"
#include "ff_mem.h"

static void each_row_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < FF_ERR_COUNT; i++) {
        ff_err err = (ff_err)i;
        assert_true(strlen(ff_err_code(err)) > 0);
        assert_true(strlen(ff_err_text(err)) > 0);
        assert_in_range(ff_err_http(err), 200, 599);
        assert_int_equal(ff_err_from_code(ff_err_code(err)), err);
        assert_true((ff_err_class(err) == FF_CLASS_OK) == (err == FF_OK));
        int close = ff_err_close(err);
        assert_true(close == 0 || (close >= 1000 && close < 5000));
    }
}

static void class_and_status_agree(void **state)
{
    (void)state;
    for (int i = 1; i < FF_ERR_COUNT; i++) {
        enum ff_err_class class = ff_err_class((ff_err)i);
        int http = ff_err_http((ff_err)i);
        if (class == FF_CLASS_CLIENT || class == FF_CLASS_AUTH)
            assert_in_range(http, 400, 499);
        if (class == FF_CLASS_TRANSIENT || class == FF_CLASS_INTERNAL)
            assert_in_range(http, 500, 599);
    }
}

static void strangers_are_internal(void **state)
{
    (void)state;
    assert_int_equal(ff_err_from_code("no such code"), FF_E_INTERNAL);
    assert_int_equal(ff_err_from_code(""), FF_E_INTERNAL);
    assert_string_equal(ff_err_code((ff_err)9999), "internal");
    assert_int_equal(ff_err_http((ff_err)-1), 500);
}

static void why_is_filled(void **state)
{
    struct ff_why why;
    (void)state;
    assert_int_equal(
        ff_why_set(&why, FF_E_INVALID, "limit", "at most %d", 1000),
        FF_E_INVALID);
    assert_string_equal(why.field, "limit");
    assert_string_equal(why.text, "at most 1000");
    assert_int_equal(ff_why_set(NULL, FF_E_JSON, "x", "y"), FF_E_JSON);
    assert_int_equal(ff_why_set(&why, FF_E_JSON, NULL, "y"), FF_E_JSON);
    assert_string_equal(why.field, "");
}

static void why_is_cut(void **state)
{
    struct ff_why why;
    char text[500];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ff_why_set(&why, FF_E_INVALID, text, "%s", text);
    assert_int_equal(strlen(why.field), sizeof(why.field) - 1);
    assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

static void why_may_quote_itself(void **state)
{
    struct ff_why why;
    (void)state;
    ff_why_set(&why, FF_E_INVALID, "port", "must be a number");
    ff_why_set(&why, FF_E_INVALID, why.field, "%s (--port)", why.text);
    assert_string_equal(why.field, "port");
    assert_string_equal(why.text, "must be a number (--port)");
}

static ff_err tries(ff_err err)
{
    FF_TRY(err);
    return FF_E_CONFLICT;
}

static void try_returns_what_failed(void **state)
{
    (void)state;
    assert_int_equal(tries(FF_E_BUSY), FF_E_BUSY);
    assert_int_equal(tries(FF_OK), FF_E_CONFLICT);
}

/* What fn says on standard error before it ends by SIGABRT. */
static void aborts(void (*fn)(void), const char *says)
{
    char text[1000];
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); /* cmocka's goes on after it */
        fn();
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    ssize_t n = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    text[n > 0 ? n : 0] = '\0';
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, says));
}

static void make_bug(void)
{
    ff_bug("seven is %d", 8);
}

static void grow_too_far(void)
{
    size_t cap = 0;
    ff_grow(NULL, &cap, SIZE_MAX / 4, 8);
}

static void buffer_too_far(void)
{
    struct ff_buf b = {.len = 8};
    ff_buf_reserve(&b, SIZE_MAX - 2);
}

static void bugs_abort(void **state)
{
    (void)state;
    aborts(make_bug, "test_err.c:");
    aborts(make_bug, "seven is 8");
    aborts(grow_too_far, "out of memory");
    aborts(buffer_too_far, "out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_whole),
        cmocka_unit_test(class_and_status_agree),
        cmocka_unit_test(strangers_are_internal),
        cmocka_unit_test(why_is_filled),
        cmocka_unit_test(why_is_cut),
        cmocka_unit_test(why_may_quote_itself),
        cmocka_unit_test(try_returns_what_failed),
        cmocka_unit_test(bugs_abort),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
