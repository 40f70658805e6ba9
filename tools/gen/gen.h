#ifndef GEN_H
#define GEN_H

/*
 * What fanfare-gen makes of the tables of proto/: pages of docs/, the JSON schemas, and a part of the README. Each
 * function appends Markdown to b.
 */

#include "ff_mem.h"

/* A cell of a table: '|' is escaped. */
void gen_cell(struct ff_buf *b, const char *text);
/* Names of services joined by ", ", or "all". */
void gen_services(struct ff_buf *b, unsigned services);

void gen_errors(struct ff_buf *b);
void gen_subjects(struct ff_buf *b);
void gen_headers(struct ff_buf *b);
void gen_streams(struct ff_buf *b);
void gen_buckets(struct ff_buf *b);
void gen_namespace(struct ff_buf *b);
void gen_metrics(struct ff_buf *b);

/* Every setting with all that is known of it, or in short. */
void gen_settings(struct ff_buf *b);
void gen_settings_short(struct ff_buf *b);

/* Messages of proto/messages.def by who sends them. */
void gen_actions(struct ff_buf *b);
void gen_http(struct ff_buf *b);
void gen_requests(struct ff_buf *b);

#endif
