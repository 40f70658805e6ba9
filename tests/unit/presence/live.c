#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ff_app.h"
#include "ff_clock.h"
#include "ff_kv.h"
#include "ff_log.h"
#include "ff_map.h"

static const char app[] =
    "{\"id\":\"dev\",\"keys\":[{\"key\":\"k\",\"secret\":\"s\"}],"
    "\"namespaces\":{\"\":{\"presence_grace_ms\":300},"
    "\"now\":{\"presence_grace_ms\":0},"
    "\"long\":{\"presence_grace_ms\":600000}}}";

unsigned live_partition(const char *channel)
{
    return ff_subject_partition(ff_slice_str(channel));
}

static void publish(struct live *live, const char *subject, json_t *stolen)
{
    struct ff_buf text = {0};

    ff_json_write(&text, stolen);
    json_decref(stolen);
    struct ff_bus_out out = {.subject = subject, .body = ff_buf_slice(&text)};
    assert_int_equal(ff_bus_publish(live->t.bus, &out), FF_OK);
    ff_buf_fini(&text);
}

/* --- what is told ------------------------------------------------------------------------ */

static json_t *member_of(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);

    if (found == NULL) {
        found = json_object();
        json_object_set_new(object, key, found);
    }
    return found;
}

/* Versions of one owner rise by one; what is missing is asked for by who needs it. */
static bool is_next(struct live *live, const char *channel, const json_t *px)
{
    const char *owner = json_string_value(json_object_get(px, "owner"));
    json_int_t version = json_integer_value(json_object_get(px, "version"));
    const json_t *last = json_object_get(live->owners, channel);
    char *before = ff_asprintf("%s %lld", owner, (long long)version - 1);
    bool next = last != NULL && strcmp(json_string_value(last), before) == 0;

    json_object_set_new(live->owners, channel,
                        json_sprintf("%s %lld", owner, (long long)version));
    free(before);
    return next;
}

static void on_roster(void *ctx, struct ff_bus_msg *msg)
{
    struct live *live = ctx;
    char channel[FF_CHANNEL_MAX + 1];
    json_t *px, *item;
    size_t i;

    assert_int_equal(ff_subject_part(FF_SUBJ_PRESENCE_ROSTER,
                                     ff_bus_msg_subject(msg), 2, channel),
                     FF_OK);
    assert_int_equal(ff_json_parse_object(ff_bus_msg_body(msg), &px, NULL),
                     FF_OK);
    bool next = is_next(live, channel, px);
    json_t *seen = member_of(live->seen, channel);
    ff_buf_addf(&live->told, "%s", channel);
    json_array_foreach(json_object_get(px, "joined"), i, item)
    {
        const char *id = json_string_value(json_object_get(item, "user_id"));
        assert_true(!next || json_object_get(seen, id) == NULL);
        json_object_set_new(seen, id, json_true());
        ff_buf_addf(&live->told, " +%s", id);
    }
    json_array_foreach(json_object_get(px, "left"), i, item)
    {
        const char *id = json_string_value(item);
        assert_true(!next || json_object_get(seen, id) != NULL);
        json_object_del(seen, id);
        ff_buf_addf(&live->told, " -%s", id);
    }
    json_array_foreach(json_object_get(px, "changed"), i, item)
        ff_buf_addf(&live->told, " ~%s",
                    json_string_value(json_object_get(item, "user_id")));
    ff_buf_addf(&live->told, " =%lld\n",
                (long long)json_integer_value(json_object_get(px, "count")));
    json_decref(px);
}

static void on_event(void *ctx, struct ff_bus_msg *msg)
{
    struct live *live = ctx;
    char kind[FF_CHANNEL_MAX + 1];
    json_t *event;

    assert_int_equal(
        ff_subject_part(FF_SUBJ_EVENT, ff_bus_msg_subject(msg), 1, kind),
        FF_OK);
    assert_int_equal(ff_json_parse_object(ff_bus_msg_body(msg), &event, NULL),
                     FF_OK);
    const char *channel = json_string_value(json_object_get(event, "channel"));
    const char *user = json_string_value(json_object_get(event, "user_id"));
    assert_true(json_is_integer(json_object_get(event, "timestamp")));
    ff_buf_addf(&live->told, "%s%s%s%s%s\n", kind, channel ? " " : "",
                channel ? channel : "", user ? " " : "", user ? user : "");
    json_decref(event);
}

void live_expect_told(struct live *live, const char *line)
{
    char *whole = ff_asprintf("\n%s\n", line);
    const char *at = NULL;

    wait_for(&live->t, (at = strstr(live->told.data, whole)) != NULL);
    ff_buf_drop(&live->told, (size_t)(at - live->told.data) + strlen(line) + 1);
    free(whole);
}

/* --- gateways ------------------------------------------------------------------------------ */

void live_beat(struct live *live, unsigned gateway, bool leaving)
{
    const struct played *g = &live->gateways[gateway];
    char subject[80];

    snprintf(subject, sizeof(subject), "ff.hb.gateway.%s", g->name);
    publish(live, subject,
            json_pack("{s:s, s:I, s:i, s:b}", "gateway", g->name, "started_at",
                      (json_int_t)g->boot_ms, "connections", 1, "leaving",
                      leaving));
}

static void beat_all(struct live *live)
{
    for (unsigned i = 0; i < LIVE_GATEWAYS; i++)
        if (live->gateways[i].members != NULL && !live->gateways[i].silent &&
            ff_bus_connected(live->t.bus))
            live_beat(live, i, false);
}

static void on_beats(void *ctx)
{
    beat_all(ctx);
}

void live_send_delta(struct live *live, unsigned gateway, unsigned pp,
                     const char *part, json_t *items)
{
    struct played *g = &live->gateways[gateway];
    char subject[80];

    snprintf(subject, sizeof(subject), "ff.pd.%s.%02u", g->name, pp);
    publish(live, subject,
            json_pack("{s:s, s:I, s:I, s:s, s:o}", "gateway", g->name, "boot",
                      (json_int_t)g->boot_ms, "seq", (json_int_t)++g->seq[pp],
                      "part", part, "items", items));
}

static void report(struct live *live, unsigned gateway, unsigned pp)
{
    struct played *g = &live->gateways[gateway];
    char name[4];
    const char *key;
    json_t *item;

    snprintf(name, sizeof(name), "%02u", pp);
    g->reports++;
    live_send_delta(live, gateway, pp, "begin", json_array());
    json_object_foreach(member_of(g->members, name), key, item)
        live_send_delta(live, gateway, pp, "more", json_pack("[O]", item));
    if (!g->endless)
        live_send_delta(live, gateway, pp, "end", json_array());
}

static bool is_for(const struct ff_bus_msg *msg, const struct played *gateway)
{
    char name[FF_CHANNEL_MAX + 1];

    return ff_subject_part(FF_SUBJ_GATEWAY, ff_bus_msg_subject(msg), 0, name) !=
               FF_OK ||
           strcmp(name, gateway->name) == 0;
}

static void on_report(void *ctx, struct ff_bus_msg *msg)
{
    struct live *live = ctx;
    json_t *ask;

    assert_int_equal(ff_json_parse_object(ff_bus_msg_body(msg), &ask, NULL),
                     FF_OK);
    unsigned pp = (unsigned)strtoul(
        json_string_value(json_object_get(ask, "pp")), NULL, 10);
    for (unsigned i = 0; i < LIVE_GATEWAYS; i++) {
        const struct played *g = &live->gateways[i];
        if (g->members != NULL && !g->silent && is_for(msg, g))
            report(live, i, pp);
    }
    json_decref(ask);
}

static void on_ask_beat(void *ctx, struct ff_bus_msg *msg)
{
    (void)msg;
    beat_all(ctx);
}

void live_add_gateway(struct live *live, unsigned gateway)
{
    struct played *g = &live->gateways[gateway];
    int64_t boot_ms = g->boot_ms + 1;

    json_decref(g->members);
    *g = (struct played){.boot_ms = boot_ms, .members = json_object()};
    snprintf(g->name, sizeof(g->name), "gateway-%u", gateway + 1);
    live_beat(live, gateway, false);
}

void live_set(struct live *live, unsigned gateway, const char *channel,
              const char *user, bool on, bool sent)
{
    struct played *g = &live->gateways[gateway];
    unsigned pp = live_partition(channel);
    char *key = ff_asprintf("%s %s", channel, user ? user : "");
    char name[4];

    snprintf(name, sizeof(name), "%02u", pp);
    json_t *item = json_pack("{s:s, s:s, s:b}", "app", "dev", "channel",
                             channel, "on", on);
    if (user != NULL) {
        json_object_set_new(item, "user_id", json_string(user));
        json_object_set_new(item, "name", json_sprintf("%s!", user));
    }
    if (on)
        json_object_set(member_of(g->members, name), key, item);
    else
        json_object_del(member_of(g->members, name), key);
    free(key);
    if (sent)
        live_send_delta(live, gateway, pp, "delta", json_pack("[o]", item));
    else
        json_decref(item);
}

void live_connect(struct live *live, unsigned gateway, const char *user,
                  bool on)
{
    char *channel = ff_asprintf("#user-%s", user);

    live_set(live, gateway, channel, user, on, true);
    free(channel);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_ensured(void *ctx, ff_err err)
{
    assert_int_equal(err, FF_OK);
    *(bool *)ctx = true;
}

static void on_put(void *ctx, ff_err err, uint64_t revision)
{
    (void)revision;
    on_ensured(ctx, err);
}

static void put_app(struct live *live)
{
    bool done = false;

    ff_kv_ensure(live->t.bus, FF_BUCKET_APPS, 1, on_ensured, &done);
    wait_for(&live->t, done);
    done = false;
    ff_kv_put(live->t.bus, FF_BUCKET_APPS, "dev", ff_slice_str(app), UINT64_MAX,
              on_put, &done);
    wait_for(&live->t, done);
}

void live_init(struct live *live)
{
    static const struct {
        const char *subject;
        ff_bus_on_msg *fn;
    } subs[] = {{"ff.px.>", on_roster},
                {"ff.ev.>", on_event},
                {"ff.gws.presence_report", on_report},
                {"ff.gw.*.presence_report", on_report},
                {"ff.gws.beat", on_ask_beat}};

    *live = (struct live){
        .report_ms = 1000, .seen = json_object(), .owners = json_object()};
    assert_int_equal(bus_test_open(&live->t, NULL), 0);
    for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
        ff_bus_subscribe(live->t.bus, subs[i].subject, NULL, subs[i].fn, live);
    live->beats = ff_timer_new(live->t.loop, 200, 200, on_beats, live);
    ff_buf_adds(&live->told, "\n");
    put_app(live);
}

void live_fini(struct live *live)
{
    for (unsigned i = 0; i < LIVE_REPLICAS; i++)
        live_kill(live, i);
    ff_timer_free(&live->beats);
    bus_test_close(&live->t);
    for (unsigned i = 0; i < LIVE_GATEWAYS; i++)
        json_decref(live->gateways[i].members);
    json_decref(live->seen);
    json_decref(live->owners);
    ff_buf_fini(&live->told);
}
