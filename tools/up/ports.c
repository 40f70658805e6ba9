#include "tools/up/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define RANDOM_FIRST 20000
#define RANDOM_COUNT 12000 /* Linux gives out 32768 and above by itself */

static bool is_taken(const struct ports *p, int port)
{
    return p->taken[port / 8] & (1 << (port % 8));
}

static void take(struct ports *p, int port)
{
    p->taken[port / 8] |= (unsigned char)(1 << (port % 8));
}

/* SO_REUSEADDR: connections in TIME_WAIT do not count, listeners do. */
static bool can_bind(int port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool free = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
                listen(fd, 1) == 0;
    close(fd);
    return free;
}

static int random_port(void)
{
    uint32_t n = 0;
    if (getrandom(&n, sizeof(n), 0) != sizeof(n))
        n = (uint32_t)getpid();
    return RANDOM_FIRST + (int)(n % RANDOM_COUNT);
}

int ports_pick(struct ports *p, int wanted)
{
    int port = p->random ? random_port() : wanted;
    for (; port < 65536; port++) {
        if (is_taken(p, port))
            continue;
        take(p, port);
        if (can_bind(port))
            return port;
    }
    return 0;
}
