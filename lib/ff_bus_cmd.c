#include "ff_bus_cmd.h"

#include <string.h>

static const char *put_text(char **at, const char *data, size_t len)
{
    char *text = *at;
    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';
    *at += len + 1;
    return text;
}

static size_t texts_bytes(const char *reply, const struct ff_bus_out *out)
{
    size_t bytes = strlen(out->subject) + out->body.len + 2;
    if (reply != NULL)
        bytes += strlen(reply) + 1;
    for (size_t i = 0; i < out->header_count; i++)
        bytes += strlen(out->headers[i].name) + out->headers[i].value.len + 2;
    return bytes;
}

static void put_texts(struct ff_bus_cmd *cmd, char *at, const char *reply,
                      const struct ff_bus_out *out)
{
    struct ff_bus_send *send = &cmd->send;
    send->subject = put_text(&at, out->subject, strlen(out->subject));
    if (reply != NULL)
        send->reply = put_text(&at, reply, strlen(reply));
    send->body.len = out->body.len;
    send->body.data = put_text(&at, out->body.data, out->body.len);
    send->headers = cmd->headers;
    send->header_count = out->header_count;
    for (size_t i = 0; i < out->header_count; i++) {
        const struct ff_bus_header *from = &out->headers[i];
        struct ff_bus_header *to = &cmd->headers[i];
        to->name = put_text(&at, from->name, strlen(from->name));
        to->value.len = from->value.len;
        to->value.data = put_text(&at, from->value.data, from->value.len);
    }
}

struct ff_bus_cmd *ff_bus_cmd_new(enum ff_bus_cmd_kind kind, uint64_t sub,
                                  const char *reply,
                                  const struct ff_bus_out *out)
{
    size_t head = sizeof(struct ff_bus_cmd);
    size_t bytes = head;
    if (out != NULL) {
        head += out->header_count * sizeof(struct ff_bus_header);
        bytes = head + texts_bytes(reply, out);
    }
    struct ff_bus_cmd *cmd = ff_alloc(bytes);
    *cmd = (struct ff_bus_cmd){.kind = kind, .sub = sub, .bytes = bytes};
    if (out != NULL)
        put_texts(cmd, (char *)cmd + head, reply, out);
    return cmd;
}

size_t ff_bus_out_payload(const struct ff_bus_out *out)
{
    size_t bytes = out->body.len;
    if (out->header_count > 0)
        bytes += sizeof("NATS/1.0\r\n\r\n") - 1;
    for (size_t i = 0; i < out->header_count; i++)
        bytes += strlen(out->headers[i].name) + out->headers[i].value.len +
                 sizeof(": \r\n") - 1;
    return bytes;
}

static bool has_line_end(struct ff_slice s)
{
    return memchr(s.data, '\r', s.len) != NULL ||
           memchr(s.data, '\n', s.len) != NULL ||
           memchr(s.data, '\0', s.len) != NULL;
}

ff_err ff_bus_out_check(const struct ff_bus_out *out)
{
    if (out->subject == NULL || out->subject[0] == '\0' ||
        strpbrk(out->subject, " \t\r\n") != NULL)
        return FF_E_INVALID;
    for (size_t i = 0; i < out->header_count; i++) {
        const struct ff_bus_header *h = &out->headers[i];
        if (h->name[0] == '\0' || h->value.len == 0 || has_line_end(h->value))
            return FF_E_INVALID;
    }
    return FF_OK;
}
