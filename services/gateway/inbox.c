#include "inbox.h"

#include <stdlib.h>

struct inbox {
    struct ff_buf held;
    unsigned empty;
};

static ff_err check(const struct inbox *inbox,
                    const struct inbox_limits *limits,
                    const struct piece *piece)
{
    size_t limit = piece->binary ? limits->binary_bytes : limits->text_bytes;
    size_t held = inbox ? inbox->held.len : 0;
    if (piece->more > limit || held + piece->data.len + piece->more > limit)
        return FF_E_TOO_BIG;
    if (inbox && inbox->empty > INBOX_EMPTY_MAX)
        return FF_E_TOO_BIG;
    if (!piece->last && limits->held + piece->data.len > limits->held_max)
        return FF_E_TOO_BIG;
    return FF_OK;
}

static void hold(struct inbox **inbox, struct inbox_limits *limits,
                 const struct piece *piece)
{
    if (!*inbox)
        *inbox = ff_new(struct inbox);
    struct inbox *in = *inbox;
    if (piece->data.len == 0 && piece->more == 0)
        in->empty++;
    ff_buf_addslice(&in->held, piece->data);
    limits->held += piece->data.len;
}

ff_err inbox_add(struct inbox **inbox, struct inbox_limits *limits,
                 const struct piece *piece, bool *out_whole,
                 struct ff_slice *out_message)
{
    FF_TRY(check(*inbox, limits, piece));
    *out_whole = piece->last;
    if (piece->first && piece->last && !*inbox) {
        *out_message = piece->data;
        return FF_OK;
    }
    hold(inbox, limits, piece);
    *out_message = ff_buf_slice(&(*inbox)->held);
    return FF_OK;
}

void inbox_clear(struct inbox **inbox, struct inbox_limits *limits)
{
    if (!*inbox)
        return;
    limits->held -= (*inbox)->held.len;
    ff_buf_fini(&(*inbox)->held);
    free(*inbox);
    *inbox = NULL;
}
