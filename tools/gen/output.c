#include "tools/gen/output.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ff_file.h"

#define FILE_MAX_BYTES (4 * 1024 * 1024)

static void fail(struct output *out, const char *path, const char *text)
{
    fprintf(stderr, "fanfare-gen: %s: %s\n", path, text);
    out->failed++;
}

static void make_folder_of(const char *path)
{
    char *folder = ff_strdup(path);
    char *slash = strrchr(folder, '/');

    if (slash) {
        *slash = '\0';
        mkdir(folder, 0777);
    }
    free(folder);
}

static void write_file(struct output *out, const char *path,
                       struct ff_slice text)
{
    struct ff_why why = {0};

    out->changed++;
    if (out->check) {
        fprintf(stderr, "fanfare-gen: %s is out of date; run make gen\n", path);
        return;
    }
    make_folder_of(path);
    if (ff_file_write(path, text, 0644, &why) != FF_OK)
        fail(out, path, why.text);
    else
        printf("%s\n", path);
}

void output_file(struct output *out, const char *path, struct ff_slice text)
{
    struct ff_buf now = {0};

    ff_err err = ff_file_read(path, FILE_MAX_BYTES, &now, NULL);
    if (err != FF_OK || !ff_slice_eq(ff_buf_slice(&now), text))
        write_file(out, path, text);
    ff_buf_fini(&now);
}

/* The place behind the first mark and that of the second one. */
static bool find_marks(const char *text, const char *name, size_t *out_begin,
                       size_t *out_end)
{
    char *first = ff_asprintf("<!-- gen:%s -->\n", name);
    char *second = ff_asprintf("<!-- /gen:%s -->", name);
    const char *begin = strstr(text, first);
    const char *end = begin ? strstr(begin, second) : NULL;

    if (end) {
        *out_begin = (size_t)(begin - text) + strlen(first);
        *out_end = (size_t)(end - text);
    }
    free(first);
    free(second);
    return end != NULL;
}

void output_section(struct output *out, const char *path, const char *name,
                    struct ff_slice text)
{
    struct ff_buf now = {0}, next = {0};
    struct ff_why why = {0};
    size_t begin = 0, end = 0;

    if (ff_file_read(path, FILE_MAX_BYTES, &now, &why) != FF_OK) {
        fail(out, path, why.text);
    } else if (!find_marks(now.data ? now.data : "", name, &begin, &end)) {
        fprintf(stderr, "fanfare-gen: %s has no marks for %s\n", path, name);
        out->failed++;
    } else {
        ff_buf_add(&next, now.data, begin);
        ff_buf_addslice(&next, text);
        ff_buf_add(&next, now.data + end, now.len - end);
        if (!ff_slice_eq(ff_buf_slice(&next), ff_buf_slice(&now)))
            write_file(out, path, ff_buf_slice(&next));
    }
    ff_buf_fini(&now);
    ff_buf_fini(&next);
}

static bool is_among(const char *name, char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool ends_so(const char *name, const char *ending)
{
    size_t len = strlen(name), end = strlen(ending);

    return len >= end && strcmp(name + len - end, ending) == 0;
}

static void remove_file(struct output *out, const char *path)
{
    out->changed++;
    if (out->check)
        fprintf(stderr, "fanfare-gen: %s is no longer made; run make gen\n",
                path);
    else if (unlink(path) != 0)
        fail(out, path, strerror(errno));
}

void output_only(struct output *out, const char *folder, const char *ending,
                 char *const *keep)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        if (!ends_so(entry->d_name, ending) || is_among(entry->d_name, keep))
            continue;
        char *path = ff_asprintf("%s/%s", folder, entry->d_name);
        remove_file(out, path);
        free(path);
    }
    if (dir)
        closedir(dir);
}
