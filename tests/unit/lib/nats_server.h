#ifndef NATS_SERVER_H
#define NATS_SERVER_H

/*
 * A nats-server for one test program: on a free port of 127.0.0.1, with JetStream in a folder of its own below /tmp.
 * Whatever fails ends the test program.
 */

#include <stdbool.h>
#include <sys/types.h>

struct nats_server {
    pid_t pid; /* 0: not running */
    int port;
    char url[64];
    char dir[64]; /* configuration, log and store */
};

/* extra: lines for the configuration; NULL: none. */
void nats_server_init(struct nats_server *server, const char *extra);
void nats_server_start(struct nats_server *server); /* same port, same store */
void nats_server_kill(struct nats_server *server);  /* as by kill -9 */
void nats_server_pause(struct nats_server *server);
void nats_server_go_on(struct nats_server *server);
void nats_server_fini(struct nats_server *server); /* and remove the folder */

#endif
