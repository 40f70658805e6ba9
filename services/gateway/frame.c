#include <stdlib.h>
#include <string.h>

#include "message.h"

#define WS_TEXT     0x81u /* FIN and opcode, RFC 6455 5.2 */
#define WS_BINARY   0x82u
#define WS_HEAD_MAX 10

struct frame *frame_new(size_t len)
{
    struct frame *frame = ff_alloc(sizeof(*frame) + len);

    atomic_init(&frame->refs, 1);
    frame->binary = false;
    frame->len = len;
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
    return frame;
}

void frame_unref(struct frame **frame)
{
    struct frame *gone = *frame;

    *frame = NULL;
    if (gone != NULL && atomic_fetch_sub(&gone->refs, 1) == 1)
        free(gone);
}

struct frame *frame_bytes(struct ff_slice bytes)
{
    struct frame *frame = frame_new(bytes.len);

    if (bytes.len > 0)
        memcpy(frame->data, bytes.data, bytes.len);
    return frame;
}

struct frame *frame_of_buf(struct ff_buf *text)
{
    struct frame *frame = frame_bytes(ff_buf_slice(text));

    ff_buf_fini(text);
    return frame;
}

/* The length in as few bytes as it takes; how many the head has. */
static size_t ws_head(unsigned char head[WS_HEAD_MAX], size_t len, bool binary)
{
    size_t bytes = len < 126 ? 0 : len <= UINT16_MAX ? 2 : 8;

    head[0] = binary ? WS_BINARY : WS_TEXT;
    head[1] = bytes == 0 ? (unsigned char)len : bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < bytes; i++)
        head[2 + i] = (unsigned char)((uint64_t)len >> 8 * (bytes - 1 - i));
    return 2 + bytes;
}

struct frame *frame_ws(struct ff_slice payload, bool binary)
{
    unsigned char head[WS_HEAD_MAX];
    size_t head_len = ws_head(head, payload.len, binary);
    struct frame *frame = frame_new(head_len + payload.len);

    frame->binary = binary;
    memcpy(frame->data, head, head_len);
    if (payload.len > 0)
        memcpy(frame->data + head_len, payload.data, payload.len);
    return frame;
}

void frames_fini(struct frames *frames)
{
    for (int i = 0; i < FRAME_FORMAT_COUNT; i++) {
        struct frame *frame = atomic_load(&frames->of[i]);
        frame_unref(&frame);
    }
}

/* Two threads may both encode; the first one's frame stays. */
const struct frame *frames_keep(struct frames *frames, enum frame_format format,
                                struct frame *made)
{
    struct frame *there = NULL;

    if (atomic_compare_exchange_strong(&frames->of[format], &there, made))
        return made;
    frame_unref(&made);
    return there;
}
