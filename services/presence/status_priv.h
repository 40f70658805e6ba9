#ifndef PRESENCE_STATUS_PRIV_H
#define PRESENCE_STATUS_PRIV_H

/* What status.c (the bucket followed) and status_write.c (read and written) share. */

#include "status.h"

struct status_writer; /* status_write.c: what waits to be written */

struct status {
    struct ff_bus *bus;
    int replicas;
    status_on_invisible *fn;
    void *ctx;
    struct ff_kv_watch *watch;
    struct ff_map *records; /* by key */
    struct ff_timer *retry;
    bool ensured, synced;
    struct status_writer *writer;
};

struct status_writer *status_writer_new(void);
void status_writer_free(struct status_writer **writer);

#endif
