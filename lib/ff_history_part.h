#ifndef FF_HISTORY_PART_H
#define FF_HISTORY_PART_H

/* What the files of ff_history share. */

#include "ff_history.h"
#include "ff_js.h"

#define FF_HISTORY_STREAM "FF_HISTORY"

/* From the answer of STREAM.INFO. */
FF_MUST_USE ff_err ff_history_read_state(const json_t *info,
                                         struct ff_history_state *out);

#endif
