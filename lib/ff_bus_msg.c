#include "ff_bus_msg.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ff_bus_cmd.h"

enum { OVERHEAD_BYTES = 256 };

/* Either around a natsMsg or around a copy of its own. */
struct ff_bus_msg {
    atomic_uint refs;
    natsMsg *nats;
    struct ff_bus_cmd *copy;
    struct ff_slice subject, reply, body;
};

struct ff_bus_msg *ff_bus_msg_take(natsMsg *nats)
{
    struct ff_bus_msg *msg = ff_new(struct ff_bus_msg);
    const char *value;
    atomic_init(&msg->refs, 1);
    msg->nats = nats;
    msg->subject = ff_slice_str(natsMsg_GetSubject(nats));
    msg->reply = ff_slice_str(natsMsg_GetReply(nats));
    msg->body.data = natsMsg_GetData(nats);
    msg->body.len = (size_t)natsMsg_GetDataLength(nats);
    (void)natsMsgHeader_Get(nats, "Status", &value); /* parses all of them */
    return msg;
}

struct ff_bus_msg *ff_bus_msg_new(const struct ff_bus_out *from)
{
    struct ff_bus_msg *msg = ff_new(struct ff_bus_msg);
    atomic_init(&msg->refs, 1);
    msg->copy = ff_bus_cmd_new(FF_BUS_CMD_PUBLISH, 0, NULL, from);
    msg->subject = ff_slice_str(msg->copy->send.subject);
    msg->body = msg->copy->send.body;
    return msg;
}

struct ff_bus_out ff_bus_msg_out(const struct ff_bus_msg *msg)
{
    const struct ff_bus_send *send = &msg->copy->send;
    return (struct ff_bus_out){send->subject, send->body, send->headers,
                               send->header_count};
}

struct ff_bus_msg *ff_bus_msg_ref(struct ff_bus_msg *msg)
{
    atomic_fetch_add_explicit(&msg->refs, 1, memory_order_relaxed);
    return msg;
}

void ff_bus_msg_unref(struct ff_bus_msg **msg)
{
    struct ff_bus_msg *old = *msg;
    *msg = NULL;
    if (old == NULL ||
        atomic_fetch_sub_explicit(&old->refs, 1, memory_order_acq_rel) > 1)
        return;
    natsMsg_Destroy(old->nats);
    free(old->copy);
    free(old);
}

struct ff_slice ff_bus_msg_subject(const struct ff_bus_msg *msg)
{
    return msg->subject;
}

struct ff_slice ff_bus_msg_body(const struct ff_bus_msg *msg)
{
    return msg->body;
}

struct ff_slice ff_bus_msg_header(const struct ff_bus_msg *msg,
                                  const char *name)
{
    const char *value;
    if (msg->nats != NULL)
        return natsMsgHeader_Get(msg->nats, name, &value) == NATS_OK
                   ? ff_slice_str(value)
                   : (struct ff_slice){NULL, 0};
    const struct ff_bus_send *send = &msg->copy->send;
    for (size_t i = 0; i < send->header_count; i++)
        if (strcmp(send->headers[i].name, name) == 0)
            return send->headers[i].value;
    return (struct ff_slice){NULL, 0};
}

struct ff_slice ff_bus_msg_reply_to(const struct ff_bus_msg *msg)
{
    return msg->reply;
}

bool ff_bus_msg_wants_reply(const struct ff_bus_msg *msg)
{
    return msg->reply.len > 0;
}

bool ff_bus_msg_no_responders(const struct ff_bus_msg *msg)
{
    return msg->nats != NULL && natsMsg_IsNoResponders(msg->nats);
}

size_t ff_bus_msg_bytes(const struct ff_bus_msg *msg)
{
    return msg->subject.len + msg->body.len + OVERHEAD_BYTES;
}
