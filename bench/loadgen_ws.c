#include "loadgen_ws.h"

#include "loadgen_util.h"

#include <stdio.h>
#include <string.h>

static size_t read_be(const uint8_t *bytes, unsigned count)
{
    size_t value = 0;

    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

size_t ws_parse(char *data, size_t len, struct ws_frame *out_frame)
{
    const uint8_t *bytes = (const uint8_t *)data;
    size_t header = 2, size;

    if (len < header)
        return 0;
    size = bytes[1] & 0x7fu;
    if (bytes[1] & 0x80u)
        die("a masked frame from the server");
    if (size >= 126) {
        unsigned more = size == 126 ? 2 : 8;

        header += more;
        if (len < header)
            return 0;
        size = read_be(bytes + 2, more);
    }
    if (!(bytes[0] & 0x80u) || (bytes[0] & 0x0fu) == 0)
        die("a fragmented message from the server");
    if (len - header < size)
        return 0;
    out_frame->opcode = bytes[0] & 0x0fu;
    out_frame->payload = data + header;
    out_frame->len = size;
    return header + size;
}

size_t ws_encode(enum ws_opcode opcode, const char *payload, size_t len,
                 char *out)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t *at = (uint8_t *)out;

    *at++ = (uint8_t)(0x80u | opcode);
    if (len < 126) {
        *at++ = (uint8_t)(0x80u | len);
    } else {
        if (len > UINT16_MAX)
            die("a frame of %zu bytes is more than this client sends", len);
        *at++ = 0x80u | 126;
        *at++ = (uint8_t)(len >> 8);
        *at++ = (uint8_t)len;
    }
    memcpy(at, mask, sizeof(mask));
    at += sizeof(mask);
    for (size_t i = 0; i < len; i++)
        *at++ = (uint8_t)payload[i] ^ mask[i & 3];
    return (size_t)(at - (uint8_t *)out);
}

size_t ws_upgrade(const char *host, const char *path, const char *extra,
                  char *out, size_t out_size)
{
    return (size_t)snprintf(out, out_size,
                            "GET %s HTTP/1.1\r\n"
                            "Host: %s\r\n"
                            "Upgrade: websocket\r\n"
                            "Connection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            "%s\r\n",
                            path, host, extra);
}
