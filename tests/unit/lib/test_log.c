/* The log: what lands on standard error, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "ff_clock.h"
#include "ff_json.h"
#include "ff_log.h"

#define LINE_MAX_BYTES 4096

static int ends[2], real_stderr;

/* Standard error becomes a pipe that keeps the lines of one write apart. */
static int setup(void **state)
{
    (void)state;
    real_stderr = dup(STDERR_FILENO);
    if (pipe2(ends, O_DIRECT | O_NONBLOCK) != 0)
        return -1;
    dup2(ends[1], STDERR_FILENO);
    ff_clock_freeze(1795273200123, 0);
    ff_log_init("auth", "auth-1");
    return ff_log_set_level("info") != FF_OK;
}

static int teardown(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(ends[0]);
    close(ends[1]);
    ff_clock_thaw();
    return 0;
}

/* What one write gave; "" for none. */
static const char *take_line(void)
{
    static char line[2 * LINE_MAX_BYTES];
    ssize_t n = read(ends[0], line, sizeof(line) - 1);
    line[n > 0 ? n : 0] = '\0';
    return line;
}

static json_t *take_object(void)
{
    json_t *object = NULL;
    const char *line = take_line();
    assert_int_equal(ff_json_parse_object(ff_slice_str(line), &object, NULL),
                     FF_OK);
    return object;
}

static void line_is_exact(void **state)
{
    (void)state;
    ff_info("token_issued", ff_fs("user", "7"), ff_fi("ttl_s", -60),
            ff_fe(FF_E_TOO_BIG), ff_fs("absent", NULL));
    assert_string_equal(
        take_line(),
        "{\"time\":\"2026-11-21T15:00:00.123Z\",\"level\":\"info\","
        "\"service\":\"auth\",\"instance\":\"auth-1\","
        "\"event\":\"token_issued\",\"user\":\"7\",\"ttl_s\":-60,"
        "\"error\":\"too_big\"}\n");
    assert_string_equal(take_line(), "");
}

static void needs_no_fields(void **state)
{
    (void)state;
    ff_warn("alone");
    assert_non_null(strstr(take_line(), "\"event\":\"alone\"}\n"));
}

static void levels_are_kept(void **state)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ff_log_set_level(names[i]), FF_OK);
        for (int level = 0; level < 4; level++) {
            ff_log_write((enum ff_log_level)level, "e", NULL, 0);
            const char *line = take_line();
            assert_int_equal(*line != '\0', level >= i);
            if (*line)
                assert_non_null(strstr(line, names[level]));
        }
    }
    assert_int_equal(ff_log_set_level("loud"), FF_E_INVALID);
    assert_int_equal(ff_log_set_level(""), FF_E_INVALID);
}

static void text_cannot_break_the_line(void **state)
{
    (void)state;
    ff_error("x", ff_fs("key", "a\"b\\c\nd\x01\xff"));
    const char *line = take_line();
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_non_null(
        strstr(line, "\"key\":\"a\\\"b\\\\c\\nd\\u0001\xef\xbf\xbd\"}"));
}

/* Also where each byte needs six, and where a cut would split a character. */
static void line_is_bounded(void **state)
{
    static const char *const fills[] = {"x", "\x01", "\xe2\x82\xac", "\""};
    (void)state;
    for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
        char text[20000] = "";
        size_t len = strlen(fills[i]);
        for (size_t at = 0; at + len < sizeof(text); at += len)
            memcpy(text + at, fills[i], len + 1);
        ff_error("big", ff_fs("a", text), ff_fs("b", text), ff_fi("n", 5),
                 ff_fs("c", "after"));
        const char *line = take_line();
        assert_in_range(strlen(line), LINE_MAX_BYTES / 3, LINE_MAX_BYTES);
        assert_int_equal(line[strlen(line) - 1], '\n');
        json_t *object = NULL;
        assert_int_equal(
            ff_json_parse_object(ff_slice_str(line), &object, NULL), FF_OK);
        assert_non_null(json_object_get(object, "a"));
        json_decref(object);
    }
}

static void fields_without_room_are_left_out(void **state)
{
    struct ff_field fields[400];
    char keys[400][16];
    (void)state;
    for (int i = 0; i < 400; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        fields[i] = i % 2 ? ff_fi(keys[i], i) : ff_fs(keys[i], "some text");
    }
    ff_log_write(FF_LOG_INFO, "many", fields, 400);
    json_t *object = take_object();
    assert_non_null(json_object_get(object, "k0"));
    assert_null(json_object_get(object, "k398"));
    json_decref(object);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(line_is_exact),   T(needs_no_fields),
        T(levels_are_kept), T(text_cannot_break_the_line),
        T(line_is_bounded), T(fields_without_room_are_left_out),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
