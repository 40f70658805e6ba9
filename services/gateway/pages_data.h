/*
 * The files of services/gateway/www/, embedded in the program at build time
 * (scripts/embed.sh writes the table). Read only, any thread.
 */
#ifndef FANFARE_GATEWAY_PAGES_DATA_H
#define FANFARE_GATEWAY_PAGES_DATA_H

#include <stddef.h>

struct page {
    const char *path; /* "/chat.html", relative to www/ */
    const char *type; /* content type */
    const unsigned char *data;
    size_t len;
};

/* Ends with a row whose path is NULL. */
extern const struct page pages_data[];

#endif
