/* Settings: every source, every type, and what each refusal says. */
#include "conf_steps.h"

#include <dirent.h>
#include <unistd.h>

#include "ff_file.h"
#include "ff_json.h"

static char *path;

static int teardown(void **state)
{
    if (path)
        unlink(path);
    free(path);
    path = NULL;
    return unload(state);
}

static char *in_file(const char *text)
{
    path = ff_asprintf("/tmp/ff-conf-%d.json", (int)getpid());
    assert_int_equal(ff_file_write(path, ff_slice_str(text), 0600, NULL),
                     FF_OK);
    return path;
}

static void defaults(void **state)
{
    (void)state;
    assert_int_equal(load(ARGS(NULL), NONE), FF_OK);
    assert_int_equal(action, FF_CONF_RUN);
    assert_int_equal(conf.limit, 10);
    assert_false(conf.loud);
    assert_string_equal(conf.title, "none");
    assert_null(conf.friends[0]);
    assert_string_equal(conf.nats_url[0], "nats://127.0.0.1:4222");
    assert_null(conf.nats_url[1]);
    assert_string_equal(conf.nats_password, "");
}

static void last_source_wins(void **state)
{
    char *file = in_file("{\"limit\":1,\"title\":\"file\",\"loud\":true,"
                         "\"friends\":[\"a\",\"b c\"],\"admin_port\":\"81\"}");
    char *env[] = {word("FANFARE_TITLE=env"), word("FANFARE_LIMIT=2"),
                   word("OTHER=x"), NULL};
    (void)state;
    assert_int_equal(
        load(ARGS(word("--limit"), word("3"), word("--config"), file), env),
        FF_OK);
    assert_int_equal(conf.limit, 3);
    assert_string_equal(conf.title, "env");
    assert_true(conf.loud);
    assert_string_equal(conf.friends[0], "a");
    assert_string_equal(conf.friends[1], "b c");
    assert_int_equal(conf.admin_port, 81);
}

static void variable_may_name_the_file(void **state)
{
    char *file = in_file("{\"limit\":7}");
    char *env[] = {ff_asprintf("FANFARE_CONFIG=%s", file), NULL};
    (void)state;
    assert_int_equal(load(ARGS(NULL), env), FF_OK);
    assert_int_equal(conf.limit, 7);
    ff_conf_fini(&table, &conf);
    char *empty[] = {word("FANFARE_CONFIG="), NULL};
    assert_int_equal(load(ARGS(NULL), empty), FF_OK);
    assert_int_equal(conf.limit, 10);
    free(env[0]);
}

static void flags_have_two_forms(void **state)
{
    (void)state;
    assert_int_equal(
        load(ARGS(word("--admin-port=9"), word("--limit"), word("-5"),
                  word("--title=a=b"), word("--friends"), word(" x ,,y, ")),
             NONE),
        FF_OK);
    assert_int_equal(conf.admin_port, 9);
    assert_int_equal(conf.limit, -5);
    assert_string_equal(conf.title, "a=b");
    assert_string_equal(conf.friends[0], "x");
    assert_string_equal(conf.friends[1], "y");
    assert_null(conf.friends[2]);
}

static void unknown_flags(void **state)
{
    (void)state;
    refused(load(ARGS(word("--limt"), word("3")), NONE), "--limt",
            "there is no such setting; did you mean limit?");
    refused(load(ARGS(word("--zzzzzzzzzz=3")), NONE), "--zzzzzzzzzz",
            "there is no such setting; see --help");
    refused(load(ARGS(word("--limit")), NONE), "--limit", "needs a value");
    refused(load(ARGS(word("limit=3")), NONE), "limit=3",
            "settings are given as --name VALUE");
    refused(load(ARGS(word("-x")), NONE), "-x",
            "settings are given as --name VALUE");
    assert_int_equal(load(ARGS(word("--0123456789012345678901234567890123456789"
                                    "012345678901234567890123456789=1")),
                          NONE),
                     FF_E_CONFIG);
    assert_string_equal(why.text, "name too long");
}

/* What is behind the = may be a secret. */
static void refusal_hides_the_value(void **state)
{
    (void)state;
    refused(load(ARGS(word("--nats_pasword=hunter2")), NONE), "--nats_pasword",
            "there is no such setting; did you mean nats_password?");
}

static void unknown_variables(void **state)
{
    char *typo[] = {word("FANFARE_LIMITS=3"), NULL};
    char *bare[] = {word("FANFARE_"), NULL};
    char *neighbours[] = {word("FANFARE_SSE_RETRY_MS=1"),
                          word("FANFARE_BATCH_MAX=x"),
                          word("FANFARE_TEST_LOGS=/tmp"), NULL};
    (void)state;
    refused(load(ARGS(NULL), typo), "FANFARE_LIMITS",
            "there is no such setting; did you mean limit?");
    assert_int_equal(load(ARGS(NULL), bare), FF_E_CONFIG);
    assert_int_equal(load(ARGS(NULL), neighbours), FF_OK);
    ff_conf_fini(&table, &conf);
    char *lengthy[] = {
        word("FANFARE_A_NAME_THAT_NOBODY_WOULD_WANT_TO_TYPE_FOR_IT_HAS_MORE_"
             "LETTERS_THAN_WE_ALLOW=1"),
        NULL};
    assert_int_equal(load(ARGS(NULL), lengthy), FF_E_CONFIG);
    assert_string_equal(why.text, "name too long");
}

/* A table that is new must be told to ff_conf.c. */
static void all_tables_are_known(void **state)
{
    DIR *folder = opendir("proto/settings");
    (void)state;
    if (!folder)
        skip(); /* not run from the root of the repository */
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        struct ff_buf text = {0};
        char *file = ff_asprintf("proto/settings/%s", e->d_name), *rest;
        if (strstr(e->d_name, ".def"))
            assert_int_equal(ff_file_read(file, 100000, &text, NULL), FF_OK);
        char *line = text.data ? strtok_r(text.data, "\n", &rest) : NULL;
        for (; line; line = strtok_r(NULL, "\n", &rest)) {
            char name[64], variable[80] = "FANFARE_";
            if (sscanf(line, "S(%63[a-z0-9_],", name) != 1)
                continue;
            snprintf(variable + 8, sizeof(variable) - 8, "%s=", name);
            for (char *c = variable; *c; c++)
                *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
            ff_err err = load(ARGS(NULL), (char *[]){variable, NULL});
            if (err != FF_OK && strstr(why.text, "no such setting"))
                fail_msg("%s: ff_conf.c does not know %s", file, name);
            ff_conf_fini(&table, &conf);
        }
        ff_buf_fini(&text);
        free(file);
    }
    closedir(folder);
}

struct bad_file {
    const char *text, *field, *says;
};

static void bad_files(void **state)
{
    static const struct bad_file files[] = {
        {"{\"limt\":1}", "limt", "did you mean limit? ("},
        {"{\"limit\":1.5}", "limit", "must be a whole number ("},
        {"{\"limit\":true}", "limit", "must be a whole number ("},
        {"{\"limit\":1000}", "limit", "must be between -5 and 100 ("},
        {"{\"loud\":1}", "loud", "must be true or false ("},
        {"{\"title\":5}", "title", "must be a string ("},
        {"{\"friends\":[1]}", "friends", "must be an array of strings ("},
        {"{\"friends\":{}}", "friends", "must be an array of strings ("},
        {"{\"limit\":1,\"limit\":1}", "", "line 1: duplicate object key"},
        {"[1]", "", "must be a JSON object ("},
        {"", "", "line 1: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *file = in_file(files[i].text);
        assert_int_equal(load(ARGS(word("--config"), file), NONE), FF_E_CONFIG);
        assert_string_equal(why.field, files[i].field);
        assert_non_null(strstr(why.text, files[i].says));
        teardown(NULL);
    }
    assert_int_equal(load(ARGS(word("--config=/no/such/file")), NONE),
                     FF_E_CONFIG);
    assert_string_equal(why.field, "/no/such/file");
}

static void actions(void **state)
{
    (void)state;
    assert_int_equal(load(ARGS(word("--check"), word("--limit=4")), NONE),
                     FF_OK);
    assert_int_equal(action, FF_CONF_CHECK);
    assert_int_equal(conf.limit, 4);
    ff_conf_fini(&table, &conf);
    char *wrong[] = {word("FANFARE_LIMIT=x"), NULL};
    assert_int_equal(load(ARGS(word("--check"), word("--help")), wrong), FF_OK);
    assert_int_equal(action, FF_CONF_HELP);
    ff_conf_fini(&table, &conf);
    assert_int_equal(load(ARGS(word("-h"), word("--check")), NONE), FF_OK);
    assert_int_equal(action, FF_CONF_HELP);
}

static void help_has_every_row(void **state)
{
    struct ff_buf b = {0};
    (void)state;
    ff_conf_help(&table, &b);
    assert_non_null(strstr(b.data, "usage: fanfare-sample "));
    assert_non_null(strstr(b.data, "a number (-5 to 100 items)\n"));
    for (size_t i = 0; i < table.count; i++) {
        assert_non_null(strstr(b.data, rows[i].name));
        assert_non_null(strstr(b.data, rows[i].help));
    }
    ff_buf_fini(&b);
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(defaults),
        T(last_source_wins),
        T(variable_may_name_the_file),
        T(flags_have_two_forms),
        T(unknown_flags),
        T(refusal_hides_the_value),
        T(unknown_variables),
        T(all_tables_are_known),
        T(bad_files),
        T(actions),
        T(help_has_every_row),
    };
    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
