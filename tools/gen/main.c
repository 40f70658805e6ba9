/*
 * fanfare-gen: writes what is made from the tables of proto/ into the source tree that it is started in; --check
 * only tells whether all of it is up to date.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "tools/gen/gen.h"
#include "tools/gen/output.h"

static const char note[] =
    "<!-- Made by `make gen` from the tables in proto/; changes here are lost. "
    "-->\n\n";

static const struct {
    const char *path, *title, *text;
    void (*make)(struct ff_buf *b);
} pages[] = {
    {"docs/SETTINGS.md", "Settings",
     "A setting is read from the file that `--config FILE` (or "
     "`FANFARE_CONFIG`) names, a JSON object,\nthen from the environment, then "
     "from the command line as `--name VALUE`; the last one wins. An\nunknown "
     "name is refused. `--help` lists them, `--check` prints the values in "
     "force.\n\n",
     gen_settings},
    {"docs/METRICS.md", "Metrics",
     "Every service shows these at `/metrics` of its admin listener, in "
     "Prometheus' text format.\n\n",
     gen_metrics},
};

static const struct {
    const char *path, *name;
    void (*make)(struct ff_buf *b);
} sections[] = {
    {"README.md", "settings", gen_settings_short},
    {"docs/PROTOCOL.md", "errors", gen_errors},
    {"docs/PROTOCOL.md", "actions", gen_actions},
    {"docs/PROTOCOL.md", "http", gen_http},
    {"docs/PROTOCOL.md", "namespace", gen_namespace},
    {"docs/PROTOCOL.md", "subjects", gen_subjects},
    {"docs/PROTOCOL.md", "headers", gen_headers},
    {"docs/PROTOCOL.md", "requests", gen_requests},
    {"docs/PROTOCOL.md", "streams", gen_streams},
    {"docs/PROTOCOL.md", "buckets", gen_buckets},
};

#define SCHEMAS "proto/schemas"

static void write_pages(struct output *out)
{
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct ff_buf b = {0};
        ff_buf_addf(&b, "# %s\n\n%s%s", pages[i].title, note, pages[i].text);
        pages[i].make(&b);
        output_file(out, pages[i].path, ff_buf_slice(&b));
        ff_buf_fini(&b);
    }
}

static void write_sections(struct output *out)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        struct ff_buf b = {0};
        sections[i].make(&b);
        output_section(out, sections[i].path, sections[i].name,
                       ff_buf_slice(&b));
        ff_buf_fini(&b);
    }
}

static void write_schema(struct output *out, const struct ff_schema *schema,
                         const char *file)
{
    json_t *document = ff_schema_document(schema);
    char *text = json_dumps(document, JSON_INDENT(2));
    char *whole = ff_asprintf("%s\n", text);
    char *path = ff_asprintf("%s/%s", SCHEMAS, file);

    output_file(out, path, ff_slice_str(whole));
    free(path);
    free(whole);
    free(text);
    json_decref(document);
}

static void write_schemas(struct output *out)
{
    size_t count = 0;

    while (ff_messages[count])
        count++;
    char **files = ff_zalloc((count + 1) * sizeof *files);
    for (size_t i = 0; i < count; i++) {
        files[i] = ff_asprintf("%s.json", ff_messages[i]->name);
        write_schema(out, ff_messages[i], files[i]);
    }
    output_only(out, SCHEMAS, ".json", files);
    for (size_t i = 0; i < count; i++)
        free(files[i]);
    free(files);
}

int main(int argc, char **argv)
{
    struct output out = {.check = argc == 2 && strcmp(argv[1], "--check") == 0};

    if (argc > 2 || (argc == 2 && !out.check)) {
        fprintf(stderr, "usage: fanfare-gen [--check]\n");
        return 2;
    }
    write_pages(&out);
    write_sections(&out);
    write_schemas(&out);
    return out.failed || (out.check && out.changed) ? 1 : 0;
}
