#ifndef HUB_FAKE_PRESENCE_H
#define HUB_FAKE_PRESENCE_H

/*
 * The presence service in hub_fake.h: replicas that come and go, of which one
 * owns each channel; it tells changes, and gives lists in pages. Who takes
 * over knows only who is there by then.
 */

#include "ff_map.h"
#include "ff_owner.h"
#include "ff_subject.h"
#include "hub_fake_history.h"

#define CHANNELS  3
#define USERS     12
#define OWNERS    3
#define PAGE      3
#define LISTS     64
#define LISTEN_MS 2500 /* before it owns anything */

static struct {
    bool truth[CHANNELS][USERS]; /* who is there */
    bool told[CHANNELS][USERS];  /* what the owner has published */
    int64_t version[CHANNELS];
    bool alive[OWNERS];
    int64_t started_ms[OWNERS];
    int owner[CHANNELS];      /* -1: none serves it */
    int64_t due_ms[CHANNELS]; /* when who should own it takes over; 0: none */
    struct list {
        int64_t version;
        unsigned channel;
        bool members[USERS];
    } lists[LISTS];
    unsigned list_count;
    unsigned lose_lists; /* in 100 */
} service;

static const char *const names[CHANNELS] = {"room:a", "room:b", "presence-c"};

static inline const char *owner_name(int owner)
{
    static const char *const owners[OWNERS] = {"presence-1", "presence-2",
                                               "presence-3"};

    return owners[owner];
}

static inline unsigned channel_of(const char *name)
{
    for (unsigned c = 0; c < CHANNELS; c++) {
        if (strcmp(names[c], name) == 0)
            return c;
    }
    fail_msg("no such channel: %s", name);
    return 0;
}

static inline void publish(const char *subject, const char *text)
{
    const struct ff_bus_out out = {.subject = subject,
                                   .body = ff_slice_str(text)};
    struct ff_bus_msg *msg = ff_bus_msg_new(&out);

    fake_send(msg);
    ff_bus_msg_unref(&msg);
}

static inline void add_users(struct ff_buf *text, unsigned c, bool joined)
{
    bool first = true;

    for (unsigned u = 0; u < USERS; u++) {
        if (service.truth[c][u] == service.told[c][u] ||
            service.truth[c][u] != joined)
            continue;
        if (!first)
            ff_buf_addc(text, ',');
        first = false;
        if (joined)
            ff_buf_addf(text, "{\"user_id\":\"u%02u\"}", u);
        else
            ff_buf_addf(text, "\"u%02u\"", u);
    }
}

static inline size_t count_of(const bool *users)
{
    size_t count = 0;

    for (unsigned u = 0; u < USERS; u++)
        count += users[u];
    return count;
}

/* What changed since the last time. */
static inline void flush(unsigned c)
{
    struct ff_subject_text subject;
    struct ff_buf text = {0};

    if (service.owner[c] < 0 ||
        memcmp(service.truth[c], service.told[c], sizeof(service.told[c])) == 0)
        return;
    ff_buf_addf(&text,
                "{\"owner\":\"%s\",\"version\":%lld,\"count\":%zu,"
                "\"joined\":[",
                owner_name(service.owner[c]), (long long)++service.version[c],
                count_of(service.truth[c]));
    add_users(&text, c, true);
    ff_buf_adds(&text, "],\"left\":[");
    add_users(&text, c, false);
    ff_buf_adds(&text, "]}");
    memcpy(service.told[c], service.truth[c], sizeof(service.told[c]));
    assert_int_equal(
        ff_subject_build(&subject, FF_SUBJ_PRESENCE_ROSTER, "dev", names[c]),
        FF_OK);
    publish(subject.text, text.data);
    ff_buf_fini(&text);
}

static inline void beat(int owner, bool leaving)
{
    char subject[64], text[128];

    snprintf(subject, sizeof(subject), "ff.hb.presence.%s", owner_name(owner));
    snprintf(text, sizeof(text), "{\"replica\":\"%s\",\"started_at\":%lld%s}",
             owner_name(owner),
             (long long)(FAKE_UNIX_MS + service.started_ms[owner]),
             leaving ? ",\"leaving\":true" : "");
    publish(subject, text);
}

static inline void on_beats(void *arg)
{
    for (int owner = 0; owner < OWNERS; owner++) {
        if (service.alive[owner])
            beat(owner, false);
    }
    if (fake.hub != NULL)
        fake_at(fake.now_ms + 1000, on_beats, arg);
}

/* Of those that have listened for long enough; -1: none. */
static inline int best_of(unsigned c)
{
    unsigned pp = ff_subject_partition(ff_slice_str(names[c]));
    int best = -1;

    for (int owner = 0; owner < OWNERS; owner++) {
        if (service.alive[owner] &&
            service.started_ms[owner] + LISTEN_MS <= fake.now_ms &&
            (best < 0 ||
             ff_owner_beats(owner_name(owner), owner_name(best), pp)))
            best = owner;
    }
    return best;
}

/* Who takes over begins with the truth of now, and tells nobody. */
static inline void serve(unsigned c, int owner)
{
    service.owner[c] = owner;
    service.due_ms[c] = 0;
    service.version[c] = fake.now_ms * 1000 + fake_random(1000);
    memcpy(service.told[c], service.truth[c], sizeof(service.told[c]));
}

/* Some time after the others have heard of it. */
static inline void hand_over(void)
{
    for (unsigned c = 0; c < CHANNELS; c++) {
        int best = best_of(c);
        if (best < 0 || best == service.owner[c])
            service.due_ms[c] = 0;
        else if (service.due_ms[c] == 0)
            service.due_ms[c] = fake.now_ms + 1 + fake_random(3000);
        else if (service.due_ms[c] <= fake.now_ms)
            serve(c, best);
    }
}

static inline void end(int owner)
{
    for (unsigned c = 0; c < CHANNELS; c++) {
        if (service.owner[c] == owner)
            service.owner[c] = -1;
    }
    service.alive[owner] = false;
}

static inline void start(int owner)
{
    end(owner);
    service.alive[owner] = true;
    service.started_ms[owner] = fake.now_ms;
    beat(owner, false);
}

static inline void stop(int owner)
{
    if (service.alive[owner] && fake_random(2) == 0)
        beat(owner, true);
    end(owner);
}

/* --- requests for lists ------------------------------------------------------------ */

struct asked {
    struct fake_call call;
    unsigned channel;
    int64_t version, page;
    ff_rpc_on_result *fn;
    void *ctx;
    ff_err err;
    json_t *result;
};

static inline void asked_fail(struct fake_call *call, ff_err err)
{
    struct asked *asked = (struct asked *)call;

    asked->fn(asked->ctx, err, NULL, NULL);
}

static inline void on_answer(void *arg)
{
    struct asked *asked = arg;

    if (fake_call_end(&asked->call))
        asked->fn(asked->ctx, asked->err, NULL, asked->result);
    json_decref(asked->result);
    free(asked);
}

static inline struct list *freeze(unsigned c)
{
    struct list *list = &service.lists[service.list_count++ % LISTS];

    list->version = service.version[c];
    list->channel = c;
    memcpy(list->members, service.told[c], sizeof(list->members));
    return list;
}

static inline struct list *find_list(const struct asked *asked)
{
    if (asked->page == 0)
        return freeze(asked->channel);
    for (unsigned i = 0; i < LISTS; i++) {
        struct list *list = &service.lists[i];
        if (list->channel == asked->channel && list->version == asked->version)
            return fake_random(100) < service.lose_lists ? NULL : list;
    }
    return NULL;
}

static inline json_t *page_of(const struct list *list, int64_t page)
{
    json_t *members = json_array();
    int64_t place = 0;
    char id[8];

    for (unsigned u = 0; u < USERS; u++) {
        snprintf(id, sizeof(id), "u%02u", u);
        if (list->members[u] && place++ / PAGE == page)
            json_array_append_new(members, json_pack("{s:s}", "user_id", id));
    }
    return json_pack("{s:s, s:I, s:I, s:o, s:b}", "owner",
                     owner_name(service.owner[list->channel]), "version",
                     (json_int_t)list->version, "count", (json_int_t)place,
                     "members", members, "more", place > (page + 1) * PAGE);
}

/* It has come to the owner, if there is one. */
static inline void on_asked(void *arg)
{
    struct asked *asked = arg;
    struct list *list = NULL;

    flush(asked->channel);
    if (fake_random(1000) < fake.fail_calls)
        asked->err = FF_E_TIMEOUT;
    else if (service.owner[asked->channel] < 0)
        asked->err = FF_E_UNAVAILABLE;
    else if ((list = find_list(asked)) == NULL)
        asked->err = FF_E_CONFLICT;
    else
        asked->result = page_of(list, asked->page);
    fake_at(fake_soon(), on_answer, asked);
}

static inline void on_rpc(const char *subject, struct ff_slice json,
                          ff_rpc_on_result *fn, void *ctx)
{
    struct asked *asked = ff_new(struct asked);
    json_t *in;

    assert_int_equal(ff_json_parse_object(json, &in, NULL), FF_OK);
    asked->channel =
        channel_of(json_string_value(json_object_get(in, "channel")));
    asked->version = json_integer_value(json_object_get(in, "version"));
    asked->page = json_integer_value(json_object_get(in, "page"));
    asked->fn = fn;
    asked->ctx = ctx;
    json_decref(in);
    assert_int_equal(strncmp(subject, "ff.pr.", 6), 0);
    assert_int_equal((unsigned)atoi(subject + 6),
                     ff_subject_partition(ff_slice_str(names[asked->channel])));
    fake_call_add(&asked->call, asked_fail);
    fake_at(fake_soon(), on_asked, asked);
}

#endif
