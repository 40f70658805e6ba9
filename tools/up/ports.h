/*
 * Ports on 127.0.0.1 that nobody uses. Those found are remembered, so that no two children get the same one. They
 * lie below the range that the kernel gives to outgoing connections: a port of a child that is down stays its own.
 */
#ifndef FANFARE_UP_PORTS_H
#define FANFARE_UP_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct ports {
    bool random;                    /* ignore the wanted ones */
    unsigned char taken[65536 / 8]; /* handed out or found in use */
};

/* The wanted port or the next free one; 0 when there is none. */
int ports_pick(struct ports *p, int wanted);

#endif
