/*
 * Small files of the state folder. Paths are borrowed; errors are told on standard error.
 */
#ifndef FANFARE_UP_FILES_H
#define FANFARE_UP_FILES_H

#include <stdbool.h>

#include "ff_mem.h"

/* Makes dir and its parents, mode 0700; new absolute path, or NULL. */
char *files_make_dir(const char *dir);
/* New "dir/name". */
char *files_path(const char *dir, const char *name);
/* ff_file_write and its error told. */
bool files_write(const char *path, struct ff_slice text, unsigned mode);
/* The last lines of a log to standard error, indented. */
void files_print_tail(const char *path, int lines);
/* Holds the lock file for as long as this process lives; false: taken. */
bool files_lock(const char *path);

#endif
