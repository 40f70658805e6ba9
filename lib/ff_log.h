#ifndef FF_LOG_H
#define FF_LOG_H

/*
 * The log: one JSON object per line on standard error, {"time","level","service","instance","event",…}. Event names
 * are snake_case and stable; fields carry the rest. Secrets are never given to it. Any thread; one write per line.
 */

#include "ff_mem.h"

enum ff_log_level { FF_LOG_DEBUG, FF_LOG_INFO, FF_LOG_WARNING, FF_LOG_ERROR };

struct ff_field {
    const char *key;  /* NULL: not there */
    const char *text; /* NULL: the number counts */
    int64_t number;
};

struct ff_field ff_fs(const char *key, const char *text);
struct ff_field ff_fi(const char *key, int64_t number);
struct ff_field ff_fe(ff_err err); /* "error":"code" */

void ff_log_init(const char *service, const char *instance);
FF_MUST_USE ff_err ff_log_set_level(const char *name);
void ff_log_write(enum ff_log_level level, const char *event,
                  const struct ff_field *fields, size_t count);

#define FF_LOG_(level, event, ...)                                             \
    ff_log_write(                                                              \
        level, event,                                                          \
        (const struct ff_field[]){{0} __VA_OPT__(, ) __VA_ARGS__},             \
        sizeof((const struct ff_field[]){{0} __VA_OPT__(, ) __VA_ARGS__}) /    \
            sizeof(struct ff_field))
#define ff_debug(event, ...) FF_LOG_(FF_LOG_DEBUG, event, __VA_ARGS__)
#define ff_info(event, ...)  FF_LOG_(FF_LOG_INFO, event, __VA_ARGS__)
#define ff_warn(event, ...)  FF_LOG_(FF_LOG_WARNING, event, __VA_ARGS__)
#define ff_error(event, ...) FF_LOG_(FF_LOG_ERROR, event, __VA_ARGS__)

#endif
