#include "ff_rights.h"

#include <string.h>

#include "ff_json.h"
#include "ff_subject.h"

/* Kinds of subjects.def; only what is a REQUEST is answered. */
enum kind { LIVE, EVENT, REQUEST, STREAM };

static const struct row {
    enum kind kind;
    unsigned publishers, subscribers;
} subjects[] = {
#define X(id, pattern, kind, publishers, subscribers, help)                    \
    [id] = {kind, publishers, subscribers},
#include "subjects.def"
#undef X
};

struct list {
    struct ff_buf *out;
    bool begun;
};

static void add(struct list *list, const char *before, const char *name,
                const char *after)
{
    char *subject = ff_asprintf("%s%s%s", before, name, after);

    if (list->begun)
        ff_buf_addc(list->out, ',');
    list->begun = true;
    ff_json_add_strings(list->out, subject);
    free(subject);
}

/* --- JetStream ---------------------------------------------------------------- */

static const char *const owner_verbs[] = {
    "STREAM.CREATE.",
    "STREAM.UPDATE.",
};
static const char *const reader_verbs[] = {
    "STREAM.INFO.",
    "DIRECT.GET.",
    "CONSUMER.CREATE.",
};
/* The same with more tokens behind the stream's name. */
static const char *const reader_verbs_more[] = {
    "DIRECT.GET.",
    "CONSUMER.CREATE.",
    "CONSUMER.DELETE.",
};

static void add_verb(struct list *list, const char *verb, const char *stream,
                     const char *after)
{
    char *before = ff_asprintf("$JS.API.%s", verb);

    add(list, before, stream, after);
    free(before);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void add_owner(struct list *list, const char *stream)
{
    for (size_t i = 0; i < COUNT(owner_verbs); i++)
        add_verb(list, owner_verbs[i], stream, "");
}

static void add_reader(struct list *list, const char *stream)
{
    for (size_t i = 0; i < COUNT(reader_verbs); i++)
        add_verb(list, reader_verbs[i], stream, "");
    for (size_t i = 0; i < COUNT(reader_verbs_more); i++)
        add_verb(list, reader_verbs_more[i], stream, ".>");
}

/* The ingress removes what a channel keeps. */
static void add_streams(struct list *list, unsigned me)
{
#define X(id, name, owner, readers, subject, help)                             \
    if (me & (owner))                                                          \
        add_owner(list, name);                                                 \
    if (me & ((owner) | (readers)))                                            \
        add_reader(list, name);                                                \
    if (me & FF_S_INGRESS)                                                     \
        add_verb(list, "STREAM.PURGE.", name, "");
#include "streams.def"
#undef X
}

static void add_buckets(struct list *list, unsigned me)
{
#define X(id, name, owner, readers, writers, history, ttl_s, help)             \
    if (me & (owner))                                                          \
        add_owner(list, "KV_" name);                                           \
    if (me & ((owner) | (readers)))                                            \
        add_reader(list, "KV_" name);                                          \
    if (me & (writers))                                                        \
        add(list, "$KV.", name, ".>");
#include "buckets.def"
#undef X
}

/* --- subjects ------------------------------------------------------------------- */

static void add_subjects(struct list *list, unsigned me, bool publish)
{
    struct ff_subject_text text;

    for (size_t i = 0; i < COUNT(subjects); i++) {
        if (me & (publish ? subjects[i].publishers : subjects[i].subscribers)) {
            ff_subject_wildcard((enum ff_subject)i, &text);
            add(list, "", text.text, "");
        }
    }
}

/* Whose requests we answer: their inboxes. */
static unsigned askers(unsigned me)
{
    unsigned who = 0;

    for (size_t i = 0; i < COUNT(subjects); i++)
        if (subjects[i].kind == REQUEST && (me & subjects[i].subscribers))
            who |= subjects[i].publishers;
    return who;
}

static void add_inboxes(struct list *list, unsigned who)
{
    for (int i = 0; i < FF_SVC_COUNT; i++)
        if (who & (1u << i))
            add(list, "_INBOX_", ff_service_name((enum ff_service)i), ".>");
}

void ff_rights_print(enum ff_service service, struct ff_buf *out)
{
    unsigned me = 1u << service;
    struct list publish = {out, false}, subscribe = {out, false};

    ff_buf_adds(out, "{\"publish\":{\"allow\":[");
    add_inboxes(&publish, me | askers(me));
    add_subjects(&publish, me, true);
    add_streams(&publish, me);
    add_buckets(&publish, me);
    ff_buf_adds(out, "]},\"subscribe\":{\"allow\":[");
    add_inboxes(&subscribe, me);
    add_subjects(&subscribe, me, false);
    ff_buf_adds(out, "]}}");
}
