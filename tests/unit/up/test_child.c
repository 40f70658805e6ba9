#include "tests/unit/up/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ff_clock.h"
#include "ff_file.h"
#include "tools/up/child.h"
#include "tools/up/files.h"

static void make_child(struct child *c, const char *dir, const char *program)
{
    *c = (struct child){.service = CHILD_NATS, .stop_signal = SIGTERM};
    c->name = ff_strdup("test-1");
    c->log = files_path(dir, "test-1.log");
    c->hold = files_path(dir, "hold");
    child_arg(c, program);
}

static int run_to_end(struct child *c)
{
    int status;
    assert_true(child_start(c));
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    child_on_end(c);
    assert_int_equal(c->pid, 0);
    return status;
}

static void test_output_and_password(void **state)
{
    (void)state;
    struct child c;
    struct ff_buf log = {0};
    char *dir = temp_folder();
    make_child(&c, dir, "/bin/sh");
    child_arg(&c, "-c");
    child_arg(&c, "echo $FANFARE_NATS_PASSWORD; echo $1 >&2; exit 3");
    child_arg(&c, "sh");
    child_arg(&c, "two words");
    c.env_password = ff_strdup("FANFARE_NATS_PASSWORD=psecret");
    assert_int_equal(WEXITSTATUS(run_to_end(&c)), 3);
    assert_int_equal(ff_file_read(c.log, 1000, &log, NULL), FF_OK);
    assert_string_equal(log.data, "psecret\ntwo words\n");
    ff_buf_fini(&log);
    child_fini(&c);
    temp_remove(&dir);
}

static void test_missing_program(void **state)
{
    (void)state;
    struct child c;
    struct ff_buf log = {0};
    char *dir = temp_folder();
    make_child(&c, dir, "/nonexistent/program");
    assert_int_equal(WEXITSTATUS(run_to_end(&c)), 127);
    assert_int_equal(ff_file_read(c.log, 1000, &log, NULL), FF_OK);
    assert_non_null(strstr(log.data, "cannot run /nonexistent/program"));
    ff_buf_fini(&log);
    child_fini(&c);
    temp_remove(&dir);
}

static void test_pause_grows(void **state)
{
    (void)state;
    static const int64_t wanted[] = {100, 200, 400, 800, 1600, 3200, 5000};
    struct child c = {.hold = (char *)"/nonexistent/hold"};
    int64_t now = 1000;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        ff_clock_freeze(0, now);
        c.started_ms = now;
        child_on_end(&c);
        assert_int_equal(c.backoff_ms, wanted[i]);
        assert_false(child_is_due(&c));
        now += wanted[i];
        ff_clock_freeze(0, now);
        assert_true(child_is_due(&c));
    }
    ff_clock_freeze(0, now + 10000); /* it lived long */
    child_on_end(&c);
    assert_int_equal(c.backoff_ms, 100);
    ff_clock_thaw();
}

static void test_held_down(void **state)
{
    (void)state;
    struct child c;
    char *dir = temp_folder();
    make_child(&c, dir, "/bin/true");
    run_to_end(&c);
    c.retry_ms = 0;
    assert_true(child_is_due(&c));
    assert_true(files_write(c.hold, FF_SLICE_LIT(""), 0600));
    assert_false(child_is_due(&c));
    unlink(c.hold);
    assert_true(child_is_due(&c));
    child_fini(&c);
    temp_remove(&dir);
}

static void test_stopped_stays_down(void **state)
{
    (void)state;
    struct child c;
    char *dir = temp_folder();
    make_child(&c, dir, "/bin/sh");
    child_arg(&c, "-c");
    child_arg(&c, "kill -STOP $$");
    assert_true(child_start(&c));
    c.stopping = true;
    child_signal(&c, SIGKILL);
    int status;
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_true(WIFSIGNALED(status));
    child_on_end(&c);
    c.retry_ms = 0;
    assert_int_equal(c.state, CHILD_ENDED);
    assert_false(child_is_due(&c));
    child_fini(&c);
    temp_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_password),
        cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_pause_grows),
        cmocka_unit_test(test_held_down),
        cmocka_unit_test(test_stopped_stays_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
