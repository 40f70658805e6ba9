#include "nats_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ff_clock.h"
#include "ff_err.h"

enum { START_MS = 20000 };

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_port = htons((uint16_t)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
}

static int free_port(void)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&at, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        ff_bug("no free port");
    close(fd);
    return ntohs(at.sin_port);
}

void nats_server_init(struct nats_server *server, const char *extra)
{
    char path[128];
    *server = (struct nats_server){.port = free_port()};
    snprintf(server->url, sizeof(server->url), "nats://127.0.0.1:%d",
             server->port);
    snprintf(server->dir, sizeof(server->dir), "/tmp/ff-nats-XXXXXX");
    if (mkdtemp(server->dir) == NULL)
        ff_bug("no temporary folder");
    snprintf(path, sizeof(path), "%s/conf", server->dir);
    FILE *conf = fopen(path, "w");
    if (conf == NULL)
        ff_bug("no configuration");
    fprintf(conf,
            "listen: 127.0.0.1:%d\nlog_file: \"%s/log\"\n"
            "jetstream { store_dir: \"%s/store\", max_mem: 64MB, "
            "max_file: 1GB }\n%s\n",
            server->port, server->dir, server->dir, extra ? extra : "");
    fclose(conf);
    nats_server_start(server);
}

/* The server speaks first: its INFO line. */
static bool answers(int port)
{
    struct sockaddr_in to = loopback(port);
    char hello[8];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
              read(fd, hello, sizeof(hello)) > 0;
    close(fd);
    return ok;
}

void nats_server_start(struct nats_server *server)
{
    char path[128];
    int64_t until = ff_clock_steady_ms() + START_MS;
    snprintf(path, sizeof(path), "%s/conf", server->dir);
    server->pid = fork();
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("nats-server", "nats-server", "-c", path, (char *)NULL);
        _exit(127);
    }
    while (!answers(server->port)) {
        if (ff_clock_steady_ms() > until ||
            waitpid(server->pid, NULL, WNOHANG) != 0)
            ff_bug("nats-server does not start");
        poll(NULL, 0, 10);
    }
}

void nats_server_kill(struct nats_server *server)
{
    if (server->pid == 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void nats_server_pause(struct nats_server *server)
{
    kill(server->pid, SIGSTOP);
}

void nats_server_go_on(struct nats_server *server)
{
    kill(server->pid, SIGCONT);
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void nats_server_fini(struct nats_server *server)
{
    nats_server_kill(server);
    nftw(server->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
