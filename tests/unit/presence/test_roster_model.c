/*
 * Rosters and leases against a simple model, under everything that can happen: users come and go on gateways and become
 * invisible, deltas are lost and come twice, gateways die, leave, start anew and give reports. After each step
 *
 *   - what was told, put together, is exactly who should be seen at that time: so a grace holds, and no ghost stays;
 *   - for each member joined and left alternate, versions rise by one, counts are right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "services/presence/leases.h"
#include "services/presence/roster.h"

#define GATEWAYS 7
#define CHANNELS 3
#define USERS    6
#define SEEDS    60
#define STEPS    3000
#define LEASE_MS 10000

static const char *const channels[CHANNELS] = {"chat", "news", "#user-x"};
static const int64_t graces[CHANNELS] = {3000, 0, 700};

/* A user on a channel; or, as the last "user", any subscriber of it. */
struct place {
    unsigned held;   /* gateways that the owner has heard of, as bits */
    int64_t gone_ms; /* when the grace ends; 0: none runs */
    bool told;
};

struct gateway {
    bool alive;
    int64_t boot_ms;
    bool has[CHANNELS][USERS + 1]; /* the truth */
};

static struct {
    uint64_t seed;
    int64_t now_ms;
    struct place places[CHANNELS][USERS + 1];
    struct gateway gateways[GATEWAYS];
    bool invisible[USERS];
    int64_t versions[CHANNELS];
    struct roster *roster;
    struct leases *leases;
} m;

/* How often it happened. */
static struct {
    unsigned joins, leaves, deaths, reports;
} all;

static unsigned pick(unsigned n)
{
    m.seed ^= m.seed << 13;
    m.seed ^= m.seed >> 7;
    m.seed ^= m.seed << 17;
    return (unsigned)(m.seed >> 20) % n;
}

static unsigned number_of(const char *name, char first)
{
    assert_int_equal(name[0], first);
    return (unsigned)(name[1] - '0');
}

static unsigned channel_of(const char *name)
{
    unsigned c = 0;
    while (strcmp(channels[c], name) != 0)
        assert_true(++c < CHANNELS);
    return c;
}

/* --- the model's own rules ---------------------------------------------------------------- */

static bool is_there(const struct place *place)
{
    return place->held != 0 || place->gone_ms > m.now_ms;
}

static void hold(unsigned c, unsigned u, unsigned gateway)
{
    m.places[c][u].held |= 1u << gateway;
    m.places[c][u].gone_ms = 0;
}

static void let_go(unsigned c, unsigned u, unsigned gateway, bool at_once)
{
    struct place *place = &m.places[c][u];

    if (!(place->held & (1u << gateway)))
        return;
    place->held &= ~(1u << gateway);
    if (place->held == 0)
        place->gone_ms = at_once ? 0 : m.now_ms + graces[c];
}

static void let_all_go(unsigned gateway, bool at_once)
{
    for (unsigned c = 0; c < CHANNELS; c++)
        for (unsigned u = 0; u <= USERS; u++)
            let_go(c, u, gateway, at_once);
}

/* --- what the roster asks and tells ---------------------------------------------------------- */

static int64_t grace_ms(void *ctx, const char *app, const char *channel)
{
    (void)ctx, (void)app;
    return graces[channel_of(channel)];
}

static bool is_invisible(void *ctx, const char *app, const char *user_id)
{
    (void)ctx, (void)app;
    return m.invisible[number_of(user_id, 'u')];
}

static void on_batch(void *ctx, const struct roster_batch *batch)
{
    unsigned c = channel_of(batch->channel), count = 0;

    (void)ctx;
    assert_true(batch->version > m.versions[c]);
    m.versions[c] = batch->version;
    for (size_t i = 0; i < batch->change_count; i++) {
        const struct roster_change *change = &batch->changes[i];
        unsigned u = number_of(change->user_id, 'u');
        bool joined = change->kind == ROSTER_JOINED;
        assert_int_not_equal(change->kind, ROSTER_CHANGED);
        assert_int_equal(m.places[c][u].told, !joined);
        m.places[c][u].told = joined;
        all.joins += joined;
        all.leaves += !joined;
    }
    for (unsigned u = 0; u < USERS; u++)
        count += m.places[c][u].told;
    assert_int_equal(batch->count, count);
}

static void on_occupancy(void *ctx, const char *app, const char *channel,
                         bool occupied)
{
    struct place *place = &m.places[channel_of(channel)][USERS];

    (void)ctx, (void)app;
    assert_int_equal(place->told, !occupied);
    place->told = occupied;
}

static void on_face(void *ctx, struct face *face)
{
    (void)face;
    ++*(unsigned *)ctx;
}

static void check_channel(unsigned c)
{
    const struct channel *channel = roster_find(m.roster, "dev", channels[c]);
    unsigned seen = 0, listed = 0;

    for (unsigned u = 0; u <= USERS; u++) {
        const struct place *place = &m.places[c][u];
        bool want = is_there(place) && (u == USERS || !m.invisible[u]);
        if (place->told != want)
            fail_msg("%lld ms: %u on %s is %s", (long long)m.now_ms, u,
                     channels[c], want ? "missing" : "a ghost");
        seen += want && u < USERS;
    }
    roster_walk(channel, on_face, &listed);
    assert_int_equal(listed, seen);
    assert_int_equal(roster_count(channel), seen);
}

static void check(void)
{
    static const struct roster_sink sink = {on_batch, on_occupancy};

    roster_tick(m.roster, m.now_ms);
    while (roster_is_dirty(m.roster))
        (void)roster_flush(m.roster, 1 + pick(9), &sink, NULL);
    for (unsigned c = 0; c < CHANNELS; c++)
        check_channel(c);
}

/* --- gateways ---------------------------------------------------------------------------------- */

static void on_came(void *ctx, const struct lease *lease)
{
    (void)ctx, (void)lease;
}

static void on_gone(void *ctx, const struct lease *lease, bool at_once)
{
    unsigned g = number_of(lease->name, 'g');

    (void)ctx;
    roster_drop_gateway(m.roster, m.now_ms, lease->number, at_once);
    let_all_go(g, at_once);
    all.deaths++;
}

static const struct lease *hear(unsigned g, bool leaving)
{
    char name[3] = {'g', (char)('0' + g), '\0'};

    return leases_hear(m.leases, name, m.gateways[g].boot_ms, leaving,
                       m.now_ms);
}

static void apply(const struct lease *lease, unsigned c, unsigned u, bool on,
                  bool marks)
{
    char user[3] = {'u', (char)('0' + u), '\0'};
    struct presence_item item = {.app = "dev",
                                 .channel = channels[c],
                                 .user_id = u == USERS ? NULL : user,
                                 .on = on};

    assert_int_equal(
        roster_apply(m.roster, m.now_ms, lease->number, &item, marks), FF_OK);
}

static void send(unsigned g, unsigned c, unsigned u)
{
    const struct lease *lease = hear(g, false);
    bool on = m.gateways[g].has[c][u];

    assert_non_null(lease);
    apply(lease, c, u, on, false);
    if (on)
        hold(c, u, g);
    else
        let_go(c, u, g, false);
}

static void report(unsigned g)
{
    const struct lease *lease = hear(g, false);

    roster_begin_report(m.roster, lease->number);
    for (unsigned c = 0; c < CHANNELS; c++) {
        for (unsigned u = 0; u <= USERS; u++) {
            if (!m.gateways[g].has[c][u])
                continue;
            apply(lease, c, u, true, true);
            hold(c, u, g);
        }
        if (pick(3) == 0)
            check(); /* in the middle of it */
    }
    roster_end_report(m.roster, m.now_ms, lease->number);
    for (unsigned c = 0; c < CHANNELS; c++)
        for (unsigned u = 0; u <= USERS; u++)
            if (!m.gateways[g].has[c][u])
                let_go(c, u, g, false);
    all.reports++;
}

/* --- what happens -------------------------------------------------------------------------------- */

static void somebody_moves(unsigned g)
{
    unsigned c = pick(CHANNELS), u = pick(USERS + 1);
    bool *has = &m.gateways[g].has[c][u];

    *has = !*has;
    if (pick(8) == 0)
        return; /* the delta is lost */
    send(g, c, u);
    if (pick(8) == 0)
        send(g, c, u);
}

static void somebody_hides(unsigned g)
{
    unsigned u = pick(USERS);
    char user[3] = {'u', (char)('0' + u), '\0'};

    (void)g;
    m.invisible[u] = !m.invisible[u];
    roster_set_invisible(m.roster, "dev", user, m.invisible[u]);
}

static void dies(unsigned g)
{
    m.gateways[g].alive = false;
}

static void leaves(unsigned g)
{
    assert_null(hear(g, true));
    m.gateways[g].alive = false;
}

static void beats(unsigned g)
{
    assert_non_null(hear(g, false));
}

static void starts(unsigned g)
{
    m.gateways[g] = (struct gateway){.alive = true, .boot_ms = m.now_ms + 1};
    beats(g);
}

static void step(void)
{
    static const struct {
        unsigned odds;
        void (*fn)(unsigned gateway);
    } events[] = {{60, somebody_moves}, {8, somebody_hides}, {20, beats},
                  {4, report},          {1, dies},           {1, leaves},
                  {1, starts}};
    unsigned g = pick(GATEWAYS), dice = pick(95);
    size_t i = 0;

    while (dice >= events[i].odds)
        dice -= events[i++].odds;
    if (!m.gateways[g].alive) {
        if (pick(20) == 0)
            starts(g);
        return;
    }
    events[i].fn(g);
}

static void turn(void)
{
    m.now_ms += (const int64_t[]){0, 0, 1, 15, 100, 699, 700, 3000}[pick(8)];
    for (unsigned g = 0; g < GATEWAYS; g++)
        if (m.gateways[g].alive)
            beats(g);
    leases_expire(m.leases, m.now_ms);
    step();
    if (pick(2) == 0)
        check();
}

/* At last all is told, and what is told is the truth. */
static void settle(void)
{
    for (unsigned g = 0; g < GATEWAYS; g++)
        if (m.gateways[g].alive)
            report(g);
    m.now_ms += LEASE_MS + 1;
    for (unsigned g = 0; g < GATEWAYS; g++)
        if (m.gateways[g].alive)
            beats(g);
    leases_expire(m.leases, m.now_ms);
    check();
    for (unsigned c = 0; c < CHANNELS; c++)
        for (unsigned u = 0; u <= USERS; u++) {
            bool there = false;
            for (unsigned g = 0; g < GATEWAYS; g++)
                there |= m.gateways[g].alive && m.gateways[g].has[c][u];
            bool seen = there && (u == USERS || !m.invisible[u]);
            assert_int_equal(m.places[c][u].told, seen);
        }
}

static void run(uint64_t seed)
{
    static const struct roster_rules rules = {grace_ms, is_invisible, NULL};
    static const struct leases_events events = {on_came, on_gone, NULL};

    memset(&m, 0, sizeof(m));
    m.seed = seed * 0x9e3779b97f4a7c15u;
    m.now_ms = 1000;
    m.roster = roster_new(&rules, 0);
    m.leases = leases_new(LEASE_MS, &events);
    for (unsigned i = 0; i < STEPS; i++)
        turn();
    settle();
    roster_free(&m.roster);
    leases_free(&m.leases);
}

static void the_roster_is_what_the_model_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed);
    assert_true(all.joins > 5000 && all.leaves > 5000);
    assert_true(all.deaths > 200 && all.reports > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_roster_is_what_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
