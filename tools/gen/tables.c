#include <stdio.h>
#include <string.h>

#include "ff_service.h"
#include "ff_subject.h"
#include "tools/gen/gen.h"

void gen_cell(struct ff_buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            ff_buf_addc(b, '\\');
        ff_buf_addc(b, *text);
    }
}

void gen_services(struct ff_buf *b, unsigned services)
{
    const char *between = "";

    if (services == FF_S_ALL) {
        ff_buf_adds(b, "all");
        return;
    }
    for (int i = 0; i < FF_SVC_COUNT; i++) {
        if (services & (1u << i)) {
            ff_buf_addf(b, "%s%s", between,
                        ff_service_name((enum ff_service)i));
            between = ", ";
        }
    }
}

static void cells(struct ff_buf *b, const char *const *texts)
{
    for (; *texts; texts++) {
        ff_buf_adds(b, "| ");
        gen_cell(b, *texts);
        ff_buf_addc(b, ' ');
    }
    ff_buf_adds(b, "|\n");
}

#define CELLS(b, ...) cells(b, (const char *const[]){__VA_ARGS__, NULL})

/* --- errors ------------------------------------------------------------------------ */

static void error_row(struct ff_buf *b, const char *class, int http, int close,
                      const char *code, const char *text)
{
    char number[12] = "";

    if (strcmp(class, "OK") == 0)
        return;
    if (close)
        snprintf(number, sizeof number, "%d", close);
    ff_buf_addf(b, "| `%s` | %d | %s | %s | %s |\n", code, http, number, class,
                text);
}

void gen_errors(struct ff_buf *b)
{
    ff_buf_adds(b, "| code | HTTP | close code | class | text |\n"
                   "| --- | --- | --- | --- | --- |\n");
#define X(name, class, http, close, code, text)                                \
    error_row(b, #class, http, close, code, text);
#include "errors.def"
#undef X
}

/* --- the bus ------------------------------------------------------------------------- */

static void subject_row(struct ff_buf *b, const char *pattern, const char *kind,
                        unsigned publishers, unsigned subscribers,
                        const char *help)
{
    ff_buf_addf(b, "| `%s` | %s | ", pattern, kind);
    gen_services(b, publishers);
    ff_buf_adds(b, " | ");
    gen_services(b, subscribers);
    ff_buf_adds(b, " | ");
    gen_cell(b, help);
    ff_buf_adds(b, " |\n");
}

void gen_subjects(struct ff_buf *b)
{
    ff_buf_adds(b, "| subject | kind | published by | subscribed to by | "
                   "meaning |\n| --- | --- | --- | --- | --- |\n");
#define X(id, pattern, kind, publishers, subscribers, help)                    \
    subject_row(b, pattern, #kind, publishers, subscribers, help);
#include "subjects.def"
#undef X
}

void gen_headers(struct ff_buf *b)
{
    ff_buf_adds(b, "| header | meaning |\n| --- | --- |\n");
#define X(id, name, help) CELLS(b, name, help);
#include "headers.def"
#undef X
}

static void stream_row(struct ff_buf *b, const char *name, unsigned owner,
                       unsigned readers, enum ff_subject subject,
                       const char *help)
{
    ff_buf_addf(b, "| `%s` | ", name);
    gen_services(b, owner);
    ff_buf_adds(b, " | ");
    gen_services(b, readers);
    ff_buf_addf(b, " | `%s` | ", ff_subject_pattern(subject));
    gen_cell(b, help);
    ff_buf_adds(b, " |\n");
}

void gen_streams(struct ff_buf *b)
{
    ff_buf_adds(b, "| stream | made by | read by | subject | meaning |\n"
                   "| --- | --- | --- | --- | --- |\n");
#define X(id, name, owner, readers, subject, help)                             \
    stream_row(b, name, owner, readers, subject, help);
#include "streams.def"
#undef X
}

static void bucket_row(struct ff_buf *b, const char *name, unsigned readers,
                       unsigned writers, int ttl_s, const char *help)
{
    ff_buf_addf(b, "| `%s` | ", name);
    gen_services(b, readers);
    ff_buf_adds(b, " | ");
    gen_services(b, writers);
    if (ttl_s)
        ff_buf_addf(b, " | %d s | ", ttl_s);
    else
        ff_buf_adds(b, " | for ever | ");
    gen_cell(b, help);
    ff_buf_adds(b, " |\n");
}

void gen_buckets(struct ff_buf *b)
{
    ff_buf_adds(b, "| bucket | read by | written by | kept | meaning |\n"
                   "| --- | --- | --- | --- | --- |\n");
#define X(id, name, owner, readers, writers, history, ttl_s, help)             \
    bucket_row(b, name, readers, writers, ttl_s, help);
#include "buckets.def"
#undef X
}

/* --- namespaces and metrics ------------------------------------------------------------ */

/* A default as it stands in the table: FF_WHO_ANY is any. */
static void option_row(struct ff_buf *b, const char *name, const char *type,
                       const char *fallback, long long min, long long max,
                       const char *help)
{
    bool is_who = strncmp(fallback, "FF_WHO_", 7) == 0;
    const char *shown = is_who ? strrchr(fallback, '_') + 1 : fallback;

    ff_buf_addf(b, "| `%s` | ", name);
    if (strcmp(type, "INT") == 0)
        ff_buf_addf(b, "%lld–%lld", min, max);
    else
        ff_buf_adds(b, is_who ? "none, api, admin, user, any" : "true, false");
    ff_buf_adds(b, " | ");
    for (const char *c = shown; *c; c++)
        ff_buf_addc(b, is_who ? (char)(*c | 0x20) : *c);
    ff_buf_adds(b, " | ");
    gen_cell(b, help);
    ff_buf_adds(b, " |\n");
}

void gen_namespace(struct ff_buf *b)
{
    ff_buf_adds(b, "| option | values | default | meaning |\n"
                   "| --- | --- | --- | --- |\n");
#define N(name, type, fallback, min, max, help)                                \
    option_row(b, #name, #type, #fallback, min, max, help);
#include "namespace.def"
#undef N
}

static void metric_row(struct ff_buf *b, const char *name, const char *type,
                       unsigned services, const char *help)
{
    ff_buf_addf(b, "| `%s` | %s | ", name,
                strcmp(type, "COUNTER") == 0 ? "counter" : "gauge");
    gen_services(b, services);
    ff_buf_adds(b, " | ");
    gen_cell(b, help);
    ff_buf_adds(b, " |\n");
}

void gen_metrics(struct ff_buf *b)
{
    ff_buf_adds(b, "| metric | type | services | meaning |\n"
                   "| --- | --- | --- | --- |\n");
#define X(id, services, type, name, help)                                      \
    metric_row(b, name, #type, services, help);
#include "metrics.def"
#undef X
}
