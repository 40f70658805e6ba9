#ifndef FF_MESSAGE_H
#define FF_MESSAGE_H

/*
 * A channel message as it travels on the bus: the body as it came (JSON text, or bytes), and everything else in the
 * headers of proto/headers.def. Reading borrows from the ff_bus_msg.
 */

#include "ff_bus.h"
#include "ff_json.h"
#include "ff_subject.h"

#define FF_MESSAGE_ID_MAX 40

struct ff_message {
    struct ff_slice app, channel; /* channel empty in a broadcast */
    struct ff_slice id, event;    /* event empty: "message" */
    struct ff_slice sender, except, recipients, trace, kind;
    int64_t time_ms;
    bool binary;
    uint64_t offset, previous; /* 0: not a stored message */
    uint64_t version;          /* of a document; 0: none */
    struct ff_slice body;
};

/*
 * Fill out from a message on ff.ch, ff.in, ff.bc or one read from the stream. channel_out holds FF_CHANNEL_MAX + 1
 * bytes and is what out->channel points to, app_out likewise for the app. FF_E_PROTO for what Fanfare never sends.
 */
struct ff_message_names {
    char app[FF_CHANNEL_MAX + 1], channel[FF_CHANNEL_MAX + 1];
};
FF_MUST_USE ff_err ff_message_read(struct ff_bus_msg *msg,
                                   struct ff_message_names *out_names,
                                   struct ff_message *out);

/*
 * Headers of a message for the bus; text lives in the struct and in message. key, expected as in ff_history_store
 * (NULL, UINT64_MAX: none), for FF_SUBJ_STORE alone. FF_E_INVALID: a text that begins or ends with a space.
 */
#define FF_MESSAGE_HEADERS_MAX 16
struct ff_message_out {
    struct ff_subject_text subject;
    struct ff_bus_header headers[FF_MESSAGE_HEADERS_MAX];
    char time[24], version[24], expected[24], key[33];
    struct ff_bus_out out;
};
FF_MUST_USE ff_err ff_message_write(const struct ff_message *message,
                                    enum ff_subject subject, const char *key,
                                    uint64_t expected,
                                    struct ff_message_out *out);

/* Publish on ff.ch (or ff.bc when channel is empty). */
FF_MUST_USE ff_err ff_message_publish(struct ff_bus *bus,
                                      const struct ff_message *message);

/* A new id: time-ordered, unique on the cluster, [0-9a-z]. */
void ff_message_new_id(char out[FF_MESSAGE_ID_MAX]);
/*
 * The id of a message with an idempotency key: the same for the same app, channel and key on any process, so that a
 * repeated publish has the id, and by it the offset, of the first.
 */
void ff_message_id_for_key(struct ff_slice app, struct ff_slice channel,
                           struct ff_slice key, char out[FF_MESSAGE_ID_MAX]);

/*
 * Recipients: user ids joined by commas, each percent-encoded. add appends one to b; has tells whether a user is
 * among them (an empty list has everybody).
 */
void ff_recipients_add(struct ff_buf *b, struct ff_slice user);
bool ff_recipients_has(struct ff_slice recipients, struct ff_slice user);
/* From a JSON array of strings or integers (FF_T_IDS). */
void ff_recipients_from_json(struct ff_buf *b, const json_t *ids);

#endif
