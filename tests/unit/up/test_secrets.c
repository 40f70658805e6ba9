#include "tests/unit/up/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/up/files.h"
#include "tools/up/secrets.h"

static void test_made_once(void **state)
{
    (void)state;
    struct secrets first, second;
    struct stat st;
    char *dir = temp_folder();
    char *path = files_path(dir, "secrets");
    assert_true(secrets_load(&first, path));
    assert_true(secrets_load(&second, path));
    assert_memory_equal(&first, &second, sizeof(first));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    free(path);
    temp_remove(&dir);
}

static void test_shape(void **state)
{
    (void)state;
    struct secrets s;
    char *dir = temp_folder();
    char *path = files_path(dir, "secrets");
    assert_true(secrets_load(&s, path));
    for (int i = 0; i < FF_SVC_COUNT; i++) {
        assert_int_equal(strlen(s.services[i]), 33);
        assert_true(isalpha((unsigned char)s.services[i][0]));
        assert_string_not_equal(s.services[i], s.system);
    }
    free(path);
    temp_remove(&dir);
}

/* A later version has a service more: the others keep theirs. */
static void test_completed(void **state)
{
    (void)state;
    struct secrets s;
    char *dir = temp_folder();
    char *path = files_path(dir, "secrets");
    assert_true(
        files_write(path, FF_SLICE_LIT("auth pabc\ngone pdef\n"), 0600));
    assert_true(secrets_load(&s, path));
    assert_string_equal(s.services[FF_SVC_AUTH], "pabc");
    assert_int_equal(strlen(s.services[FF_SVC_GATEWAY]), 33);
    free(path);
    temp_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
