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

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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

/* What ff_history and ff_kv ask of JetStream; %s is the stream. */
static const char *const owner_api[] = {
    "$JS.API.STREAM.CREATE.%s",
    "$JS.API.STREAM.UPDATE.%s",
    NULL,
};
static const char *const stream_api[] = {
    "$JS.API.STREAM.INFO.%s",       "$JS.API.STREAM.MSG.GET.%s",
    "$JS.API.DIRECT.GET.%s",        "$JS.API.DIRECT.GET.%s.>",
    "$JS.API.CONSUMER.CREATE.%s",   "$JS.API.CONSUMER.MSG.NEXT.%s.>",
    "$JS.API.CONSUMER.DELETE.%s.>", NULL,
};
static const char *const remover_api[] = {
    "$JS.API.STREAM.PURGE.%s",
    NULL,
};
static const char *const bucket_api[] = {
    "$JS.API.DIRECT.GET.%s.>",
    "$JS.API.CONSUMER.CREATE.%s",
    NULL,
};

static void add_api(struct list *list, const char *const *api,
                    const char *stream)
{
    for (; *api; api++) {
        const char *gap = strstr(*api, "%s");
        char *before = ff_strndup(*api, (size_t)(gap - *api));
        add(list, before, stream, gap + 2);
        free(before);
    }
}

/* The ingress removes what a channel keeps. */
static void add_streams(struct list *list, unsigned me)
{
#define X(id, name, owner, readers, subject, help)                             \
    if (me & (owner))                                                          \
        add_api(list, owner_api, name);                                        \
    if (me & ((owner) | (readers)))                                            \
        add_api(list, stream_api, name);                                       \
    if (me & FF_S_INGRESS)                                                     \
        add_api(list, remover_api, name);
#include "streams.def"
#undef X
}

static void add_buckets(struct list *list, unsigned me)
{
#define X(id, name, owner, readers, writers, history, ttl_s, help)             \
    if (me & (owner))                                                          \
        add_api(list, owner_api, "KV_" name);                                  \
    if (me & (readers))                                                        \
        add_api(list, bucket_api, "KV_" name);                                 \
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
