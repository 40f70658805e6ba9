#include <string.h>

#include "ff_conf.h"
#include "tools/gen/gen.h"

struct setting {
    const char *name;
    enum ff_conf_type type;
    const char *fallback;
    long long min, max;
    const char *unit, *help;
};

#define S(name, type, fallback, min, max, unit, help)                          \
    {#name, FF_CONF_##type, fallback, min, max, unit, help},
static const struct setting common[] = {
#include "settings/common.def"
};
static const struct setting gateway[] = {
#include "settings/gateway.def"
};
static const struct setting ingress[] = {
#include "settings/ingress.def"
};
static const struct setting auth[] = {
#include "settings/auth.def"
};
static const struct setting presence[] = {
#include "settings/presence.def"
};
static const struct setting documents[] = {
#include "settings/documents.def"
};
#undef S

#define GROUP(name, title)                                                     \
    {                                                                          \
        title, name, sizeof name / sizeof name[0]                              \
    }
static const struct group {
    const char *title;
    const struct setting *rows;
    size_t count;
} groups[] = {
    GROUP(common, "Every service"), GROUP(gateway, "gateway"),
    GROUP(ingress, "ingress"),      GROUP(auth, "auth"),
    GROUP(documents, "documents"),  GROUP(presence, "presence"),
};

static void add_fallback(struct ff_buf *b, const struct setting *s)
{
    if (*s->fallback)
        ff_buf_addf(b, "`%s`", s->fallback);
    if (*s->fallback && *s->unit)
        ff_buf_addf(b, " %s", s->unit);
}

static void add_values(struct ff_buf *b, const struct setting *s)
{
    static const char *const names[] = {
        [FF_CONF_STR] = "text",
        [FF_CONF_SECRET] = "secret",
        [FF_CONF_INT] = "number",
        [FF_CONF_BOOL] = "true or false",
        [FF_CONF_LIST] = "list, comma-separated",
    };

    ff_buf_adds(b, names[s->type]);
    if (s->type == FF_CONF_INT)
        ff_buf_addf(b, ", %lld–%lld", s->min, s->max);
    else if (s->type != FF_CONF_BOOL)
        ff_buf_addf(b, ", at most %lld bytes", s->max);
}

static void add_upper(struct ff_buf *b, const char *name)
{
    for (; *name; name++)
        ff_buf_addc(b,
                    *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
}

static void full_row(struct ff_buf *b, const struct setting *s)
{
    ff_buf_addf(b, "| `%s` | `FANFARE_", s->name);
    add_upper(b, s->name);
    ff_buf_adds(b, "` | ");
    add_values(b, s);
    ff_buf_adds(b, " | ");
    add_fallback(b, s);
    ff_buf_adds(b, " | ");
    gen_cell(b, s->help);
    ff_buf_adds(b, " |\n");
}

static void short_row(struct ff_buf *b, const struct setting *s)
{
    ff_buf_addf(b, "| `%s` | ", s->name);
    add_fallback(b, s);
    ff_buf_adds(b, " | ");
    gen_cell(b, s->help);
    ff_buf_adds(b, " |\n");
}

static void add_groups(struct ff_buf *b, const char *level, const char *head,
                       void (*row)(struct ff_buf *b, const struct setting *s))
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        ff_buf_addf(b, "%s%s %s\n\n%s", i ? "\n" : "", level, groups[i].title,
                    head);
        for (size_t k = 0; k < groups[i].count; k++)
            row(b, &groups[i].rows[k]);
    }
}

void gen_settings(struct ff_buf *b)
{
    add_groups(b, "##",
               "| setting | environment | value | default | meaning |\n"
               "| --- | --- | --- | --- | --- |\n",
               full_row);
}

void gen_settings_short(struct ff_buf *b)
{
    add_groups(b, "####",
               "| setting | default | meaning |\n| --- | --- | --- |\n",
               short_row);
}
