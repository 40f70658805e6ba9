#include "messages.h"

#include <string.h>

#include "tools/gen/gen.h"

/* messages.def has the actions first, then the bodies of HTTP, then the rest. */
enum group { ACTIONS, HTTP, REQUESTS };

static const char action[] = "action_", http[] = "http_";

static bool begins(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static enum group group_of(const struct ff_schema *schema, enum group before)
{
    if (begins(schema->name, action))
        return ACTIONS;
    if (begins(schema->name, http))
        return HTTP;
    return before == ACTIONS ? ACTIONS : REQUESTS;
}

static void add_range(struct ff_buf *b, const struct ff_schema_field *f,
                      const char *unit)
{
    if (f->max == INT64_MAX)
        ff_buf_addf(b, ", at least %lld", (long long)f->min);
    else
        ff_buf_addf(b, ", %lld–%lld%s", (long long)f->min, (long long)f->max,
                    unit);
}

static void add_type(struct ff_buf *b, const struct ff_schema_field *f)
{
    static const struct {
        const char *name, *unit; /* unit NULL: no bounds */
    } types[] = {
        [FF_T_STRING] = {"text", " bytes"},
        [FF_T_ID] = {"text or integer", " bytes"},
        [FF_T_INT] = {"integer", ""},
        [FF_T_BOOL] = {"true or false", NULL},
        [FF_T_FLAG] = {"true or false", NULL},
        [FF_T_ANY] = {"any", NULL},
        [FF_T_OBJECT] = {"object", NULL},
        [FF_T_ARRAY] = {"list", " items"},
        [FF_T_STRINGS] = {"list of texts", " items"},
        [FF_T_IDS] = {"list of texts or integers", " items"},
        [FF_T_CHANNEL] = {"channel name", NULL},
    };

    ff_buf_adds(b, types[f->type].name);
    if (types[f->type].unit)
        add_range(b, f, types[f->type].unit);
}

static void add_fields(struct ff_buf *b, const struct ff_schema *schema)
{
    if (schema->field_count == 0)
        return;
    ff_buf_adds(b, "\n| field | value | needed | meaning |\n"
                   "| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct ff_schema_field *f = &schema->fields[i];
        ff_buf_addf(b, "| `%s` | ", f->name);
        add_type(b, f);
        ff_buf_adds(b, f->flags & FF_SCHEMA_REQUIRED ? " | yes | " : " | | ");
        gen_cell(b, f->help);
        ff_buf_adds(b, " |\n");
    }
}

static void add_message(struct ff_buf *b, const struct ff_schema *schema,
                        enum group group)
{
    const char *name = schema->name;

    if (begins(name, action))
        name += strlen(action);
    if (b->len)
        ff_buf_addc(b, '\n');
    if (group == ACTIONS)
        ff_buf_addf(b, "#### %s\n\n", name);
    else
        ff_buf_addf(b, "#### %s\n\n", schema->help);
    if (group == ACTIONS) {
        gen_cell(b, schema->help);
        ff_buf_addc(b, '\n');
    }
    add_fields(b, schema);
}

static void add_group(struct ff_buf *b, enum group wanted)
{
    enum group group = ACTIONS;

    for (const struct ff_schema *const *s = ff_messages; *s; s++) {
        group = group_of(*s, group);
        if (group == wanted)
            add_message(b, *s, group);
    }
}

void gen_actions(struct ff_buf *b)
{
    add_group(b, ACTIONS);
}

void gen_http(struct ff_buf *b)
{
    add_group(b, HTTP);
}

void gen_requests(struct ff_buf *b)
{
    add_group(b, REQUESTS);
}
