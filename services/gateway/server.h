#ifndef GATEWAY_SERVER_H
#define GATEWAY_SERVER_H

/*
 * A worker's side of libwebsockets: its context, the sockets that listen, and
 * the callback. One thread, the worker's; made and freed while it does not
 * run.
 */

#include "ff_mem.h"

struct server;
struct worker;

/* Sockets of one worker that are in a handshake: one more ends the oldest. */
#define SERVER_HANDSHAKES_MAX 2048

/* Takes the descriptors. FF_E_CONFIG: a certificate cannot be used. */
FF_MUST_USE ff_err server_new(struct worker *worker, const int *listeners,
                              size_t count, struct server **out_server,
                              struct ff_why *why);
/* Every connection ends with it. */
void server_free(struct server **server);
/* Every second: with libev, the library's own timers come late otherwise. */
void server_tick(struct server *server);
/* Take no more connections; those that wait in the kernel are refused. */
void server_stop_listening(struct server *server);

#endif
