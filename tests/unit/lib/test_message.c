/* Channel messages: what is written is what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ff_message.h"

static struct ff_message full_message(void)
{
    return (struct ff_message){
        .app = FF_SLICE_LIT("dev"),
        .channel = FF_SLICE_LIT("chat.room é"),
        .id = FF_SLICE_LIT("id1"),
        .event = FF_SLICE_LIT("typed"),
        .sender = FF_SLICE_LIT("user 42"),
        .except = FF_SLICE_LIT("conn1"),
        .recipients = FF_SLICE_LIT("1,2%2C3"),
        .trace = FF_SLICE_LIT("00-ab-cd-01"),
        .kind = FF_SLICE_LIT("removed"),
        .time_ms = 1795000000123,
        .binary = true,
        .version = 7,
        .body = {"a\0b", 3},
    };
}

static void assert_slice(struct ff_slice got, struct ff_slice want)
{
    assert_int_equal(got.len, want.len);
    if (want.len > 0)
        assert_memory_equal(got.data, want.data, want.len);
}

static void assert_same(const struct ff_message *got,
                        const struct ff_message *want)
{
    assert_slice(got->app, want->app);
    assert_slice(got->channel, want->channel);
    assert_slice(got->id, want->id);
    assert_slice(got->event, want->event);
    assert_slice(got->sender, want->sender);
    assert_slice(got->except, want->except);
    assert_slice(got->recipients, want->recipients);
    assert_slice(got->trace, want->trace);
    assert_slice(got->kind, want->kind);
    assert_slice(got->body, want->body);
    assert_int_equal(got->time_ms, want->time_ms);
    assert_int_equal(got->binary, want->binary);
    assert_int_equal(got->version, want->version);
}

static void write_and_read(const struct ff_message *m, enum ff_subject row)
{
    struct ff_message_out out;
    struct ff_message_names names;
    struct ff_message got;
    assert_int_equal(ff_message_write(m, row, NULL, UINT64_MAX, &out), FF_OK);
    struct ff_bus_msg *msg = ff_bus_msg_new(&out.out);
    assert_int_equal(ff_message_read(msg, &names, &got), FF_OK);
    assert_same(&got, m);
    assert_int_equal(got.offset, 0);
    ff_bus_msg_unref(&msg);
}

static void messages_survive_the_way(void **state)
{
    (void)state;
    struct ff_message m = full_message();
    write_and_read(&m, FF_SUBJ_LIVE);
    write_and_read(&m, FF_SUBJ_STORE);
    m.channel.len = 0;
    write_and_read(&m, FF_SUBJ_BROADCAST);
    struct ff_message least = {.app = FF_SLICE_LIT("dev"),
                               .channel = FF_SLICE_LIT("c")};
    write_and_read(&least, FF_SUBJ_LIVE);
}

static struct ff_slice header_of(const struct ff_message_out *out,
                                 const char *name)
{
    for (size_t i = 0; i < out->out.header_count; i++)
        if (strcmp(out->headers[i].name, name) == 0)
            return out->headers[i].value;
    return (struct ff_slice){NULL, 0};
}

static void stored_messages_carry_a_key(void **state)
{
    (void)state;
    struct ff_message m = full_message();
    struct ff_message_out a, b;
    assert_int_equal(ff_message_write(&m, FF_SUBJ_STORE, NULL, 5, &a), FF_OK);
    assert_slice(header_of(&a, "Nats-Msg-Id"), m.id);
    assert_slice(header_of(&a, "Nats-Expected-Last-Subject-Sequence"),
                 FF_SLICE_LIT("5"));
    assert_int_equal(ff_message_write(&m, FF_SUBJ_STORE, "k", 0, &a), FF_OK);
    assert_slice(header_of(&a, "Nats-Expected-Last-Subject-Sequence"),
                 FF_SLICE_LIT("0"));
    m.channel = FF_SLICE_LIT("other");
    assert_int_equal(ff_message_write(&m, FF_SUBJ_STORE, "k", 0, &b), FF_OK);
    assert_int_equal(header_of(&a, "Nats-Msg-Id").len, 32);
    assert_false(ff_slice_eq(header_of(&a, "Nats-Msg-Id"),
                             header_of(&b, "Nats-Msg-Id")));
    assert_int_equal(ff_message_write(&m, FF_SUBJ_LIVE, "k", 0, &b), FF_OK);
    assert_int_equal(header_of(&b, "Nats-Msg-Id").len, 0);
}

static void what_would_change_on_the_way_is_refused(void **state)
{
    (void)state;
    struct ff_message_out out;
    struct ff_message m = full_message();
    m.sender = FF_SLICE_LIT(" 42");
    assert_int_equal(ff_message_write(&m, FF_SUBJ_LIVE, NULL, 0, &out),
                     FF_E_INVALID);
    m.sender = FF_SLICE_LIT("42\t");
    assert_int_equal(ff_message_write(&m, FF_SUBJ_LIVE, NULL, 0, &out),
                     FF_E_INVALID);
}

static void foreign_subjects_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"x", "ff.ch.dev.00", "ff.ev.dev.x",
                                      "ff.ch.dev.00.a b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ff_bus_out out = {.subject = bad[i]};
        struct ff_bus_msg *msg = ff_bus_msg_new(&out);
        struct ff_message_names names;
        struct ff_message m;
        assert_int_equal(ff_message_read(msg, &names, &m), FF_E_PROTO);
        ff_bus_msg_unref(&msg);
    }
}

static void offsets_come_from_headers(void **state)
{
    (void)state;
    struct ff_bus_header headers[] = {
        {"Nats-Subject", FF_SLICE_LIT("ff.in.dev.00.a")},
        {"Nats-Sequence", FF_SLICE_LIT("12")},
        {"Nats-Last-Sequence", FF_SLICE_LIT("9")}};
    struct ff_bus_out out = {"_INBOX.x", {"", 0}, headers, 3};
    struct ff_bus_msg *msg = ff_bus_msg_new(&out);
    struct ff_message_names names;
    struct ff_message m;
    assert_int_equal(ff_message_read(msg, &names, &m), FF_OK);
    assert_slice(m.channel, FF_SLICE_LIT("a"));
    assert_int_equal(m.offset, 12);
    assert_int_equal(m.previous, 9);
    ff_bus_msg_unref(&msg);
}

static void ids_are_new_and_rise(void **state)
{
    (void)state;
    char last[FF_MESSAGE_ID_MAX] = "", id[FF_MESSAGE_ID_MAX];
    for (int i = 0; i < 10000; i++) {
        ff_message_new_id(id);
        assert_true(strcmp(last, id) < 0);
        assert_int_equal(strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"),
                         strlen(id));
        memcpy(last, id, sizeof(last));
    }
}

static void recipients_are_found(void **state)
{
    (void)state;
    struct ff_buf b = {0};
    json_t *ids = json_pack("[s, i, s]", "a,b%", 42, "é");
    assert_true(ff_recipients_has(ff_buf_slice(&b), FF_SLICE_LIT("x")));
    ff_recipients_from_json(&b, ids);
    assert_string_equal(b.data, "a%2Cb%25,42,%C3%A9");
    struct ff_slice list = ff_buf_slice(&b);
    assert_true(ff_recipients_has(list, FF_SLICE_LIT("a,b%")));
    assert_true(ff_recipients_has(list, FF_SLICE_LIT("42")));
    assert_true(ff_recipients_has(list, FF_SLICE_LIT("é")));
    static const char *const others[] = {"",  "a",  "4",       "422",
                                         "2", "b%", "a,b%,42", "%C3%A9"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(ff_recipients_has(list, ff_slice_str(others[i])));
    json_decref(ids);
    ff_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_survive_the_way),
        cmocka_unit_test(stored_messages_carry_a_key),
        cmocka_unit_test(what_would_change_on_the_way_is_refused),
        cmocka_unit_test(foreign_subjects_are_refused),
        cmocka_unit_test(offsets_come_from_headers),
        cmocka_unit_test(ids_are_new_and_rise),
        cmocka_unit_test(recipients_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
