#include "tools/up/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ff_file.h"

#define LOG_MAX ((size_t)64 << 20)

static bool complain(const char *what, const char *path)
{
    fprintf(stderr, "fanfare-up: cannot %s %s: %s\n", what, path,
            strerror(errno));
    return false;
}

char *files_make_dir(const char *dir)
{
    char *path = ff_strdup(dir);
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        mkdir(path, 0755);
        *p = '/';
    }
    free(path);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        complain("make the folder", dir);
        return NULL;
    }
    char *full = realpath(dir, NULL);
    if (!full)
        complain("find", dir);
    return full;
}

char *files_path(const char *dir, const char *name)
{
    return ff_asprintf("%s/%s", dir, name);
}

bool files_write(const char *path, struct ff_slice text, unsigned mode)
{
    struct ff_why why = {0};
    if (ff_file_write(path, text, mode, &why) == FF_OK)
        return true;
    fprintf(stderr, "fanfare-up: %s\n", why.text);
    return false;
}

void files_print_tail(const char *path, int lines)
{
    struct ff_buf b = {0};
    if (ff_file_read(path, LOG_MAX, &b, NULL) != FF_OK || !b.len) {
        fprintf(stderr, "  | (empty)\n");
        ff_buf_fini(&b);
        return;
    }
    const char *start = b.data + b.len - 1; /* not the last line's end */
    while (start > b.data && (start[-1] != '\n' || --lines > 0))
        start--;
    for (char *line = (char *)start, *end; *line; line = end) {
        end = strchrnul(line, '\n');
        fprintf(stderr, "  | %.*s\n", (int)(end - line), line);
        end += *end == '\n';
    }
    ff_buf_fini(&b);
}

bool files_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return complain("open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true; /* kept open until the process ends */
    close(fd);
    fprintf(stderr, "fanfare-up: another one runs in this folder (%s)\n", path);
    return false;
}
