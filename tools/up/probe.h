/*
 * Ask an HTTP listener on 127.0.0.1 whether it is well.
 */
#ifndef FANFARE_UP_PROBE_H
#define FANFARE_UP_PROBE_H

#include <stdbool.h>

/* GET path answers 200 within some hundred milliseconds. Blocks that long. */
bool probe_http_ok(int port, const char *path);

#endif
