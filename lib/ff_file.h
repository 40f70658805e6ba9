#ifndef FF_FILE_H
#define FF_FILE_H

/* Whole small files. */

#include "ff_mem.h"

/* FF_E_NOT_FOUND, FF_E_TOO_BIG, FF_E_IO; why names the path. */
FF_MUST_USE ff_err ff_file_read(const char *path, size_t max_bytes,
                                struct ff_buf *out, struct ff_why *why);
/* Written beside it and renamed, so a reader sees the old or the new one. */
FF_MUST_USE ff_err ff_file_write(const char *path, struct ff_slice text,
                                 unsigned mode, struct ff_why *why);

#endif
