#include "ff_err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    enum ff_err_class class;
    int http, close;
    const char *code, *text;
};

static const struct row rows[] = {
#define X(name, class, http, close, code, text)                                \
    [name] = {FF_CLASS_##class, http, close, code, text},
#include "errors.def"
#undef X
};

static const struct row *row_of(ff_err err)
{
    return &rows[(unsigned)err < FF_ERR_COUNT ? err : FF_E_INTERNAL];
}

const char *ff_err_code(ff_err err)
{
    return row_of(err)->code;
}

const char *ff_err_text(ff_err err)
{
    return row_of(err)->text;
}

int ff_err_http(ff_err err)
{
    return row_of(err)->http;
}

int ff_err_close(ff_err err)
{
    return row_of(err)->close;
}

enum ff_err_class ff_err_class(ff_err err)
{
    return row_of(err)->class;
}

ff_err ff_err_from_code(const char *code)
{
    for (unsigned i = 0; i < FF_ERR_COUNT; i++) {
        if (strcmp(rows[i].code, code) == 0)
            return (ff_err)i;
    }
    return FF_E_INTERNAL;
}

ff_err ff_why_set(struct ff_why *why, ff_err err, const char *field,
                  const char *fmt, ...)
{
    if (!why)
        return err;
    struct ff_why new;
    va_list args;
    va_start(args, fmt);
    vsnprintf(new.text, sizeof(new.text), fmt, args);
    va_end(args);
    snprintf(new.field, sizeof(new.field), "%s", field ? field : "");
    *why = new; /* the arguments may have been why's own texts */
    return err;
}

_Noreturn void ff_bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "bug at %s:%d: ", file, line);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
