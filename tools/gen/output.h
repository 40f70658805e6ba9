#ifndef OUTPUT_H
#define OUTPUT_H

/*
 * Where the generated text goes: whole files, and parts of files between two lines
 *
 *   <!-- gen:NAME -->
 *   <!-- /gen:NAME -->
 *
 * Told to check, nothing is written and every difference is named on standard error.
 */

#include "ff_mem.h"

struct output {
    bool check;
    unsigned changed; /* files that were not as they should be */
    unsigned failed;  /* files that could not be read or written */
};

void output_file(struct output *out, const char *path, struct ff_slice text);
void output_section(struct output *out, const char *path, const char *name,
                    struct ff_slice text);
/* Remove what is in folder and ends so, but for keep (ended by NULL). */
void output_only(struct output *out, const char *folder, const char *ending,
                 char *const *keep);

#endif
