/* fanfare-gen: parts of files are replaced, differences are found, and every row of the tables is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ff_file.h"
#include "tools/gen/gen.h"
#include "tools/gen/output.h"

static char folder[] = "/tmp/ff-gen-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(ff_file_write(path, ff_slice_str(text), 0644, NULL),
                     FF_OK);
}

static void expect(const char *path, const char *text)
{
    struct ff_buf b = {0};

    assert_int_equal(ff_file_read(path, 100000, &b, NULL), FF_OK);
    assert_string_equal(b.data, text);
    ff_buf_fini(&b);
}

static void files_are_written_once(void **state)
{
    struct output out = {.check = false};

    (void)state;
    output_file(&out, "sub/a.md", FF_SLICE_LIT("one\n"));
    assert_int_equal(out.changed, 1);
    expect("sub/a.md", "one\n");
    output_file(&out, "sub/a.md", FF_SLICE_LIT("one\n"));
    assert_int_equal(out.changed, 1);
    out.check = true;
    output_file(&out, "sub/a.md", FF_SLICE_LIT("two\n"));
    assert_int_equal(out.changed, 2);
    expect("sub/a.md", "one\n");
    assert_int_equal(out.failed, 0);
    unlink("sub/a.md");
    rmdir("sub");
}

static void sections_leave_the_rest_alone(void **state)
{
    struct output out = {.check = false};

    (void)state;
    put("r.md", "before\n<!-- gen:a -->\nold\n<!-- /gen:a -->\nmiddle\n"
                "<!-- gen:b -->\n<!-- /gen:b -->\nafter\n");
    output_section(&out, "r.md", "a", FF_SLICE_LIT("new\nlines\n"));
    output_section(&out, "r.md", "b", FF_SLICE_LIT("more\n"));
    expect("r.md", "before\n<!-- gen:a -->\nnew\nlines\n<!-- /gen:a -->\n"
                   "middle\n<!-- gen:b -->\nmore\n<!-- /gen:b -->\nafter\n");
    assert_int_equal(out.changed, 2);
    output_section(&out, "r.md", "a", FF_SLICE_LIT("new\nlines\n"));
    assert_int_equal(out.changed, 2);
    assert_int_equal(out.failed, 0);
    output_section(&out, "r.md", "c", FF_SLICE_LIT("x"));
    assert_int_equal(out.failed, 1);
    output_section(&out, "none.md", "a", FF_SLICE_LIT("x"));
    assert_int_equal(out.failed, 2);
    unlink("r.md");
}

static void what_is_no_longer_made_goes(void **state)
{
    struct output out = {.check = true};
    char *keep[] = {(char[]){"a.json"}, NULL};

    (void)state;
    put("a.json", "{}");
    put("b.json", "{}");
    put("c.txt", "");
    output_only(&out, ".", ".json", keep);
    assert_int_equal(out.changed, 1);
    assert_int_equal(access("b.json", F_OK), 0);
    out.check = false;
    output_only(&out, ".", ".json", keep);
    assert_int_not_equal(access("b.json", F_OK), 0);
    assert_int_equal(unlink("a.json"), 0);
    assert_int_equal(unlink("c.txt"), 0);
}

static void expect_told(void (*make)(struct ff_buf *b), const char *const *all)
{
    struct ff_buf b = {0};

    make(&b);
    for (; *all; all++) {
        char *cell = ff_asprintf("| `%s` |", *all);
        if (!strstr(b.data, cell))
            fail_msg("%s is not told", cell);
        free(cell);
    }
    for (const char *line = b.data; (line = strstr(line, "\n|"));)
        assert_int_equal(strchr(++line, '\n')[-1], '|');
    ff_buf_fini(&b);
}

static void every_row_is_told(void **state)
{
    static const char *const errors[] = {
#define X(name, class, http, close, code, text) code,
#include "errors.def"
#undef X
        NULL};
    static const char *const subjects[] = {
#define X(id, pattern, kind, publishers, subscribers, help) pattern,
#include "subjects.def"
#undef X
        NULL};
    static const char *const metrics[] = {
#define X(id, services, type, name, help) name,
#include "metrics.def"
#undef X
        NULL};
    static const char *const settings[] = {
#define S(name, type, fallback, min, max, unit, help) #name,
#include "settings/common.def"
#include "settings/auth.def"
#include "settings/documents.def"
#include "settings/gateway.def"
#include "settings/ingress.def"
#undef S
        NULL};

    (void)state;
    expect_told(gen_errors, errors + 1); /* the first is none */
    expect_told(gen_subjects, subjects);
    expect_told(gen_metrics, metrics);
    expect_told(gen_settings, settings);
    expect_told(gen_settings_short, settings);
}

static void messages_stand_in_their_group(void **state)
{
    struct ff_buf actions = {0}, http = {0}, requests = {0};

    (void)state;
    gen_actions(&actions);
    gen_http(&http);
    gen_requests(&requests);
    assert_non_null(strstr(actions.data, "#### subscribe\n"));
    assert_non_null(strstr(actions.data, "#### recover\n"));
    assert_null(strstr(actions.data, "POST /v1/publish\n"));
    assert_non_null(strstr(http.data, "#### POST /v1/publish\n"));
    assert_non_null(strstr(http.data, "| `message` | any | yes |"));
    assert_non_null(strstr(requests.data, "#### ff.rpc.auth.verify"));
    assert_null(strstr(requests.data, "POST /v1/publish\n"));
    ff_buf_fini(&actions);
    ff_buf_fini(&http);
    ff_buf_fini(&requests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_written_once),
        cmocka_unit_test(sections_leave_the_rest_alone),
        cmocka_unit_test(what_is_no_longer_made_goes),
        cmocka_unit_test(every_row_is_told),
        cmocka_unit_test(messages_stand_in_their_group),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
