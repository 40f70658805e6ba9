#ifndef GATEWAY_NET_H
#define GATEWAY_NET_H

/*
 * TCP sockets: listening, accepting, and writing ready bytes. Descriptors are
 * the caller's. Any thread.
 */

#include <sys/types.h>

#include "address.h"

struct iovec;

/*
 * count sockets that listen at the same port, for as many threads; the kernel
 * shares connections out among them. FF_E_IO: taken, or not our address.
 */
FF_MUST_USE ff_err net_listen(const char *host, uint16_t port, size_t count,
                              unsigned dead_peer_ms, int *out_fds,
                              struct ff_why *why);
/*
 * A new connection, not blocking; -1: none is waiting. *out_full: there is no
 * descriptor for one that is waiting.
 */
int net_accept(int listener, bool *out_full);
void net_peer(int fd, char out[ADDRESS_MAX]);

/* Bytes taken, 0: none now, -1: the connection is dead. */
ssize_t net_send(int fd, const struct iovec *iov, int n);
/*
 * Throw away what has come, up to max bytes. False: the other side has closed,
 * or there was more.
 */
bool net_skip(int fd, size_t max);
/* No more is written; what came is thrown away, so that close resets nothing. */
void net_finish(int fd);

/*
 * Let the process open as many files as it needs with this many sockets, or
 * as many as it may; how many sockets that are.
 */
size_t net_allow_files(size_t sockets);

#endif
