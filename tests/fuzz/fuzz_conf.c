/*
 * Settings: each line is an argument, a variable (F…) or, from the first line
 * that begins with '{' on, the file. What was accepted prints as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ff_conf.h"
#include "ff_file.h"
#include "ff_json.h"

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#undef S
};

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct conf, __VA_ARGS__)
#include "settings/common.def"
#undef S
};

static const struct ff_conf_table table = {"fuzz", rows,
                                           sizeof(rows) / sizeof(rows[0])};

struct words {
    char *argv[WORDS_MAX + 1], *envp[WORDS_MAX + 1];
    int argc, envc;
    char *file;
};

/* A file that the input names must not be read. */
static void add_line(struct words *w, char *line)
{
    if (strcasestr(line, "config"))
        return;
    if (line[0] == 'F' && w->envc < WORDS_MAX)
        w->envp[w->envc++] = line;
    else if (line[0] != 'F' && w->argc < WORDS_MAX - 1)
        w->argv[w->argc++] = line;
}

static void split(struct words *w, char *text)
{
    while (text && *text && *text != '{') {
        char *end = strchr(text, '\n');
        if (end)
            *end++ = '\0';
        add_line(w, text);
        text = end;
    }
    w->file = text && *text ? text : NULL;
}

/* A file in memory; its name, or NULL. */
static char *name_file(const char *text, int *out_fd)
{
    int fd = memfd_create("conf", 0);
    ssize_t len = (ssize_t)strlen(text);
    if (write(fd, text, (size_t)len) != len)
        ff_bug("memfd");
    *out_fd = fd;
    return ff_asprintf("--config=/proc/self/fd/%d", fd);
}

static void check_loaded(struct conf *conf)
{
    struct ff_buf b = {0};
    json_t *object = NULL;
    ff_conf_print(&table, conf, &b);
    if (ff_json_parse_object(ff_buf_slice(&b), &object, NULL) != FF_OK)
        ff_bug("not JSON: %s", b.data);
    if (json_object_size(object) != table.count)
        ff_bug("not all settings: %s", b.data);
    json_decref(object);
    ff_buf_fini(&b);
    if (conf->admin_port < 0 || conf->admin_port > 65535 || !conf->nats_url[0])
        ff_bug("out of bounds");
    ff_conf_fini(&table, conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = ff_strndup((const char *)data, size);
    char name[] = "fuzz";
    struct words w = {.argv = {name}, .argc = 1};
    int fd = -1;
    split(&w, text);
    char *file = w.file ? name_file(w.file, &fd) : NULL;
    if (file)
        w.argv[w.argc++] = file;
    struct conf conf = {0};
    enum ff_conf_action action;
    struct ff_why why;
    if (ff_conf_load(&table, w.argc, w.argv, w.envp, &conf, &action, &why) ==
        FF_OK)
        check_loaded(&conf);
    if (fd >= 0)
        close(fd);
    free(file);
    free(text);
    return 0;
}
