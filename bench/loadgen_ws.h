/*
 * loadgen_ws - the client's side of WebSocket framing (RFC 6455): the upgrade
 * request, frames without extensions, masked sending. Messages in fragments
 * are not understood; no contender sends them uncompressed.
 */
#ifndef LOADGEN_WS_H
#define LOADGEN_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

#define WS_HEADER_MAX 14 /* with the mask */

struct ws_frame {
    uint8_t opcode;
    char *payload; /* points into the data given */
    size_t len;
};

/* Bytes of the first whole frame in data, 0 when it is not whole yet. */
size_t ws_parse(char *data, size_t len, struct ws_frame *out_frame);

/* A masked frame in out (len + WS_HEADER_MAX bytes); its length. */
size_t ws_encode(enum ws_opcode opcode, const char *payload, size_t len,
                 char *out);

/* The upgrade request in out; its length. `extra` is header lines or "". */
size_t ws_upgrade(const char *host, const char *path, const char *extra,
                  char *out, size_t out_size);

#endif
