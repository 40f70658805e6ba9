/*
 * An event made of any bytes is one event, and its data comes back: lines end
 * in a line feed, whatever ended them before.
 */
#include <stdlib.h>
#include <string.h>

#include "services/gateway/sse_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The data lines of a stream with one event, joined; its end is checked. */
static void read_back(struct ff_slice stream, struct ff_buf *out)
{
    size_t begin = 0;
    bool ended = false;
    for (size_t i = 0; i < stream.len; i++) {
        if (stream.data[i] == '\r')
            ff_bug("a carriage return");
        if (stream.data[i] != '\n')
            continue;
        if (ended)
            ff_bug("something behind the event");
        struct ff_slice line = {stream.data + begin, i - begin};
        begin = i + 1;
        ended = line.len == 0;
        if (line.len >= 6 && memcmp(line.data, "data: ", 6) == 0) {
            ff_buf_add(out, line.data + 6, line.len - 6);
            ff_buf_addc(out, '\n');
        } else if (!ended && memcmp(line.data, "id: ", 4) != 0 &&
                   memcmp(line.data, "event: ", 7) != 0) {
            ff_bug("an unknown field");
        }
    }
    if (!ended || begin != stream.len)
        ff_bug("the event does not end");
}

static void expected(struct ff_slice data, struct ff_buf *out)
{
    for (size_t i = 0; i < data.len; i++) {
        bool pair = data.data[i] == '\r' && i + 1 < data.len &&
                    data.data[i + 1] == '\n';
        if (!pair)
            ff_buf_addc(out, data.data[i] == '\r' ? '\n' : data.data[i]);
    }
    ff_buf_addc(out, '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ff_slice all = {(const char *)data, size};
    size_t head = size / 4;
    char *event = ff_strndup(all.data, head);
    char *id = ff_strndup(all.data + head, head);
    struct ff_slice body = {all.data + 2 * head, size - 2 * head};
    struct ff_buf stream = {0}, got = {0}, want = {0};
    sse_event(&stream, event, id, body);
    read_back(ff_buf_slice(&stream), &got);
    expected(body, &want);
    if (!ff_slice_eq(ff_buf_slice(&got), ff_buf_slice(&want)))
        ff_bug("the data did not come back");
    ff_buf_fini(&stream);
    ff_buf_fini(&got);
    ff_buf_fini(&want);
    free(event);
    free(id);
    return 0;
}
