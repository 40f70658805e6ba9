#ifndef FF_BUS_CMD_H
#define FF_BUS_CMD_H

/* A command on its way from the owner to the bus thread: one allocation with all of its texts. Inside of the bus. */

#include "ff_bus_conn.h"

enum ff_bus_cmd_kind {
    FF_BUS_CMD_PUBLISH,
    FF_BUS_CMD_SUBSCRIBE,
    FF_BUS_CMD_UNSUBSCRIBE,
    FF_BUS_CMD_STOP,
};

struct ff_bus_cmd {
    enum ff_bus_cmd_kind kind;
    uint64_t sub;
    size_t bytes;
    struct ff_bus_send
        send; /* of a subscription: subject, reply is the queue */
    struct ff_bus_header headers[];
};

/* out NULL: no texts. reply may be NULL. Freed by free(). */
struct ff_bus_cmd *ff_bus_cmd_new(enum ff_bus_cmd_kind kind, uint64_t sub,
                                  const char *reply,
                                  const struct ff_bus_out *out);
/* Bytes of headers and body as a server counts them against max_payload. */
size_t ff_bus_out_payload(const struct ff_bus_out *out);
/* FF_E_INVALID: no subject, a header that is empty or has a line end. */
FF_MUST_USE ff_err ff_bus_out_check(const struct ff_bus_out *out);

#endif
