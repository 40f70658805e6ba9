#ifndef DOCUMENTS_UNSAVED_H
#define DOCUMENTS_UNSAVED_H

/*
 * Documents whose last changes are in no snapshot yet: they are gone when the log has aged. Each process marks its own in
 * the bucket ff_unsaved before it accepts such a change (document_log.c) and takes the mark away once the snapshot is written. A
 * mark that stays for rescue_after_s is of a process that died, or of a snapshot that could not be written.
 *
 * On the loop thread.
 */

#include "documents_conf.h"
#include "ff_kv.h"

/* A mark's value, JSON; and its key, for one document and one process. */
void unsaved_write(struct ff_buf *out, const char *app, const char *channel);
char *unsaved_key(const char *instance, const char *document_key);

struct unsaved;
/* A mark that stays: told again after another rescue_after_s if it is still there. */
typedef void unsaved_on_left(void *ctx, const char *mark, const char *app,
                             const char *channel);
struct unsaved *unsaved_new(struct ff_bus *bus,
                            const struct documents_conf *conf,
                            unsaved_on_left *fn, void *ctx);
void unsaved_free(struct unsaved **unsaved);

#endif
