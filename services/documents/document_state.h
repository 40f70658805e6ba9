#ifndef DOCUMENTS_DOCUMENT_STATE_H
#define DOCUMENTS_DOCUMENT_STATE_H

/*
 * A document from inside, for document.c (its requests, one at a time) and document_log.c (its snapshots and its log).
 */

#include "document.h"
#include "ff_history.h"

struct request {
    struct request *next;
    struct ff_rpc_req *req;
    json_t *body; /* NULL: a join, or a rescue */
    int64_t base_version;
    char *user;
    bool fresh; /* the log was read since it began */
    int turns;
    json_t *value; /* what it makes, while it is stored */
    char *rescue;  /* the mark that was left; NULL: req asks */
};

struct document {
    struct ff_loop *loop;
    struct ff_bus *bus;
    const struct documents_conf *conf;
    char *app, *channel;
    char key[65];
    char *mark;  /* its key in ff_unsaved */
    bool marked; /* it stands, as far as we know */
    char *left;  /* another's mark, to go with the next snapshot */
    struct state state;
    bool loaded;
    char epoch[FF_EPOCH_MAX];
    struct request *first, **last; /* the first one is at work */
    size_t waiting;
    int64_t dirty; /* changes since the last snapshot */
    bool writing;
    struct ff_timer *timer;
};

/* document.c */
void document_work(struct document *doc); /* go on with the first request */
/* Refuse the first request, with more (stolen, may be NULL) beside the error; go on. */
void document_fail(struct document *doc, ff_err err, const struct ff_why *why,
                   json_t *more);

/* document_log.c; each goes on with document_work or document_fail. */
void document_load(struct document *doc);    /* snapshot, then log */
void document_read_on(struct document *doc); /* what is new on the log */
void document_changed(struct document *doc); /* a change was stored */
/* Before the first change after a snapshot; then document_store or document_fail. */
void document_mark(struct document *doc);
void document_store(struct document *doc); /* document.c */
/* Forget what is known, so that the next request reads all again. */
void document_unload(struct document *doc);

#endif
