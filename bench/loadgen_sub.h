/*
 * loadgen_sub - subscribers. A set shares one loop, one protocol and one list
 * of channels; each subscriber connects, asks for the channels, and is LIVE
 * once the service has confirmed all of them. What differs between services
 * is one row of functions (loadgen_sub_*.c). One thread.
 */
#ifndef LOADGEN_SUB_H
#define LOADGEN_SUB_H

#include "loadgen_conn.h"
#include "loadgen_opt.h"
#include "loadgen_tally.h"
#include "loadgen_ws.h"

enum sub_state {
    SUB_CLOSED,
    SUB_CONNECTING,
    SUB_HANDSHAKE,
    SUB_JOINING,
    SUB_LIVE
};

struct sub_set;

struct sub {
    struct conn conn; /* first: the loop hands it back as a conn */
    struct sub_set *set;
    uint32_t index;
    uint32_t decoded;   /* bytes in front that need no unframing any more */
    int32_t chunk_left; /* of an HTTP chunk */
    uint8_t chunked;
    uint8_t joined; /* channels confirmed */
    uint8_t state;  /* enum sub_state */
};

struct sub_proto {
    const char *name;
    const char *accept; /* header lines of the request */
    int status;         /* the HTTP status awaited; 0: no HTTP at all */
    void (*path)(const struct sub *sub, char *out, size_t size);
    void (*opened)(struct sub *sub); /* after the HTTP head */

    /* Take what is whole in data; leave the rest at its front, return it. */
    size_t (*feed)(struct sub *sub, char *data, size_t len);
};

/* What a subcommand wants to hear; each may be NULL. */
struct sub_hooks {
    /* Text to add to a subscribe request of fanfare: ,"recover":{…} */
    void (*recover)(const struct sub *sub, unsigned channel, char *out,
                    size_t size);
    void (*on_control)(struct sub *sub, const char *data, size_t len);
    void (*on_live)(struct sub *sub);
    void (*on_delivery)(struct sub *sub, const struct mark *mark,
                        const char *data, size_t len);
    void (*on_closed)(struct sub *sub);
};

struct sub_set {
    struct loop loop;
    const struct options *options;
    const struct sub_proto *proto;
    struct sub_hooks hooks;
    struct tally *tally; /* NULL: deliveries are not expected */
    const char *channels[MARK_STREAMS];
    unsigned channel_count;
    struct sub *subs;
    uint32_t count;

    uint32_t live;
    uint32_t closed;  /* closed by the service, or never connected */
    uint32_t refused; /* error replies */
    char first_error[256];
    int64_t read_ns; /* when the data under way was read */
};

const struct sub_proto *sub_proto_find(const char *name);

void sub_set_init(struct sub_set *set, const struct options *options,
                  uint32_t count, struct tally *tally);

/* Begin to connect one subscriber; closed() is heard when it fails. */
void sub_open(struct sub *sub);

/* Leave without a word, as a line that is cut. on_closed is not called. */
void sub_cut(struct sub *sub);

/* Open all, some at a time, until all are live; dies at the deadline. */
void sub_set_open_all(struct sub_set *set);

/* Handle what comes until `until_ns`. */
void sub_set_run(struct sub_set *set, int64_t until_ns);

/* --- for protocols -------------------------------------------------------- */

void sub_fail(struct sub *sub, const char *reason, const char *data,
              size_t len);
void sub_confirm(struct sub *sub); /* one channel, or all without channels */
bool sub_deliver(struct sub *sub, const char *data, size_t len,
                 size_t wire_bytes);
void sub_send_text(struct sub *sub, const char *text, size_t len);

/* Answer ping and close; true when the frame carries data. */
bool sub_ws_data(struct sub *sub, const struct ws_frame *frame);

extern const struct sub_proto SUB_FANFARE, SUB_SSE, SUB_FLOOR, SUB_NCHAN,
    SUB_NCHAN_SSE, SUB_NATS, SUB_CENTRIFUGO;

#endif
