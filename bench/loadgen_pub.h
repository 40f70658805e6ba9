/*
 * loadgen_pub - the publisher, on a thread and loop of its own so that the
 * receivers' work does not delay it. Either at a rate (each message has a
 * moment at which it is due, and that moment is its time stamp: waiting is
 * never hidden) or, with rate 0, each connection as fast as it is answered.
 * HTTP: one request at a time per keep-alive connection. NATS and the floor:
 * no answer is asked for.
 */
#ifndef LOADGEN_PUB_H
#define LOADGEN_PUB_H

#include "loadgen_conn.h"
#include "loadgen_opt.h"
#include "loadgen_tally.h"

#include <pthread.h>
#include <stdatomic.h>

struct publisher;

struct pub_conn {
    struct conn conn; /* first */
    struct publisher *publisher;
    struct mark mark; /* under way */
    int64_t sent_ns;
    bool busy;
};

struct pub_proto {
    const char *name;
    const char *path; /* where the URL has none */
    bool answers;     /* HTTP */

    /* Sent once on a new connection, "" for nothing. */
    const char *hello;

    /* The bytes of one publish in out; their number. */
    size_t (*request)(const struct publisher *publisher, uint32_t stream,
                      const char *body, char *out, size_t out_size);
};

struct publisher {
    struct loop loop;
    const struct options *options;
    const struct pub_proto *proto;
    const char *channels[MARK_STREAMS];
    unsigned channel_count;
    struct tally *tally;
    struct pub_conn *conns;
    uint32_t next_seq[MARK_STREAMS];
    uint64_t random;

    int64_t start_ns;
    int64_t end_ns;
    _Atomic int64_t measure_from_ns; /* answers counted from here … */
    _Atomic int64_t measure_to_ns;   /* … to here */
    struct hist latency;             /* of an answer, inside the window */
    uint64_t late_max_ns;            /* how late a message was ever sent */
    uint32_t reconnects;
    char first_error[256];

    pthread_t thread;
    _Atomic bool done;
};

/* How many messages a channel gets between start and end. */
uint32_t publisher_capacity(const struct options *options);

/* Publishing begins at start_ns and ends at end_ns. */
void publisher_start(struct publisher *publisher, const struct options *options,
                     struct tally *tally, int64_t start_ns, int64_t end_ns);
void publisher_join(struct publisher *publisher);

/* --- for protocols -------------------------------------------------------- */

const struct pub_proto *pub_proto_find(const char *name);

/*
 * One HTTP answer at the front of data: its length, 0 when not whole yet;
 * dies on what it does not understand.
 */
size_t http_answer(const char *data, size_t len, int *out_status);

#endif
