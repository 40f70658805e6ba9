#include "ff_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ff_err failed(struct ff_why *why, const char *path)
{
    int cause = errno;
    return ff_why_set(why, cause == ENOENT ? FF_E_NOT_FOUND : FF_E_IO, path,
                      "%s", strerror(cause));
}

static ff_err read_all(int fd, const char *path, size_t max_bytes,
                       struct ff_buf *out, struct ff_why *why)
{
    for (;;) {
        char part[4096];
        ssize_t n = read(fd, part, sizeof(part));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(why, path);
        if (n == 0)
            return FF_OK;
        if ((size_t)n > max_bytes - out->len)
            return ff_why_set(why, FF_E_TOO_BIG, path, "larger than %zu bytes",
                              max_bytes);
        ff_buf_add(out, part, (size_t)n);
    }
}

ff_err ff_file_read(const char *path, size_t max_bytes, struct ff_buf *out,
                    struct ff_why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(why, path);
    struct ff_buf text = {0};
    ff_err err = read_all(fd, path, max_bytes, &text, why);
    close(fd);
    if (err == FF_OK)
        ff_buf_addslice(out, ff_buf_slice(&text));
    ff_buf_fini(&text);
    return err;
}

static bool write_all(int fd, struct ff_slice text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text.data += n;
        text.len -= (size_t)n;
    }
    return true;
}

static bool write_beside(int fd, struct ff_slice text, unsigned mode)
{
    bool ok =
        write_all(fd, text) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    int cause = errno;
    bool closed = close(fd) == 0;
    if (!ok)
        errno = cause;
    return ok && closed;
}

ff_err ff_file_write(const char *path, struct ff_slice text, unsigned mode,
                     struct ff_why *why)
{
    char *beside = ff_asprintf("%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    ff_err err = FF_OK;
    if (fd < 0)
        err = failed(why, path);
    else if (!write_beside(fd, text, mode) || rename(beside, path) != 0) {
        err = failed(why, path);
        unlink(beside);
    }
    free(beside);
    return err;
}
