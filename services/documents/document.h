#ifndef DOCUMENTS_DOCUMENT_H
#define DOCUMENTS_DOCUMENT_H

/*
 * One open document: its state, and the requests on it, one at a time. Loads itself from snapshot and log; asks the log again
 * where another replica may have been at work. On the loop thread.
 */

#include "documents_conf.h"
#include "ff_kv.h"
#include "ff_rpc.h"
#include "messages.h"
#include "state.h"

struct document;

struct document *document_new(struct ff_loop *loop, struct ff_bus *bus,
                              const struct documents_conf *conf,
                              const char *instance, const char *app,
                              const char *channel);
/* Only an idle one. */
void document_free(struct document **document);
/* Nothing asked, nothing to be written. */
bool document_is_idle(const struct document *document);

/* Answer them in their turn. FF_E_BUSY is answered when too many wait. */
void document_join(struct document *document, struct ff_rpc_req *req);
void document_update(struct document *document, struct ff_rpc_req *req,
                     const struct documents_update *in);
/* Write a snapshot with all that is on the log, and take this mark away; see unsaved.h. */
void document_rescue(struct document *document, const char *mark);
/* Write a snapshot now if something changed since the last. */
void document_flush(struct document *document);

#endif
