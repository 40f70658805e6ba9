#ifndef CONN_STEPS_H
#define CONN_STEPS_H

/* What the tests of a connection do and see; see transport_fake.h. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport_fake.h"

#define WELCOME "\x81\x0b{\"hello\":1}"

static inline struct conn *open_ws(void)
{
    struct conn *conn = fake_admit(CONN_WS, NULL);
    conn_open(conn);
    fake_turn();
    ff_buf_clear(&fake.out);
    fake.writes = 0;
    return conn;
}

static inline void say(struct conn *conn, const char *text)
{
    struct frame *frame = frame_bytes(ff_slice_str(text));
    conn_send(conn, frame);
    frame_unref(&frame);
}

static inline void wrote(const char *expected)
{
    ff_buf_addc(&fake.out, '\0');
    assert_string_equal(fake.out.data, expected);
    ff_buf_clear(&fake.out);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fake_set_up, fake_tear_down)

#endif
