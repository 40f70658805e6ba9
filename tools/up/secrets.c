#include "tools/up/secrets.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "ff_file.h"
#include "tools/up/files.h"

#define FILE_MAX 65536

/* The secret of this user, NULL for an unknown one. */
static char *slot(struct secrets *s, const char *user)
{
    if (strcmp(user, "system") == 0)
        return s->system;
    if (strcmp(user, "route") == 0)
        return s->route;
    for (int i = 0; i < FF_SVC_COUNT; i++)
        if (strcmp(user, ff_service_name((enum ff_service)i)) == 0)
            return s->services[i];
    return NULL;
}

/* A letter first: nats-server reads 1e9... in its configuration as a number. */
static bool make(char out[SECRET_SIZE])
{
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return false;
    out[0] = 'p';
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 1 + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static void parse(struct secrets *s, char *text)
{
    char user[40], secret[SECRET_SIZE];
    int used;
    while (sscanf(text, "%39s %39s%n", user, secret, &used) == 2) {
        char *to = slot(s, user);
        if (to)
            snprintf(to, SECRET_SIZE, "%s", secret);
        text += used;
    }
}

static bool fill(struct secrets *s, const char *user, struct ff_buf *file)
{
    char *secret = slot(s, user);
    if (!secret[0] && !make(secret))
        return false;
    ff_buf_addf(file, "%s %s\n", user, secret);
    return true;
}

bool secrets_load(struct secrets *s, const char *path)
{
    struct ff_buf b = {0};
    memset(s, 0, sizeof(*s));
    if (ff_file_read(path, FILE_MAX, &b, NULL) == FF_OK && b.len)
        parse(s, b.data);
    ff_buf_clear(&b);
    bool ok = fill(s, "system", &b) && fill(s, "route", &b);
    for (int i = 0; i < FF_SVC_COUNT; i++)
        ok = ok && fill(s, ff_service_name((enum ff_service)i), &b);
    ok = ok && files_write(path, ff_buf_slice(&b), 0600);
    ff_buf_fini(&b);
    return ok;
}
