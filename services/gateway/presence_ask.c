/* What clients ask of presence: lists of members, online users, their own status. */

#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "ff_json.h"
#include "ff_rpc.h"
#include "ff_subject.h"
#include "presence.h"
#include "rosters.h"

#define ASK_MS 3000

/* A question that is out. */
struct asking {
    struct hub *hub;
    struct to_hub item;
    json_t *users; /* of all who answered */
    int64_t count;
    size_t wanted, got;
};

static struct asking *asking_new(struct hub *hub, struct to_hub *item)
{
    struct asking *asking = ff_new(struct asking);

    asking->hub = hub_ref(hub);
    asking->item = hub_take_item(item);
    return asking;
}

static void asking_free(struct asking *asking)
{
    json_decref(asking->users);
    to_hub_fini(&asking->item);
    hub_unref(&asking->hub);
    free(asking);
}

/* Ends asking. text: taken over, may be empty. */
static void answer(struct asking *asking, ff_err err, const struct ff_why *why,
                   struct ff_buf *text)
{
    struct to_worker out;

    if (!asking->hub->closed) {
        hub_answer(&asking->item, TO_WORKER_CALLED, &out);
        out.err = err;
        if (why != NULL)
            out.why = *why;
        out.text = ff_buf_take(text);
        hub_send(asking->hub, asking->item.worker, &out);
    }
    ff_buf_fini(text);
    asking_free(asking);
}

/* --- a status ------------------------------------------------------------- */

static void on_set(void *ctx, ff_err err, const struct ff_why *why,
                   const json_t *result)
{
    struct ff_buf text = {0};

    if (result != NULL)
        ff_json_write(&text, result);
    answer(ctx, err, why, &text);
}

void presence_set(struct hub *hub, struct to_hub *item)
{
    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCE, "set");
    struct asking *asking = asking_new(hub, item);
    ff_rpc_call(hub->bus, subject.text, ff_slice_str(asking->item.text), ASK_MS,
                on_set, asking);
}

/* --- online users --------------------------------------------------------- */

static const char *id_of(const json_t *user)
{
    const char *id = json_string_value(json_object_get(user, "user_id"));

    return id != NULL ? id : "";
}

static int compare_users(const void *a, const void *b)
{
    return strcmp(id_of(*(json_t *const *)a), id_of(*(json_t *const *)b));
}

/* In order of ids, as many as were asked for. */
static void write_users(const struct asking *asking, struct ff_buf *out)
{
    size_t count = json_array_size(asking->users);
    size_t limit = (size_t)asking->item.limit;
    json_t **users = ff_alloc((count + 1) * sizeof(users[0]));

    for (size_t i = 0; i < count; i++)
        users[i] = json_array_get(asking->users, i);
    qsort(users, count, sizeof(users[0]), compare_users);
    for (size_t i = 0; i < count && i < limit; i++) {
        if (i > 0)
            ff_buf_addc(out, ',');
        ff_json_write(out, users[i]);
    }
    free(users);
}

static void finish_users(struct asking *asking, ff_err err)
{
    struct ff_buf text = {0};

    if (err == FF_OK && asking->got == 0)
        err = FF_E_UNAVAILABLE;
    if (err == FF_OK) {
        ff_buf_addf(&text, "\"count\":%lld,\"users\":[",
                    (long long)asking->count);
        write_users(asking, &text);
        ff_buf_addf(&text, "],\"complete\":%s",
                    asking->got >= asking->wanted ? "true" : "false");
    }
    answer(asking, err, NULL, &text);
}

static void on_users(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct asking *asking = ctx;
    json_t *part;

    if (msg == NULL) {
        finish_users(asking, err);
        return;
    }
    if (ff_json_parse_object(ff_bus_msg_body(msg), &part, NULL) != FF_OK)
        return;
    json_t *users = json_object_get(part, "users");
    if (json_is_array(users)) {
        asking->got++;
        asking->count += json_integer_value(json_object_get(part, "count"));
        json_array_extend(asking->users, users);
    }
    json_decref(part);
}

static void ask_users(struct hub *hub, struct to_hub *item)
{
    struct asking *asking = asking_new(hub, item);
    struct ff_buf text = {0};

    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_PRESENCES, "users");
    ff_buf_adds(&text, "{\"app\":");
    ff_json_add_strings(&text, asking->item.app->id);
    ff_buf_addf(&text, ",\"limit\":%lld}", (long long)asking->item.limit);
    asking->users = json_array();
    asking->wanted = replicas_count(hub_rosters(hub)->replicas);
    const struct ff_bus_out out = {.subject = subject.text,
                                   .body = ff_buf_slice(&text)};
    ff_bus_gather(hub->bus, &out, ASK_MS, asking->wanted, on_users, asking);
    ff_buf_fini(&text);
}

/* --- members -------------------------------------------------------------- */

static void list_members(struct hub *hub, struct to_hub *item)
{
    const struct feed *feed =
        feeds_find(hub->feeds, item->app->id, item->channel);
    struct to_worker out;
    struct ff_buf text = {0};

    if (feed == NULL || feed->room == NULL) {
        hub_refuse(hub, item, TO_WORKER_CALLED, FF_E_NO_PRESENCE, NULL);
        return;
    }
    const struct room_part part = {
        .after = item->after,
        .limit = (size_t)item->limit,
        .user = item->user,
        .about = item->text,
    };
    room_write(feed->room, &part, &text);
    hub_answer(item, TO_WORKER_CALLED, &out);
    out.text = ff_buf_take(&text);
    hub_send(hub, item->worker, &out);
}

void presence_list(struct hub *hub, struct to_hub *item)
{
    if (item->channel == NULL)
        ask_users(hub, item);
    else
        list_members(hub, item);
}
