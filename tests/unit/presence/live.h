#ifndef LIVE_H
#define LIVE_H

/*
 * Presence replicas in this process on a real nats-server, gateways played by hand, and what comes over the bus. The
 * app is "dev"; the grace is 300 ms, none on channels of "now:", and ten minutes on those of "long:".
 */

#include "ff_json.h"
#include "services/presence/presence.h"
#include "tests/unit/lib/bus_test.h"

#define LIVE_REPLICAS 3
#define LIVE_GATEWAYS 3

struct replica {
    char name[16];
    struct ff_bus *bus;
    struct presence *presence;
    struct presence_conf conf;
    bool stopped;
};

/* A gateway that does what its members say. */
struct played {
    char name[16];
    int64_t boot_ms;
    int64_t seq[64];
    json_t *members;  /* {"pp": {"channel user": item}} */
    bool silent;      /* no beats, no reports */
    bool endless;     /* its reports have no end */
    unsigned reports; /* given, of any partition */
};

struct live {
    struct bus_test t; /* its bus is that of gateways and of who asks */
    struct replica replicas[LIVE_REPLICAS];
    struct played gateways[LIVE_GATEWAYS];
    int64_t report_ms; /* of replicas that start */
    struct ff_timer *beats;
    struct ff_buf
        told; /* lines: "chat +ann -bob =1\n", "member_added chat ann\n" */
    json_t
        *seen; /* who is on which channel by ff.px: {"chat": {"ann": true}} */
    json_t *owners; /* {"chat": "owner version"} */
};

void live_init(struct live *live);
void live_fini(struct live *live);

void live_start(struct live *live, unsigned replica); /* begins to listen */
void live_start_and_wait(struct live *live, unsigned replica);
/* live_init, with one replica that has heard one gateway. */
void live_open_one(struct live *live);
void live_kill(struct live *live, unsigned replica); /* without a word */
void live_stop(struct live *live, unsigned replica);
bool live_is_ready(const struct live *live, unsigned replica);

void live_add_gateway(struct live *live, unsigned gateway);
/* user NULL: a subscriber of any kind. sent: by a delta, else it is lost. */
void live_set(struct live *live, unsigned gateway, const char *channel,
              const char *user, bool on, bool sent);
/* The same for a user and their own channel. */
void live_connect(struct live *live, unsigned gateway, const char *user,
                  bool on);
void live_send_delta(struct live *live, unsigned gateway, unsigned pp,
                     const char *part, json_t *items);
void live_beat(struct live *live, unsigned gateway, bool leaving);

/* Asks until it is answered other than by "unavailable"; the caller owns it. */
json_t *live_ask(struct live *live, const char *subject, const char *json);
json_t *live_ask_members(struct live *live, const char *channel);
/* Waits until the list of the channel is these ids, joined by blanks. */
void live_expect_members(struct live *live, const char *channel,
                         const char *ids);
/* Waits until this line was told, and forgets all up to it. */
void live_expect_told(struct live *live, const char *line);
unsigned live_partition(const char *channel);
/* One at a time. */
const char *live_text(const char *format, ...) FF_PRINTF(1, 2);
void live_expect_json(json_t *stolen, const char *want);
/* field: "" when none is named. */
void live_expect_error(json_t *stolen, const char *code, const char *field);

#endif
