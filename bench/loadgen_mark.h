/*
 * loadgen_mark - the mark that every published body carries, so that each
 * delivery can be told apart: {"bench":"fb:S:NNNNNNNNNN:TTTTTTTTTTTTTTTTTTT:xx"}
 * with the stream (which channel), the sequence number from 1 and the moment
 * at which the message was due (CLOCK_MONOTONIC, nanoseconds).
 */
#ifndef LOADGEN_MARK_H
#define LOADGEN_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARK_BODY_MIN 48
#define MARK_STREAMS  2

struct mark {
    uint32_t stream;
    uint32_t seq;
    int64_t due_ns;
};

/* A body of exactly `size` bytes (MARK_BODY_MIN or more), no NUL behind it. */
void mark_write(const struct mark *mark, char *out_body, size_t size);

/*
 * The mark in what was delivered, wherever the envelope put it. *hint is the
 * place of the last one found: it is tried first, then the whole is searched.
 */
bool mark_find(const char *data, size_t len, size_t *hint,
               struct mark *out_mark);

#endif
