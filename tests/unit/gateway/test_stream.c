/* Ids of event streams: read strictly, and the same when written again. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/stream.h"

static const char *const three[] = {"a", "b", "c", NULL};

static struct position at(const char *epoch, uint64_t offset)
{
    struct position out = {.known = true, .offset = offset};

    strncpy(out.epoch, epoch, sizeof(out.epoch) - 1);
    return out;
}

static void set(struct stream *stream, size_t index, const char *epoch,
                uint64_t offset)
{
    struct position position = at(epoch, offset);

    stream_set(stream, index, &position);
}

/* NULL: none. Valid until the next one. */
static const char *id_of(const struct stream *stream)
{
    static struct ff_buf id;

    ff_buf_fini(&id);
    return stream_id(stream, &id) ? id.data : NULL;
}

/* What is behind the check of the names. */
static const char *tail_of(const struct stream *stream)
{
    const char *id = id_of(stream);

    return id != NULL ? strchr(id, '-') : NULL;
}

static void an_id_holds_what_is_known(void **state)
{
    struct stream *s = stream_new(three);

    (void)state;
    assert_null(id_of(s));
    set(s, 1, "ep0ch", 0);
    assert_string_equal(tail_of(s), "-ep0ch..0.");
    set(s, 2, "ep0ch", UINT64_MAX);
    assert_string_equal(tail_of(s), "-ep0ch..0.3w5e11264sgsf");
    stream_move(s, 1, 35);
    stream_move(s, 0, 9);
    assert_string_equal(tail_of(s), "-ep0ch..z.3w5e11264sgsf");
    stream_move(s, 1, 3);
    assert_string_equal(tail_of(s), "-ep0ch..z.3w5e11264sgsf");
    stream_set(s, 2, &(struct position){0});
    assert_string_equal(tail_of(s), "-ep0ch..z.");
    stream_free(&s);
}

static void a_new_epoch_waits_for_every_channel(void **state)
{
    struct stream *s = stream_new(three);

    (void)state;
    set(s, 0, "e1", 5);
    set(s, 1, "e1", 6);
    set(s, 0, "e2", 1);
    assert_null(id_of(s));
    set(s, 1, "e2", 2);
    assert_string_equal(tail_of(s), "-e2.1.2.");
    stream_free(&s);
}

static void what_was_written_is_read(void **state)
{
    struct stream *s = stream_new(three), *again = stream_new(three);
    struct position position;

    (void)state;
    set(s, 0, "e1", 123456789);
    set(s, 2, "e1", UINT64_MAX);
    char *id = ff_strdup(id_of(s));
    assert_true(stream_resume(again, id));
    assert_true(stream_position(again, 0, &position));
    assert_int_equal(position.offset, 123456789);
    assert_string_equal(position.epoch, "e1");
    assert_false(stream_position(again, 1, &position));
    assert_true(stream_position(again, 2, &position));
    assert_true(position.offset == UINT64_MAX);
    assert_string_equal(id_of(again), id);
    free(id);
    stream_free(&s);
    stream_free(&again);
}

static void an_id_of_other_channels_is_refused(void **state)
{
    static const char *const others[][4] = {
        {"a", "b", NULL}, {"a", "c", "b", NULL}, {"ab", "", "c", NULL}};
    struct stream *s = stream_new(three);

    (void)state;
    set(s, 0, "e1", 1);
    for (size_t i = 0; i < 3; i++) {
        struct stream *other = stream_new(others[i]);
        assert_false(stream_resume(other, id_of(s)));
        stream_free(&other);
    }
    stream_free(&s);
}

static void only_canonical_ids_are_read(void **state)
{
    static const char *const tails[] = {
        "",
        "-",
        "-e1",
        "-e1..",
        "-e1....",
        "-e1.1.2.3.",
        "-e1.01..",
        "-e1.00..",
        "-e1.A..",
        "-e1.-1..",
        "-e1. 1..",
        "-E1.1..",
        "-.1..",
        "-e1.1..x-",
        "-e1.1.. ",
        "-e1.3w5e11264sgsg..",
        "-e1.zzzzzzzzzzzzzzzz..",
        "-aaaaaaaaaaaaaaaaaaaaaaaa.1..",
        "--e1.1..",
        "-e1,1..",
    };
    struct stream *s = stream_new(three);
    struct position position;
    char text[200];

    (void)state;
    set(s, 0, "e1", 1);
    char *id = ff_strdup(id_of(s));
    *strchr(id, '-') = '\0';
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        struct stream *other = stream_new(three);
        snprintf(text, sizeof(text), "%s%s", id, tails[i]);
        if (stream_resume(other, text))
            fail_msg("read: %s", text);
        /* All are lost then, and the hub will say so. */
        for (size_t k = 0; k < 3; k++) {
            assert_true(stream_position(other, k, &position));
            assert_string_equal(position.epoch, "0");
        }
        stream_free(&other);
    }
    snprintf(text, sizeof(text), "0%s-e1.1..", id);
    assert_false(stream_resume(s, text));
    free(id);
    stream_free(&s);
}

static void a_stream_without_channels_has_no_id(void **state)
{
    static const char *const none[] = {NULL};
    struct stream *s = stream_new(none);

    (void)state;
    assert_null(id_of(s));
    assert_false(stream_resume(s, ""));
    assert_int_equal(stream_find(s, "a"), 0);
    stream_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_holds_what_is_known),
        cmocka_unit_test(a_new_epoch_waits_for_every_channel),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(an_id_of_other_channels_is_refused),
        cmocka_unit_test(only_canonical_ids_are_read),
        cmocka_unit_test(a_stream_without_channels_has_no_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
