#ifndef GATEWAY_STORED_H
#define GATEWAY_STORED_H

/*
 * What a feed has more when its channel keeps history: the offset and epoch
 * that were delivered last, recent messages, and the care that nothing is
 * missed between them.
 *
 * Each live message names its own offset S and the one before it on the
 * channel, P. Up to `last` it is a duplicate; P up to `last` follows on; P
 * beyond it is a gap: the live ones are held, the stream is read, and all is
 * delivered in order. What cannot be read is said: TO_WORKER_LOST.
 *
 * The last message lost leaves no gap. So the end of the stream is asked for
 * when a feed opens, after each new connection to the bus, a second after both
 * (another server of the cluster may learn late what we subscribe to), when a
 * client proves that it has seen more, and from time to time: long before a
 * message can have expired, so that a channel found empty has lost nothing.
 */

#include "feed.h"
#include "ring.h"

struct stored {
    struct feed *feed;
    bool known; /* last and epoch are: it was synced once */
    uint64_t last;
    /*
     * Nothing is missing up to here: last, or a place beyond it where the
     * stream was seen to hold nothing more of the channel.
     */
    uint64_t whole;
    char epoch[FF_EPOCH_MAX];
    struct ring ring;
    struct message *newest; /* cached channels: NULL if none is known */
    bool busy;              /* a sync or a fill is under way */
    bool again;             /* sync once more after it */
    bool check_later;       /* and once more a while after it */
    bool doubtful;          /* it may be another stream by now */
    bool ended;             /* the channel keeps history no more */
    bool tell;              /* subscribers were there before it was stored */
    unsigned tries;
    int64_t patient_until_ms; /* with a stream that ends too early */
    int64_t doubted_ms;
    /* Where the stream ended before the sync asked, and long before. */
    uint64_t before, settled;
    uint64_t target; /* fill up to here */
    struct ff_timer *retry, *recheck;
    int64_t checked_ms;
    TAILQ_ENTRY(stored) audit_link;
    /* resume.c */
    bool ahead; /* who waits may have seen more than came here */
    bool reading;
    uint64_t reading_from;
    unsigned reading_tries;
    struct ff_timer *reading_retry;
};

struct stored *stored_new(struct feed *feed);
void stored_free(struct stored **stored);
/* Check those that were not checked for long. */
void stored_tick(struct hub *hub, int64_t now_ms);
/* The stream is another one: sync all that have the old epoch. */
void stored_sync_changed(struct hub *hub);

/* Learn where the stream ends, and read what was missed. */
void stored_sync(struct feed *feed);
/* The same, because the connection to the bus is a new one. */
void stored_renew(struct feed *feed);
/* The namespace keeps history no more, or again. */
void stored_set_ended(struct feed *feed, bool ended);
void stored_take(struct feed *feed, struct message *message);
void stored_subscribe(struct feed *feed, struct to_hub *item);

/* --- between stored.c, stored_sync.c and stored_fill.c ------------------------------------ */

/* Learn where the stream ends; then fill, lose or settle. */
void stored_begin_sync(struct feed *feed);
/* Read what comes after last, at least up to target; then lose or settle. */
void stored_fill(struct feed *feed, uint64_t target);
/* The next message of the channel, live or read. */
void stored_advance(struct feed *feed, struct message *message);
/* Those of the held ones that follow on. */
void stored_take_next_held(struct feed *feed);
/* The last message of a cached channel; NULL: not known. */
void stored_set_newest(struct feed *feed, struct message *message);
/* A new position without what came before; last: its message, if known. */
void stored_move_to(struct feed *feed, uint64_t offset, struct message *last);
/* The same, told to the subscribers, and settled. why: for the log. */
void stored_lose(struct feed *feed, uint64_t offset, struct message *last,
                 const char *why);
/* A sync or a fill is done: go on with what came meanwhile. */
void stored_settle(struct feed *feed);
/* The bus went away: the next connection begins with a sync. */
void stored_wait_for_bus(struct feed *feed);
void stored_whole_to(struct stored *stored, uint64_t offset);
/*
 * That the stream ends before what was seen of it, is believed after a while only: a server of NATS that was cut off
 * takes itself for the leader for 10 s. What cannot be read at all is tried for ever, and never taken for lost.
 */
void stored_be_patient(struct feed *feed);
bool stored_is_patient(const struct feed *feed);

#endif
