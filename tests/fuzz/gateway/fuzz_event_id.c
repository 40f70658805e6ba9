/* Last-Event-ID: what is read is canonical, so writing it again gives the same text. */

#include <stdlib.h>
#include <string.h>

#include "services/gateway/stream.h"

static const char *const channels[] = {"a", "b", "c", NULL};

static void check_same(const struct stream *stream, const char *id)
{
    struct ff_buf again = {0};

    if (stream_id(stream, &again) && strcmp(again.data, id) != 0)
        abort();
    ff_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *id = ff_strndup((const char *)data, size);
    struct stream *stream = stream_new(channels);
    struct position position;

    if (stream_resume(stream, id))
        check_same(stream, id);
    for (size_t i = 0; i < stream_count(stream); i++) {
        if (stream_position(stream, i, &position) &&
            strlen(position.epoch) >= FF_EPOCH_MAX)
            abort();
    }
    stream_free(&stream);
    free(id);
    return 0;
}
