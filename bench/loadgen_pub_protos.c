/*
 * How each service is published to, and how HTTP answers are read.
 */
#include "loadgen_pub.h"

#include "loadgen_util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t http_post(const struct publisher *publisher, const char *path,
                        const char *headers, const char *body, char *out,
                        size_t out_size)
{
    int len = snprintf(out, out_size,
                       "POST %s HTTP/1.1\r\nHost: %s\r\n"
                       "Content-Type: application/json\r\n%s"
                       "Content-Length: %zu\r\n\r\n%s",
                       path, publisher->options->pub_endpoint.host, headers,
                       strlen(body), body);

    if (len < 0 || (size_t)len >= out_size)
        die("a request of %d bytes is too long", len);
    return (size_t)len;
}

static const char *path_of(const struct publisher *publisher)
{
    const char *path = publisher->options->pub_endpoint.path;

    return *path ? path : publisher->proto->path;
}

/* The message stands in this member, beside the channel. */
static size_t api_request(const struct publisher *publisher, uint32_t stream,
                          const char *member, const char *body, char *out,
                          size_t out_size)
{
    char json[64 * 1024 + 512], key[128];

    snprintf(json, sizeof(json), "{\"channel\":\"%s\",\"%s\":%s}",
             publisher->channels[stream], member, body);
    snprintf(key, sizeof(key), "X-API-Key: %s\r\n",
             publisher->options->api_key);
    return http_post(publisher, path_of(publisher), key, json, out, out_size);
}

static size_t fanfare_request(const struct publisher *publisher,
                              uint32_t stream, const char *body, char *out,
                              size_t out_size)
{
    return api_request(publisher, stream, "message", body, out, out_size);
}

static size_t centrifugo_request(const struct publisher *publisher,
                                 uint32_t stream, const char *body, char *out,
                                 size_t out_size)
{
    return api_request(publisher, stream, "data", body, out, out_size);
}

static size_t nchan_request(const struct publisher *publisher, uint32_t stream,
                            const char *body, char *out, size_t out_size)
{
    char path[512];

    snprintf(path, sizeof(path), "%s?id=%s", path_of(publisher),
             publisher->channels[stream]);
    return http_post(publisher, path, "", body, out, out_size);
}

static size_t nats_request(const struct publisher *publisher, uint32_t stream,
                           const char *body, char *out, size_t out_size)
{
    return (size_t)snprintf(out, out_size, "PUB %s %zu\r\n%s\r\n",
                            publisher->channels[stream], strlen(body), body);
}

/* The floor sends each line on as it is. */
static size_t floor_request(const struct publisher *publisher, uint32_t stream,
                            const char *body, char *out, size_t out_size)
{
    (void)publisher;
    (void)stream;
    return (size_t)snprintf(out, out_size, "%s\n", body);
}

static const struct pub_proto PROTOS[] = {
    {"fanfare", "/v1/publish", true, "", fanfare_request},
    {"nchan", "/pub", true, "", nchan_request},
    {"centrifugo", "/api/publish", true, "", centrifugo_request},
    {"nats", "", false, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n",
     nats_request},
    {"floor", "", false, "", floor_request},
};

const struct pub_proto *pub_proto_find(const char *name)
{
    for (size_t i = 0; i < sizeof(PROTOS) / sizeof(PROTOS[0]); i++)
        if (strcmp(PROTOS[i].name, name) == 0)
            return &PROTOS[i];
    die("no such publisher: %s", name);
}

/* The value of a header (given in lower case with its colon), or NULL. */
static const char *header_value(const char *head, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    const char *end = head + len;

    while (head && head < end) {
        if ((size_t)(end - head) > name_len &&
            strncasecmp(head, name, name_len) == 0)
            return head + name_len;
        head = memchr(head, '\n', (size_t)(end - head));
        if (head)
            head++;
    }
    return NULL;
}

size_t http_answer(const char *data, size_t len, int *out_status)
{
    const char *end = find_text(data, len, "\r\n\r\n");
    const char *length;
    size_t head, body;

    if (!end)
        return 0;
    head = (size_t)(end - data) + 4;
    if (head < 16 || strncmp(data, "HTTP/1.", 7) != 0)
        die("not an HTTP answer: %.40s", data);
    length = header_value(data, head, "content-length:");
    if (!length && header_value(data, head, "transfer-encoding:"))
        die("an answer in chunks is not understood");
    body = length ? (size_t)strtoul(length, NULL, 10) : 0;
    if (len < head + body)
        return 0;
    *out_status = (int)strtol(data + 9, NULL, 10);
    return head + body;
}
