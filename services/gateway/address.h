#ifndef GATEWAY_ADDRESS_H
#define GATEWAY_ADDRESS_H

/*
 * IP addresses as text and as numbers: trusted proxies, X-Forwarded-For. IPv4 inside IPv6 (::ffff:1.2.3.4) is IPv4.
 * Pure; any thread.
 */

#include "ff_mem.h"

#define ADDRESS_MAX 46

/* Every address as 16 bytes, IPv4 mapped. */
struct address {
    uint8_t bytes[16];
};

struct address_range {
    struct address base;
    unsigned bits; /* 0..128 that must be equal */
};

/* "1.2.3.4", "1.2.3.4:80", "::1", "[::1]:80". */
bool address_parse(struct ff_slice text, struct address *out);
void address_print(const struct address *address, char out[ADDRESS_MAX]);
/* "10.0.0.0/8", or an address alone. */
bool address_range_parse(const char *text, struct address_range *out);
bool address_in_range(const struct address *address,
                      const struct address_range *range);

/*
 * The client behind proxies: the right-most address of an X-Forwarded-For list that is not a trusted proxy, if peer is
 * one. Hops beyond the 100th and what is no address end the search at the last one understood.
 */
void address_of_client(const char *peer, struct ff_slice forwarded,
                       const struct address_range *trusted, size_t count,
                       char out[ADDRESS_MAX]);

#endif
