/* Whole small files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ff_file.h"

static char folder[] = "/tmp/ff-file-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

/* Fails when a test left anything behind. */
static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static char *path_of(const char *name)
{
    return ff_asprintf("%s/%s", folder, name);
}

static void writes_and_reads(void **state)
{
    char *path = path_of("a");
    struct ff_buf text = {0};
    struct stat st;
    (void)state;
    assert_int_equal(ff_file_write(path, FF_SLICE_LIT("one\0two"), 0600, NULL),
                     FF_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ff_buf_adds(&text, "before ");
    assert_int_equal(ff_file_read(path, 7, &text, NULL), FF_OK);
    assert_int_equal(text.len, 14);
    assert_memory_equal(text.data, "before one\0two", 14);
    assert_int_equal(ff_file_write(path, FF_SLICE_LIT(""), 0644, NULL), FF_OK);
    ff_buf_clear(&text);
    assert_int_equal(ff_file_read(path, 0, &text, NULL), FF_OK);
    assert_int_equal(text.len, 0);
    unlink(path);
    free(path);
    ff_buf_fini(&text);
}

static void reads_many_parts(void **state)
{
    char *path = path_of("b");
    struct ff_buf text = {0}, back = {0};
    (void)state;
    for (int i = 0; i < 20000; i++)
        ff_buf_addf(&text, "%d,", i);
    assert_int_equal(ff_file_write(path, ff_buf_slice(&text), 0644, NULL),
                     FF_OK);
    assert_int_equal(ff_file_read(path, text.len, &back, NULL), FF_OK);
    assert_true(ff_slice_eq(ff_buf_slice(&text), ff_buf_slice(&back)));
    unlink(path);
    free(path);
    ff_buf_fini(&text);
    ff_buf_fini(&back);
}

static void refuses_and_says_why(void **state)
{
    char *path = path_of("c"), *inside = path_of("no/such/folder");
    struct ff_buf text = {0};
    struct ff_why why;
    (void)state;
    assert_int_equal(ff_file_read(path, 10, &text, &why), FF_E_NOT_FOUND);
    assert_string_equal(why.field, path);
    assert_int_equal(ff_file_read(folder, 10, &text, &why), FF_E_IO);
    assert_int_equal(ff_file_write(inside, FF_SLICE_LIT("x"), 0644, &why),
                     FF_E_NOT_FOUND);
    assert_string_equal(why.field, inside);
    assert_int_equal(ff_file_write(folder, FF_SLICE_LIT("x"), 0644, &why),
                     FF_E_IO);
    assert_int_equal(ff_file_write(path, FF_SLICE_LIT("12345"), 0644, NULL),
                     FF_OK);
    assert_int_equal(ff_file_read(path, 4, &text, &why), FF_E_TOO_BIG);
    assert_int_equal(text.len, 0);
    unlink(path);
    free(path);
    free(inside);
    ff_buf_fini(&text);
}

/* A write that ends half-way leaves the old file, and nothing beside it. */
static void failed_write_keeps_the_old(void **state)
{
    char *path = path_of("d");
    struct ff_buf big = {0}, text = {0};
    struct rlimit before, small;
    struct ff_why why;
    (void)state;
    assert_int_equal(ff_file_write(path, FF_SLICE_LIT("old"), 0644, NULL),
                     FF_OK);
    for (int i = 0; i < 10000; i++)
        ff_buf_adds(&big, "new");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){8192, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    ff_err err = ff_file_write(path, ff_buf_slice(&big), 0644, &why);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(err, FF_E_IO);
    assert_string_equal(why.text, strerror(EFBIG));
    assert_int_equal(ff_file_read(path, 10, &text, NULL), FF_OK);
    assert_true(ff_slice_is(ff_buf_slice(&text), "old"));
    unlink(path);
    free(path);
    ff_buf_fini(&big);
    ff_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads),
        cmocka_unit_test(reads_many_parts),
        cmocka_unit_test(refuses_and_says_why),
        cmocka_unit_test(failed_write_keeps_the_old),
    };
    return cmocka_run_group_tests_name("file", tests, make_folder,
                                       remove_folder);
}
