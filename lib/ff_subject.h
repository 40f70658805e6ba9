#ifndef FF_SUBJECT_H
#define FF_SUBJECT_H

/*
 * NATS subjects, built only here, from the rows of proto/subjects.def. A name from outside never reaches a subject
 * but as one encoded token: bytes outside [A-Za-z0-9_-] become =HH. The code is reversible and canonical.
 */

#include "ff_mem.h"

#define FF_CHANNEL_MAX 200                  /* bytes of a channel name */
#define FF_TOKEN_MAX   (FF_CHANNEL_MAX * 3) /* bytes of an encoded one */
#define FF_SUBJECT_MAX (FF_TOKEN_MAX + 200) /* bytes of any subject */
#define FF_PARTITIONS  64

enum ff_subject {
#define X(id, pattern, kind, publishers, subscribers, help) id,
#include "subjects.def"
#undef X
    FF_SUBJ_COUNT
};

struct ff_subject_text {
    char text[FF_SUBJECT_MAX + 1];
};

/* FF_E_CHANNEL: empty, over 200 bytes, not UTF-8, or with control characters. */
FF_MUST_USE ff_err ff_channel_check(struct ff_slice name, struct ff_why *why);

/* 1..FF_CHANNEL_MAX bytes into out (FF_TOKEN_MAX + 1 bytes). */
FF_MUST_USE ff_err ff_token_encode(struct ff_slice name, char *out);
/* FF_E_INVALID for what ff_token_encode never makes. out: FF_CHANNEL_MAX + 1. */
FF_MUST_USE ff_err ff_token_decode(struct ff_slice token, char *out);

/* 32-bit FNV-1a of the name modulo 64: part of the wire, never changes. */
unsigned ff_subject_partition(struct ff_slice channel);

/*
 * Build a subject; the names in {braces} are given in their order as plain texts and encoded here, except that a
 * {pp} with a {token} behind it is made from that token and not given. FF_ANY and FF_REST (these pointers, not their
 * text: a user called "*" is no wildcard) give "*" and ">"; for a {token} of FF_ANY {pp} becomes "*" too. FF_REST
 * ends the subject. FF_E_INVALID: a name is empty, too long or not given.
 *
 *   ff_subject_build(&s, FF_SUBJ_LIVE, "dev", "chat.room.1")
 */
extern const char ff_subject_any[], ff_subject_rest[];
#define FF_ANY  ff_subject_any
#define FF_REST ff_subject_rest

#define ff_subject_build(out, id, ...)                                         \
    ff_subject_build_n(out, id, (const char *const[]){__VA_ARGS__, NULL})
FF_MUST_USE ff_err ff_subject_build_n(struct ff_subject_text *out,
                                      enum ff_subject id,
                                      const char *const *names);
/* The same of names that are known to fit: else it is a bug, and the process aborts. */
#define ff_subject_of(id, ...)                                                 \
    ff_subject_of_n(id, (const char *const[]){__VA_ARGS__, NULL})
struct ff_subject_text ff_subject_of_n(enum ff_subject id,
                                       const char *const *names);
/*
 * Take apart a concrete subject of this row: the decoded name at {which} (0 is the first brace, {pp} counts).
 * out holds FF_CHANNEL_MAX + 1 bytes.
 */
FF_MUST_USE ff_err ff_subject_part(enum ff_subject id, struct ff_slice subject,
                                   unsigned which, char *out);

const char *ff_subject_pattern(enum ff_subject id);
/* The pattern with "*" for every brace. */
void ff_subject_wildcard(enum ff_subject id, struct ff_subject_text *out);

#endif
