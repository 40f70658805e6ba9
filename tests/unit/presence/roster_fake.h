#ifndef ROSTER_FAKE_H
#define ROSTER_FAKE_H

/* A roster with rules that a test sets, and what it tells as text. */

#include "services/presence/roster.h"

struct roster_fake {
    struct roster *roster;
    int64_t now_ms, grace_ms;
    const char *invisible; /* this user is, when a roster first sees it */
    struct ff_buf told;    /* "chat v1 +ann -bob ~cleo =2; chat occupied; " */
};

void roster_fake_init(struct roster_fake *fake);
void roster_fake_fini(struct roster_fake *fake);
void roster_fake_set(struct roster_fake *fake, unsigned gateway,
                     const char *channel, const char *user, bool on);
void roster_fake_report(struct roster_fake *fake, unsigned gateway,
                        const char *channel, const char *user);
/* After the time passed: ticks, flushes, and asserts what is told. */
void roster_fake_expect(struct roster_fake *fake, int64_t after_ms,
                        const char *want);
/* The members of a channel as a text: {…},{…} */
void roster_fake_expect_list(struct roster_fake *fake, const char *channel,
                             const char *want);

#endif
