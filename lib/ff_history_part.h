#ifndef FF_HISTORY_PART_H
#define FF_HISTORY_PART_H

/* What the files of ff_history share. */

#include "ff_history.h"
#include "ff_js.h"

#define FF_HISTORY_STREAM "FF_HISTORY"

/* From the answer of STREAM.INFO. */
FF_MUST_USE ff_err ff_history_read_state(const json_t *info,
                                         struct ff_history_state *out);

/*
 * Ask the stream's leader for the last message with this subject; fn finds it
 * at "message". An empty subject ends as FF_E_INVALID.
 */
struct ff_js_call *ff_history_ask_last(struct ff_bus *bus, const char *subject,
                                       ff_js_on_result *fn, void *ctx);

#endif
