#include "reports.h"

#include <stdlib.h>

#include "ff_json.h"
#include "ff_subject.h"

#define BATCH_MS        20
#define BATCH_BYTES     (128 * 1024)
#define CHECKS_PER_TICK 7 /* each partition every ten seconds */

struct part {
    int64_t seq;
    struct ff_buf items; /* that wait, joined by commas */
    bool owed;           /* something was not sent: the whole is to be told */
};

struct reports {
    struct reports_options options;
    struct members *members;
    struct ff_timer *batch;
    struct ff_buf text;
    unsigned next_check;
    struct part parts[FF_PARTITIONS];
};

/* --- texts ---------------------------------------------------------------- */

static void add_text(struct ff_buf *out, const char *head, const char *text)
{
    ff_buf_adds(out, head);
    ff_json_add_strings(out, text);
}

static void add_item(struct ff_buf *out, const struct members_item *item)
{
    if (out->len > 0)
        ff_buf_addc(out, ',');
    add_text(out, "{\"app\":", item->app);
    add_text(out, ",\"channel\":", item->channel);
    if (item->user != NULL)
        add_text(out, ",\"user_id\":", item->user);
    if (item->about != NULL)
        ff_buf_adds(out, item->about);
    ff_buf_adds(out, item->on ? ",\"on\":true}" : ",\"on\":false}");
}

/* Sends the items that wait, as this part; none are left. */
static bool send(struct reports *reports, unsigned pp, const char *name)
{
    const struct reports_options *options = &reports->options;
    struct part *part = &reports->parts[pp];
    struct ff_buf *text = &reports->text;

    ff_buf_clear(text);
    ff_buf_addf(text,
                "{\"gateway\":\"%s\",\"boot\":%lld,\"seq\":%lld,"
                "\"part\":\"%s\",\"items\":[",
                options->gateway, (long long)options->boot_ms,
                (long long)++part->seq, name);
    ff_buf_addslice(text, ff_buf_slice(&part->items));
    ff_buf_adds(text, "]}");
    ff_buf_clear(&part->items);
    if (options->send(options->ctx, pp, ff_buf_slice(text)) != FF_OK)
        part->owed = true;
    return !part->owed;
}

/* --- changes -------------------------------------------------------------- */

static void flush(struct reports *reports, unsigned pp)
{
    struct part *part = &reports->parts[pp];

    if (part->owed)
        ff_buf_fini(&part->items);
    if (part->items.len > 0)
        send(reports, pp, "delta");
}

void reports_flush(struct reports *reports)
{
    ff_timer_free(&reports->batch);
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        flush(reports, pp);
}

static void on_batch(void *ctx)
{
    reports_flush(ctx);
}

static void on_change(void *ctx, unsigned pp, const struct members_item *item)
{
    struct reports *reports = ctx;
    struct part *part = &reports->parts[pp];

    add_item(&part->items, item);
    if (part->items.len > BATCH_BYTES)
        flush(reports, pp);
    if (reports->batch == NULL)
        reports->batch =
            ff_timer_new(reports->options.loop, BATCH_MS, 0, on_batch, reports);
}

/* --- the whole ------------------------------------------------------------ */

struct whole {
    struct reports *reports;
    unsigned pp;
};

static void tell_row(void *ctx, const struct members_item *item)
{
    const struct whole *whole = ctx;
    struct part *part = &whole->reports->parts[whole->pp];

    if (part->owed)
        return;
    add_item(&part->items, item);
    if (part->items.len > BATCH_BYTES)
        send(whole->reports, whole->pp, "more");
}

/* The changes that wait are in it. */
void reports_tell_all(struct reports *reports, unsigned partition)
{
    struct part *part = &reports->parts[partition];
    struct whole whole = {reports, partition};

    part->owed = false;
    ff_buf_clear(&part->items);
    if (!send(reports, partition, "begin"))
        return;
    members_each(reports->members, partition, tell_row, &whole);
    if (part->items.len > 0 && !part->owed)
        send(reports, partition, "more");
    if (!part->owed)
        send(reports, partition, "end");
    ff_buf_fini(&part->items);
}

static void tell_owed(struct reports *reports)
{
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++) {
        if (reports->parts[pp].owed)
            reports_tell_all(reports, pp);
    }
}

void reports_renew(struct reports *reports)
{
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++) {
        if (reports->parts[pp].seq > 0)
            reports->parts[pp].owed = true;
    }
    tell_owed(reports);
}

/* A change after which nothing comes is missed by nobody: say where we are. */
static void check_next(struct reports *reports)
{
    unsigned pp = reports->next_check++ % FF_PARTITIONS;
    struct part *part = &reports->parts[pp];

    if (part->seq > 0 && !part->owed)
        send(reports, pp, "delta");
}

void reports_tick(struct reports *reports)
{
    tell_owed(reports);
    for (int i = 0; i < CHECKS_PER_TICK; i++)
        check_next(reports);
}

/* --- life ----------------------------------------------------------------- */

struct reports *reports_new(const struct reports_options *options)
{
    struct reports *reports = ff_new(struct reports);

    reports->options = *options;
    reports->members = members_new(on_change, reports);
    return reports;
}

void reports_free(struct reports **reports)
{
    struct reports *gone = *reports;

    *reports = NULL;
    if (gone == NULL)
        return;
    ff_timer_free(&gone->batch);
    members_free(&gone->members);
    for (unsigned pp = 0; pp < FF_PARTITIONS; pp++)
        ff_buf_fini(&gone->parts[pp].items);
    ff_buf_fini(&gone->text);
    free(gone);
}

struct members *reports_members(struct reports *reports)
{
    return reports->members;
}
