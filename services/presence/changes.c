#include "changes.h"

#include <string.h>

#include "ff_clock.h"
#include "ff_log.h"

static void publish(const struct changes *changes,
                    const struct ff_subject_text *subject, struct ff_buf *json)
{
    struct ff_bus_out out = {.subject = subject->text,
                             .body = ff_buf_slice(json)};
    ff_err err = ff_bus_publish(changes->bus, &out);

    if (err != FF_OK)
        ff_warn("change_not_sent", ff_fs("subject", subject->text), ff_fe(err));
    ff_buf_fini(json);
}

/* --- events ----------------------------------------------------------------------- */

struct event {
    const char *kind, *app, *channel, *user_id; /* the last two may be NULL */
};

static void publish_event(const struct changes *changes, struct event event)
{
    struct ff_subject_text subject;
    struct ff_buf json = {0};

    if (ff_subject_build(&subject, FF_SUBJ_EVENT, event.app, event.kind) !=
        FF_OK)
        return;
    ff_buf_addc(&json, '{');
    if (event.channel != NULL) {
        ff_buf_adds(&json, "\"channel\":");
        ff_json_add_strings(&json, event.channel);
        ff_buf_addc(&json, ',');
    }
    if (event.user_id != NULL) {
        ff_buf_adds(&json, "\"user_id\":");
        ff_json_add_strings(&json, event.user_id);
        ff_buf_addc(&json, ',');
    }
    ff_buf_addf(&json, "\"timestamp\":%lld}", (long long)ff_clock_ms());
    publish(changes, &subject, &json);
}

/* Whether a user's own channel has subscribers is nobody's business. */
static void on_occupancy(void *ctx, const char *app, const char *channel,
                         bool occupied)
{
    if (strncmp(channel, ROSTER_USER_PREFIX, strlen(ROSTER_USER_PREFIX)) == 0)
        return;
    publish_event(
        ctx, (struct event){occupied ? "channel_occupied" : "channel_vacated",
                            app, channel, NULL});
}

static void tell_members(const struct changes *changes,
                         const struct roster_batch *batch)
{
    static const char *const kinds[] = {
        [ROSTER_JOINED] = "member_added", [ROSTER_LEFT] = "member_removed"};

    for (size_t i = 0; i < batch->change_count; i++) {
        const struct roster_change *change = &batch->changes[i];
        if (change->kind != ROSTER_CHANGED)
            publish_event(changes,
                          (struct event){kinds[change->kind], batch->app,
                                         batch->channel, change->user_id});
    }
}

/* --- to gateways ------------------------------------------------------------------ */

static void add_change(struct ff_buf *json, const struct roster_change *change)
{
    if (change->kind == ROSTER_LEFT)
        ff_json_add_strings(json, change->user_id);
    else
        ff_buf_addslice(json, face_text(change->face));
}

/* The changes of one kind: ,"joined":[…] */
static void add_changes(struct ff_buf *json, const struct roster_batch *batch,
                        enum roster_kind kind)
{
    static const char *const keys[] = {[ROSTER_JOINED] = "joined",
                                       [ROSTER_LEFT] = "left",
                                       [ROSTER_CHANGED] = "changed"};
    bool begun = false;

    for (size_t i = 0; i < batch->change_count; i++) {
        if (batch->changes[i].kind != kind)
            continue;
        if (begun)
            ff_buf_addc(json, ',');
        else
            ff_buf_addf(json, ",\"%s\":[", keys[kind]);
        begun = true;
        add_change(json, &batch->changes[i]);
    }
    if (begun)
        ff_buf_addc(json, ']');
}

static void publish_batch(const struct changes *changes,
                          const struct roster_batch *batch)
{
    struct ff_subject_text subject;
    struct ff_buf json = {0};

    if (ff_subject_build(&subject, FF_SUBJ_PRESENCE_ROSTER, batch->app,
                         batch->channel) != FF_OK)
        return;
    ff_buf_addf(&json, "{\"owner\":\"%s\",\"version\":%lld,\"count\":%lld",
                changes->owner, (long long)batch->version,
                (long long)batch->count);
    add_changes(&json, batch, ROSTER_JOINED);
    add_changes(&json, batch, ROSTER_LEFT);
    add_changes(&json, batch, ROSTER_CHANGED);
    ff_buf_addc(&json, '}');
    publish(changes, &subject, &json);
}

/* --- users ------------------------------------------------------------------------ */

static void tell_users(const struct changes *changes,
                       const struct roster_batch *batch)
{
    for (size_t i = 0; i < batch->change_count; i++) {
        const struct roster_change *change = &batch->changes[i];
        bool joined = change->kind == ROSTER_JOINED;
        if (change->kind == ROSTER_CHANGED)
            continue;
        publish_event(changes,
                      (struct event){joined ? "user_online" : "user_offline",
                                     batch->app, NULL, change->user_id});
        if (!joined)
            status_seen(changes->status, batch->app, change->user_id,
                        ff_clock_ms());
    }
}

/* Nobody keeps a list of who is on a user's own channel. */
static void on_batch(void *ctx, const struct roster_batch *batch)
{
    if (batch->is_user) {
        tell_users(ctx, batch);
        return;
    }
    publish_batch(ctx, batch);
    tell_members(ctx, batch);
}

const struct roster_sink changes_sink = {on_batch, on_occupancy};
