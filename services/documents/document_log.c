#include "document_state.h"

#include "ff_log.h"
#include "ff_metric.h"
#include "unsaved.h"

#define PAGE_MESSAGES   500
#define PAGE_BYTES      (4 << 20)
#define READ_TIMEOUT_MS 5000
#define SNAPSHOT_MS     5000

/* Marks that it has changes which are in no snapshot. */

static void on_marked(void *ctx, ff_err err, uint64_t revision)
{
    struct document *doc = ctx;

    (void)revision;
    if (err == FF_E_CLOSED)
        return;
    doc->marked = err == FF_OK;
    if (err == FF_OK)
        document_store(doc);
    else
        document_fail(doc, err, NULL, NULL);
}

void document_mark(struct document *doc)
{
    struct ff_buf text = {0};

    unsaved_write(&text, doc->app, doc->channel);
    ff_kv_put(doc->bus, FF_BUCKET_UNSAVED, doc->mark, ff_buf_slice(&text),
              UINT64_MAX, on_marked, doc);
    ff_buf_fini(&text);
}

/* A mark that could not be taken away is seen to stay, and dealt with then. */
static void on_unmarked(void *ctx, ff_err err, uint64_t revision)
{
    (void)ctx, (void)err, (void)revision;
}

static void unmark(struct document *doc)
{
    if (doc->marked)
        ff_kv_delete(doc->bus, FF_BUCKET_UNSAVED, doc->mark, on_unmarked, NULL);
    if (doc->left != NULL) {
        ff_info("document_rescued", ff_fs("app", doc->app),
                ff_fs("channel", doc->channel));
        ff_metric_add(FF_M_DOCUMENT_RESCUES, 1);
        ff_kv_delete(doc->bus, FF_BUCKET_UNSAVED, doc->left, on_unmarked, NULL);
    }
    doc->marked = false;
    free(doc->left);
    doc->left = NULL;
}

/* Snapshots. */

static void on_snapshot_time(void *ctx)
{
    document_flush(ctx);
}

static void flush_later(struct document *doc)
{
    if (doc->timer == NULL)
        doc->timer =
            ff_timer_new(doc->loop, SNAPSHOT_MS, 0, on_snapshot_time, doc);
}

static void on_written(void *ctx, ff_err err, uint64_t revision)
{
    struct document *doc = ctx;

    (void)revision;
    if (err == FF_E_CLOSED)
        return;
    doc->writing = false;
    if (err != FF_OK) {
        ff_warn("snapshot_failed", ff_fs("channel", doc->channel), ff_fe(err));
        doc->dirty++;
        flush_later(doc); /* not at once: the bucket may be away for long */
    } else if (doc->dirty == 0) {
        unmark(doc);
    }
}

void document_flush(struct document *doc)
{
    struct ff_buf text = {0};

    ff_timer_free(&doc->timer);
    if (doc->dirty == 0 || doc->writing)
        return;
    doc->dirty = 0;
    doc->writing = true;
    state_write(&doc->state, &text);
    ff_kv_put(doc->bus, FF_BUCKET_DOCS, doc->key, ff_buf_slice(&text),
              UINT64_MAX, on_written, doc);
    ff_buf_fini(&text);
}

void document_changed(struct document *doc)
{
    if (++doc->dirty >= doc->conf->snapshot_every)
        document_flush(doc);
    else
        flush_later(doc);
}

void document_unload(struct document *doc)
{
    state_fini(&doc->state);
    state_init(&doc->state);
    doc->loaded = false;
}

/* Reading the log. */

static ff_err replay(struct document *doc, const struct ff_history_page *page)
{
    struct ff_message_names names;
    struct ff_message message;

    for (size_t i = 0; i < page->count; i++) {
        FF_TRY(ff_message_read(page->msgs[i], &names, &message));
        FF_TRY(state_replay(&doc->state, &message));
    }
    return FF_OK;
}

static void on_page(void *ctx, ff_err err, const struct ff_history_page *page)
{
    struct document *doc = ctx;

    if (err == FF_E_CLOSED)
        return;
    if (err == FF_OK)
        err = replay(doc, page);
    if (err == FF_OK && page->cut) {
        document_read_on(doc);
        return;
    }
    if (err == FF_OK) {
        snprintf(doc->epoch, sizeof(doc->epoch), "%s", page->epoch);
        doc->loaded = true;
        doc->first->fresh = true;
        document_work(doc);
        return;
    }
    if (err == FF_E_INTERNAL)
        ff_error("document_log_broken", ff_fs("channel", doc->channel),
                 ff_fi("version", doc->state.version));
    document_unload(doc);
    document_fail(doc, err, NULL, NULL);
}

void document_read_on(struct document *doc)
{
    const struct ff_history_query query = {
        .app = doc->app,
        .channel = doc->channel,
        .from = doc->state.tail + 1,
        .limit = PAGE_MESSAGES,
        .max_bytes = PAGE_BYTES,
        .timeout_ms = READ_TIMEOUT_MS,
    };
    ff_history_read(doc->bus, &query, on_page, doc);
}

static void on_snapshot(void *ctx, ff_err err, const struct ff_kv_entry *entry)
{
    struct document *doc = ctx;

    if (err == FF_E_CLOSED)
        return;
    if (err == FF_OK)
        err = state_read(&doc->state, entry->value);
    else if (err == FF_E_NOT_FOUND)
        err = FF_OK;
    if (err == FF_OK)
        document_read_on(doc);
    else
        document_fail(doc, err, NULL, NULL);
}

void document_load(struct document *doc)
{
    ff_kv_get(doc->bus, FF_BUCKET_DOCS, doc->key, on_snapshot, doc);
}
