#ifndef FF_ERR_H
#define FF_ERR_H

/*
 * The one status type. Its values, texts, HTTP statuses and WebSocket close codes are the rows of proto/errors.def.
 *
 * A function that can fail returns ff_err and is must-use. Where a person will read why, it also fills a struct
 * ff_why: the field that was wrong and a sentence. Any thread.
 */

#include <stddef.h>

#define FF_MUST_USE          __attribute__((warn_unused_result))
#define FF_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum ff_err {
#define X(name, class, http, close, code, text) name,
#include "errors.def"
#undef X
    FF_ERR_COUNT
} ff_err;

/* What a caller acts on. */
enum ff_err_class {
    FF_CLASS_OK,
    FF_CLASS_CLIENT,
    FF_CLASS_AUTH,
    FF_CLASS_LIMIT,
    FF_CLASS_TRANSIENT,
    FF_CLASS_PEER,
    FF_CLASS_INTERNAL,
};

/* Why an input or a setting was refused; both texts are cut to fit. */
struct ff_why {
    char field[64];
    char text[160];
};

const char *ff_err_code(ff_err err);
const char *ff_err_text(ff_err err);
int ff_err_http(ff_err err);
int ff_err_close(ff_err err);
enum ff_err_class ff_err_class(ff_err err);
/* The error with this wire code; FF_E_INTERNAL for an unknown one. */
ff_err ff_err_from_code(const char *code);

/* Fill why (may be NULL) and return err, so that a check reads: return ff_why_set(why, FF_E_INVALID, "limit", "…"). */
ff_err ff_why_set(struct ff_why *why, ff_err err, const char *field,
                  const char *fmt, ...) FF_PRINTF(4, 5);

/* The only macro that hides control flow: return what failed. */
#define FF_TRY(expr)                                                           \
    do {                                                                       \
        ff_err ff_try_err_ = (expr);                                           \
        if (ff_try_err_ != FF_OK)                                              \
            return ff_try_err_;                                                \
    } while (0)

/* An impossible state: say where and abort. Never for input. */
#define ff_bug(...) ff_bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void ff_bug_at(const char *file, int line, const char *fmt, ...)
    FF_PRINTF(3, 4);

#endif
