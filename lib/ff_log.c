#include "ff_log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ff_clock.h"
#include "ff_json.h"

#define LINE_MAX_BYTES 4096
#define TAIL           "}\n"

static const char *const levels[] = {"debug", "info", "warning", "error"};

static atomic_int threshold = FF_LOG_INFO;
static char service_name[32], instance_name[64];

struct ff_field ff_fs(const char *key, const char *text)
{
    return (struct ff_field){text ? key : NULL, text, 0};
}

struct ff_field ff_fi(const char *key, int64_t number)
{
    return (struct ff_field){key, NULL, number};
}

struct ff_field ff_fe(ff_err err)
{
    return ff_fs("error", ff_err_code(err));
}

void ff_log_init(const char *service, const char *instance)
{
    snprintf(service_name, sizeof(service_name), "%s", service);
    snprintf(instance_name, sizeof(instance_name), "%s", instance);
}

ff_err ff_log_set_level(const char *name)
{
    for (int i = 0; i <= FF_LOG_ERROR; i++) {
        if (strcmp(levels[i], name) == 0) {
            atomic_store(&threshold, i);
            return FF_OK;
        }
    }
    return FF_E_INVALID;
}

static void add_key(struct ff_buf *b, const char *key)
{
    if (b->len > 1)
        ff_buf_addc(b, ',');
    ff_json_add_strings(b, key);
    ff_buf_addc(b, ':');
}

static bool fits(const struct ff_buf *b)
{
    return b->len <= LINE_MAX_BYTES - strlen(TAIL);
}

/* A text that is too long for the line is cut; without room for even an empty
 * one the field is left out. */
static void add_text(struct ff_buf *b, const char *key, const char *value)
{
    size_t start = b->len;
    struct ff_slice text = {value, strnlen(value, LINE_MAX_BYTES)};
    for (;;) {
        b->len = start;
        add_key(b, key);
        ff_json_add_string(b, text);
        if (fits(b))
            return;
        if (text.len == 0)
            break;
        text.len /= 2;
    }
    b->len = start;
}

static void add_number(struct ff_buf *b, const char *key, int64_t number)
{
    size_t start = b->len;
    add_key(b, key);
    ff_buf_addf(b, "%lld", (long long)number);
    if (!fits(b))
        b->len = start;
}

static void write_line(const struct ff_buf *b)
{
    ssize_t n;
    do {
        n = write(STDERR_FILENO, b->data, b->len);
    } while (n < 0 && errno == EINTR);
}

void ff_log_write(enum ff_log_level level, const char *event,
                  const struct ff_field *fields, size_t count)
{
    if ((int)level < atomic_load(&threshold))
        return;
    char time[32];
    ff_clock_rfc3339(ff_clock_ms(), time);
    struct ff_buf b = {0};
    ff_buf_addc(&b, '{');
    add_text(&b, "time", time);
    add_text(&b, "level", levels[level]);
    add_text(&b, "service", service_name);
    add_text(&b, "instance", instance_name);
    add_text(&b, "event", event);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].key && fields[i].text)
            add_text(&b, fields[i].key, fields[i].text);
        else if (fields[i].key)
            add_number(&b, fields[i].key, fields[i].number);
    }
    ff_buf_adds(&b, TAIL);
    write_line(&b);
    ff_buf_fini(&b);
}
