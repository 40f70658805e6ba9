#ifndef FF_DELIVERY_H
#define FF_DELIVERY_H

/*
 * A message as clients read it, without "action": in live frames, event streams, and history answers, wherever it
 * comes from. Bytes are given as base64 with "encoding"; live binary frames carry them as they are.
 */

#include "ff_message.h"

/* {"channel","event","message",…} appended to out. */
void ff_delivery_write(const struct ff_message *message, struct ff_buf *out);

#endif
