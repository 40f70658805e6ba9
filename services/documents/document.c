#include "document_state.h"

#include <stdlib.h>
#include <string.h>

#include "ff_clock.h"
#include "ff_hash.h"
#include "ff_metric.h"
#include "unsaved.h"

#define WAITING_MAX      1000
#define STORE_TIMEOUT_MS 2000
#define STORE_TRIES      3
#define TURNS_MAX        8 /* of one update against other writers */

static void make_key(struct document *doc)
{
    struct ff_buf text = {0};
    uint8_t digest[32];

    ff_buf_addf(&text, "%s %s", doc->app, doc->channel);
    ff_sha256(ff_buf_slice(&text), digest);
    ff_hex(digest, sizeof(digest), doc->key);
    ff_buf_fini(&text);
}

struct document *document_new(struct ff_loop *loop, struct ff_bus *bus,
                              const struct documents_conf *conf,
                              const char *instance, const char *app,
                              const char *channel)
{
    struct document *doc = ff_new(struct document);

    doc->loop = loop;
    doc->bus = bus;
    doc->conf = conf;
    doc->app = ff_strdup(app);
    doc->channel = ff_strdup(channel);
    doc->last = &doc->first;
    make_key(doc);
    doc->mark = unsaved_key(instance, doc->key);
    state_init(&doc->state);
    return doc;
}

static void request_free(struct request *request)
{
    json_decref(request->body);
    json_decref(request->value);
    free(request->user);
    free(request->rescue);
    free(request);
}

static void refuse(struct request *request, ff_err err,
                   const struct ff_why *why, json_t *more)
{
    if (request->req != NULL)
        ff_rpc_fail_with(request->req, err, why, more ? more : json_object());
    else
        json_decref(more);
    request_free(request);
}

void document_free(struct document **document)
{
    struct document *doc = *document;

    if (doc == NULL)
        return;
    while (doc->first != NULL) {
        struct request *request = doc->first;
        doc->first = request->next;
        refuse(request, FF_E_UNAVAILABLE, NULL, NULL);
    }
    ff_timer_free(&doc->timer);
    state_fini(&doc->state);
    free(doc->mark);
    free(doc->left);
    free(doc->app);
    free(doc->channel);
    free(doc);
    *document = NULL;
}

bool document_is_idle(const struct document *doc)
{
    return doc->first == NULL && doc->dirty == 0 && !doc->writing;
}

/* The first request is done. */

static struct request *take_first(struct document *doc)
{
    struct request *request = doc->first;

    doc->first = request->next;
    if (doc->first == NULL)
        doc->last = &doc->first;
    doc->waiting--;
    return request;
}

static void done(struct document *doc, json_t *answer)
{
    struct request *request = take_first(doc);

    ff_rpc_reply_value(request->req, answer);
    request_free(request);
    document_work(doc);
}

void document_fail(struct document *doc, ff_err err, const struct ff_why *why,
                   json_t *more)
{
    refuse(take_first(doc), err, why, more);
    document_work(doc);
}

/* Writers. */

static void refuse_version(struct document *doc, const struct request *request)
{
    struct ff_why why = {0};
    json_t *more = json_object(), *missed;

    ff_metric_add(FF_M_DOCUMENT_CONFLICTS, 1);
    json_object_set_new(more, "version", json_integer(doc->state.version));
    missed = request->base_version <= doc->state.version
                 ? state_missed(&doc->state, request->base_version)
                 : NULL;
    json_object_set_new(more, "missed", missed ? missed : json_null());
    document_fail(doc,
                  ff_why_set(&why, FF_E_CONFLICT, "base_version",
                             "the document is at version %lld",
                             (long long)doc->state.version),
                  &why, more);
}

/* The log's last offset where the log was emptied by age: what the next change must be set against. */
static void on_tail(void *ctx, ff_err err, struct ff_bus_msg *msg)
{
    struct document *doc = ctx;
    struct ff_message_names names;
    struct ff_message message;

    if (err == FF_E_CLOSED)
        return;
    if (err == FF_E_NOT_FOUND)
        doc->state.tail = 0;
    else if (err == FF_OK)
        err = ff_message_read(msg, &names, &message);
    if (err != FF_OK && err != FF_E_NOT_FOUND) {
        document_fail(doc, err, NULL, NULL);
        return;
    }
    if (err == FF_OK && message.offset < doc->state.tail)
        doc->state.tail = message.offset;
    document_read_on(doc);
}

static void outrun(struct document *doc)
{
    struct request *request = doc->first;

    json_decref(request->value);
    request->value = NULL;
    request->fresh = false;
    if (++request->turns > TURNS_MAX)
        document_fail(doc, FF_E_BUSY, NULL, NULL);
    else
        ff_history_last(doc->bus, doc->app, doc->channel, on_tail, doc);
}

static void on_stored(void *ctx, ff_err err, uint64_t offset, bool duplicate)
{
    struct document *doc = ctx;
    struct request *request = doc->first;

    (void)duplicate;
    if (err == FF_E_CLOSED)
        return;
    if (err == FF_E_CONFLICT) {
        outrun(doc);
        return;
    }
    if (err != FF_OK) {
        /* It may have been stored all the same: read before the next. */
        document_unload(doc);
        document_fail(doc, err, NULL, NULL);
        return;
    }
    state_advance(&doc->state, request->value, json_incref(request->body),
                  offset);
    request->value = NULL;
    ff_metric_add(FF_M_DOCUMENT_UPDATES, 1);
    document_changed(doc);
    done(doc, json_pack("{s:I, s:I}", "version", (json_int_t)doc->state.version,
                        "offset", (json_int_t)offset));
}

void document_store(struct document *doc)
{
    const struct request *request = doc->first;
    char id[FF_MESSAGE_ID_MAX];
    struct ff_buf body = {0};

    ff_message_new_id(id);
    ff_json_write(&body, request->body);
    const struct ff_message message = {
        .app = ff_slice_str(doc->app),
        .channel = ff_slice_str(doc->channel),
        .id = ff_slice_str(id),
        .event = FF_SLICE_LIT("document.change"),
        .sender = ff_slice_str(request->user),
        .time_ms = ff_clock_ms(),
        .version = (uint64_t)doc->state.version + 1,
        .body = ff_buf_slice(&body),
    };
    ff_history_store(doc->bus, &message, NULL, doc->state.tail,
                     STORE_TIMEOUT_MS, STORE_TRIES, on_stored, doc);
    ff_buf_fini(&body);
}

static void update(struct document *doc, struct request *request)
{
    struct ff_why why = {0};

    /* Another replica may have gone on: a conflict tells the version of now. */
    if (request->base_version != doc->state.version) {
        if (request->fresh)
            refuse_version(doc, request);
        else
            document_read_on(doc);
        return;
    }
    ff_err err =
        state_try(&doc->state, request->body,
                  (size_t)doc->conf->max_document_bytes, &request->value, &why);
    if (err != FF_OK)
        document_fail(doc, err, &why, NULL);
    else if (!doc->marked)
        document_mark(doc);
    else
        document_store(doc);
}

static void answer_join(struct document *doc)
{
    done(doc, json_pack("{s:s, s:I, s:I, s:s, s:O}", "channel", doc->channel,
                        "version", (json_int_t)doc->state.version, "offset",
                        (json_int_t)doc->state.tail, "epoch", doc->epoch,
                        "document", doc->state.value));
}

static void rescue(struct document *doc)
{
    struct request *request = take_first(doc);

    free(doc->left);
    doc->left = request->rescue;
    request->rescue = NULL;
    request_free(request);
    doc->dirty++;
    document_flush(doc);
    document_work(doc);
}

void document_work(struct document *doc)
{
    struct request *request = doc->first;

    if (request == NULL)
        return;
    if (!doc->loaded)
        document_load(doc);
    else if (request->body != NULL)
        update(doc, request);
    else if (!request->fresh)
        document_read_on(doc);
    else if (request->rescue != NULL)
        rescue(doc);
    else
        answer_join(doc);
}

static void enter(struct document *doc, struct request *request)
{
    if (doc->waiting >= WAITING_MAX) {
        refuse(request, FF_E_BUSY, NULL, NULL);
        return;
    }
    *doc->last = request;
    doc->last = &request->next;
    if (++doc->waiting == 1)
        document_work(doc);
}

void document_join(struct document *doc, struct ff_rpc_req *req)
{
    struct request *request = ff_new(struct request);

    request->req = req;
    enter(doc, request);
}

void document_rescue(struct document *doc, const char *mark)
{
    struct request *request = ff_new(struct request);

    request->rescue = ff_strdup(mark);
    enter(doc, request);
}

void document_update(struct document *doc, struct ff_rpc_req *req,
                     const struct documents_update *in)
{
    struct request *request = ff_new(struct request);

    request->req = req;
    request->base_version = in->base_version;
    request->user = ff_strdup(in->user_id);
    request->body = json_object();
    if (in->changes != NULL)
        json_object_set(request->body, "changes", (json_t *)in->changes);
    else
        json_object_set(request->body, "merge", (json_t *)in->merge);
    enter(doc, request);
}
