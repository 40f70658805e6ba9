/* Frames that wait: their order, their references, what they cost. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "services/gateway/queue.h"

static struct frame *numbered(int n)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "%d", n);
    struct frame *frame = frame_new((size_t)len);
    memcpy(frame->data, text, (size_t)len);
    return frame;
}

static void push(struct frame_queue *queue, int n)
{
    struct frame *frame = numbered(n);
    queue_push(queue, frame);
    frame_unref(&frame);
}

static int number_of(const struct iovec *iov)
{
    char text[16] = "";
    memcpy(text, iov->iov_base, iov->iov_len);
    int n = -1;
    assert_int_equal(sscanf(text, "%d", &n), 1);
    return n;
}

static void one_frame_needs_no_room(void **state)
{
    (void)state;
    struct frame_queue queue = {0};
    assert_true(queue_is_empty(&queue));
    push(&queue, 7);
    assert_null(queue.more);
    struct iovec iov[4];
    assert_int_equal(queue_peek(&queue, iov, 4), 1);
    assert_int_equal(number_of(iov), 7);
    assert_int_equal(queue_peek(&queue, iov, 0), 0);
    queue_drop(&queue, 1);
    assert_true(queue_is_empty(&queue));
    assert_int_equal(queue.bytes, 0);
}

static void references_are_kept(void **state)
{
    (void)state;
    struct frame_queue queue = {0};
    struct frame *frame = numbered(1);
    queue_push(&queue, frame);
    queue_push(&queue, frame);
    assert_int_equal(frame->refs, 3);
    queue_drop(&queue, 1);
    assert_int_equal(frame->refs, 2);
    queue_clear(&queue);
    assert_int_equal(frame->refs, 1);
    frame_unref(&frame);
}

/* Against a model: numbers in, numbers out, in any rhythm. */
static void order_in_any_rhythm(void **state)
{
    (void)state;
    struct frame_queue queue = {0};
    int in = 0, out = 0;
    for (unsigned step = 1; step < 3000; step++) {
        unsigned r = step * 2654435761u >> 20;
        for (unsigned i = 0; i < r % 7; i++)
            push(&queue, in++);
        struct iovec iov[5];
        int n = queue_peek(&queue, iov, 5);
        assert_int_equal(n, in - out < 5 ? in - out : 5);
        for (int i = 0; i < n; i++)
            assert_int_equal(number_of(&iov[i]), out + i);
        int gone = (int)(r % 5) < n ? (int)(r % 5) : n;
        queue_drop(&queue, gone);
        out += gone;
    }
    assert_true(in > out);
    queue_drop(&queue, in - out + 10);
    assert_true(queue_is_empty(&queue));
    assert_null(queue.more);
    assert_int_equal(queue.bytes, 0);
}

static void many_tiny_frames_cost_something(void **state)
{
    (void)state;
    struct frame_queue queue = {0};
    struct frame *empty = frame_new(0);
    for (int i = 0; i < 1000; i++)
        queue_push(&queue, empty);
    assert_true(queue.bytes >= 1000 * sizeof(void *));
    queue_clear(&queue);
    assert_int_equal(empty->refs, 1);
    frame_unref(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_frame_needs_no_room),
        cmocka_unit_test(references_are_kept),
        cmocka_unit_test(order_in_any_rhythm),
        cmocka_unit_test(many_tiny_frames_cost_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
