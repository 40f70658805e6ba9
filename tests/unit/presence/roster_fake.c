#include "roster_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static int64_t grace_ms(void *ctx, const char *app, const char *channel)
{
    const struct roster_fake *fake = ctx;

    assert_string_equal(app, "dev");
    assert_non_null(channel);
    return fake->grace_ms;
}

static bool is_invisible(void *ctx, const char *app, const char *user_id)
{
    const struct roster_fake *fake = ctx;

    assert_string_equal(app, "dev");
    return fake->invisible != NULL && strcmp(fake->invisible, user_id) == 0;
}

void roster_fake_init(struct roster_fake *fake)
{
    struct roster_rules rules = {grace_ms, is_invisible, fake};

    *fake = (struct roster_fake){.grace_ms = 3000};
    fake->roster = roster_new(&rules, 0);
}

void roster_fake_fini(struct roster_fake *fake)
{
    roster_free(&fake->roster);
    ff_buf_fini(&fake->told);
}

static void apply(struct roster_fake *fake, unsigned gateway,
                  const char *channel, const char *user, bool on, bool marks)
{
    struct presence_item item = {
        .app = "dev", .channel = channel, .user_id = user, .on = on};

    assert_int_equal(
        roster_apply(fake->roster, fake->now_ms, gateway, &item, marks), FF_OK);
}

void roster_fake_set(struct roster_fake *fake, unsigned gateway,
                     const char *channel, const char *user, bool on)
{
    apply(fake, gateway, channel, user, on, false);
}

void roster_fake_report(struct roster_fake *fake, unsigned gateway,
                        const char *channel, const char *user)
{
    apply(fake, gateway, channel, user, true, true);
}

static void on_batch(void *ctx, const struct roster_batch *batch)
{
    struct roster_fake *fake = ctx;

    ff_buf_addf(&fake->told, "%s v%lld", batch->channel,
                (long long)batch->version);
    for (size_t i = 0; i < batch->change_count; i++)
        ff_buf_addf(&fake->told, " %c%s", "+-~"[batch->changes[i].kind],
                    batch -> changes[i].user_id);
    ff_buf_addf(&fake->told, " =%lld; ", (long long)batch->count);
}

static void on_occupancy(void *ctx, const char *app, const char *channel,
                         bool occupied)
{
    struct roster_fake *fake = ctx;

    (void)app;
    ff_buf_addf(&fake->told, "%s %s; ", channel,
                occupied ? "occupied" : "vacated");
}

void roster_fake_expect(struct roster_fake *fake, int64_t after_ms,
                        const char *want)
{
    static const struct roster_sink sink = {on_batch, on_occupancy};

    fake->now_ms += after_ms;
    roster_tick(fake->roster, fake->now_ms);
    (void)roster_flush(fake->roster, SIZE_MAX, &sink, fake);
    assert_false(roster_is_dirty(fake->roster));
    ff_buf_adds(&fake->told, "");
    assert_string_equal(fake->told.data, want);
    ff_buf_clear(&fake->told);
}

static void add_face(void *ctx, struct face *face)
{
    struct ff_buf *list = ctx;

    if (list->len > 0)
        ff_buf_addc(list, ',');
    ff_buf_addslice(list, face_text(face));
}

void roster_fake_expect_list(struct roster_fake *fake, const char *channel,
                             const char *want)
{
    struct ff_buf list = {0};

    roster_walk(roster_find(fake->roster, "dev", channel), add_face, &list);
    ff_buf_adds(&list, "");
    assert_string_equal(list.data, want);
    ff_buf_fini(&list);
}
