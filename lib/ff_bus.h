#ifndef FF_BUS_H
#define FF_BUS_H

/*
 * The bus: NATS behind one thread of its own. The only files that include nats.h are ff_bus*.c.
 *
 * Threads: every function here is for the thread of the loop that the bus was made with, and every callback runs
 * there, in the order in which NATS delivered. Commands travel to the bus thread by a bounded mailbox.
 *
 * Connection: kept up for ever with jittered pauses. Each try is a connection of its own: libnats' own reconnect keeps
 * half a message in its parser and would fill it with other traffic. Subscriptions are made again by themselves, then
 * on_state(true) is called; what was published in between is lost, and requests in flight end with FF_E_UNAVAILABLE.
 */

#include "ff_loop.h"
#include "ff_subject.h"

struct ff_bus;
struct ff_bus_sub;

#define FF_BUS_INBOX_MAX 100

struct ff_bus_header {
    const char *name;
    struct ff_slice value; /* never empty; CR and LF refused */
};

/* What is sent. All is borrowed for the call. */
struct ff_bus_out {
    const char *subject;
    struct ff_slice body;
    const struct ff_bus_header *headers;
    size_t header_count;
};

/* A message that came. Immutable, counted by references; any thread may hold one. */
struct ff_bus_msg;
struct ff_bus_msg *ff_bus_msg_ref(struct ff_bus_msg *msg);
void ff_bus_msg_unref(struct ff_bus_msg **msg);
struct ff_slice ff_bus_msg_subject(const struct ff_bus_msg *msg);
struct ff_slice ff_bus_msg_body(const struct ff_bus_msg *msg);
/* Empty when absent. */
struct ff_slice ff_bus_msg_header(const struct ff_bus_msg *msg,
                                  const char *name);
bool ff_bus_msg_wants_reply(const struct ff_bus_msg *msg);
/* The subject for answers; empty when none is wanted. */
struct ff_slice ff_bus_msg_reply_to(const struct ff_bus_msg *msg);
/* One made by hand, for tests and for messages read from a stream. Copies all. */
struct ff_bus_msg *ff_bus_msg_new(const struct ff_bus_out *from);
/* What a message made by hand was made from, to send it; borrowed. */
struct ff_bus_out ff_bus_msg_out(const struct ff_bus_msg *msg);

struct ff_bus_options {
    char *const *urls;                  /* ended by NULL */
    const char *name, *user, *password; /* user NULL: none */
    const char *inbox_prefix;           /* "_INBOX_<service>" */
    void (*on_state)(void *ctx, bool connected);
    void *ctx;
};

struct ff_bus *ff_bus_new(struct ff_loop *loop,
                          const struct ff_bus_options *options);
/*
 * Waits (at most 1 s) until what was published is at the server, then ends the thread. Requests in flight end with
 * FF_E_CLOSED here, which nobody answers with a new one, and no callback comes later; subscriptions and watches are
 * still there to be ended.
 */
void ff_bus_close(struct ff_bus *bus);
/* Closes it first if need be; subscriptions are gone after it. */
void ff_bus_free(struct ff_bus **bus);
bool ff_bus_connected(const struct ff_bus *bus);
/* Rises with every connection made; to tell "the same connection still". */
uint64_t ff_bus_generation(const struct ff_bus *bus);
struct ff_loop *ff_bus_loop(const struct ff_bus *bus);

/*
 * What a module of lib/ keeps with a bus, such as its caches: made at the first call with this key, freed with the bus
 * after all requests have ended.
 */
void *ff_bus_part(struct ff_bus *bus, const void *key,
                  void *(*make)(struct ff_bus *bus), void (*fini)(void *part));

/*
 * FF_E_INVALID: a subject with a space, an empty header. FF_E_UNAVAILABLE: not connected. FF_E_BUSY: the queue to NATS
 * (64 MiB) is full. FF_E_TOO_BIG: over the server's max_payload. FF_E_CLOSED.
 */
FF_MUST_USE ff_err ff_bus_publish(struct ff_bus *bus,
                                  const struct ff_bus_out *out);

/* A new subject that only this process may subscribe to: for answers that are many, such as those of a consumer. */
void ff_bus_new_inbox(struct ff_bus *bus, struct ff_subject_text *out);

/* Publish with that subject for the answers. */
FF_MUST_USE ff_err ff_bus_publish_for(struct ff_bus *bus,
                                      const struct ff_bus_out *out,
                                      const char *reply_to);

/* queue: NULL or a queue group. msg is borrowed for the call; ref it to keep it. */
typedef void ff_bus_on_msg(void *ctx, struct ff_bus_msg *msg);
struct ff_bus_sub *ff_bus_subscribe(struct ff_bus *bus, const char *subject,
                                    const char *queue, ff_bus_on_msg *fn,
                                    void *ctx);
/* No callback comes after it. *sub is NULL after it. */
void ff_bus_unsubscribe(struct ff_bus_sub **sub);

/*
 * fn(ctx, FF_OK) once the server has taken in everything that was sent before, subscriptions too, and every message
 * that it had sent us before that was delivered here. FF_E_UNAVAILABLE, FF_E_TIMEOUT.
 */
void ff_bus_barrier(struct ff_bus *bus, int timeout_ms,
                    void (*fn)(void *ctx, ff_err err), void *ctx);

/*
 * The answer, or err: FF_E_TIMEOUT, FF_E_UNAVAILABLE (nobody serves it, or the connection went), or what publishing
 * says. msg is borrowed, NULL on error. Never called before ff_bus_request has returned.
 */
typedef void ff_bus_on_reply(void *ctx, ff_err err, struct ff_bus_msg *msg);
struct ff_bus_request;
struct ff_bus_request *ff_bus_request(struct ff_bus *bus,
                                      const struct ff_bus_out *out,
                                      int timeout_ms, ff_bus_on_reply *fn,
                                      void *ctx);
/* Forget a request that has not ended: its callback never comes. */
void ff_bus_request_cancel(struct ff_bus_request **request);

/*
 * Ask many: fn is called for each answer that comes until timeout_ms or want answers (0: no limit) and at the end once
 * with msg NULL (err FF_OK, also when nobody serves it; or why it could not be asked).
 */
void ff_bus_gather(struct ff_bus *bus, const struct ff_bus_out *out,
                   int timeout_ms, size_t want, ff_bus_on_reply *fn, void *ctx);

/* Answer to a message; nothing when it wants no answer. out->subject is not looked at. */
FF_MUST_USE ff_err ff_bus_reply(struct ff_bus *bus, const struct ff_bus_msg *to,
                                const struct ff_bus_out *out);

#endif
