// sockopt: sets one integer option on a new socket and reads it back.
//
//     sockopt tcp|tcp6|udp|unix OPTION [VALUE]
//
// OPTION is SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL or TCP_KEEPCNT.
// Prints what kind of socket the kernel says it is, and the option's
// value or the name of the error; without VALUE it only reads. Exit
// status: 0 said, 1 no socket, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
    const char *word;
    const char *name;
    int family;
    int protocol;
    int type;
} kinds[] = {
    {"tcp", "IPv4 TCP", AF_INET, IPPROTO_TCP, SOCK_STREAM},
    {"tcp6", "IPv6 TCP", AF_INET6, IPPROTO_TCP, SOCK_STREAM},
    {"udp", "IPv4 UDP", AF_INET, IPPROTO_UDP, SOCK_DGRAM},
    {"unix", "Unix", AF_UNIX, 0, SOCK_STREAM},
};

static const struct {
    const char *name;
    int level;
    int option;
} options[] = {
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},
    {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL},
    {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT},
};

static int ask(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(fd, SOL_SOCKET, option, &value, &size) == -1)
        err(1, "getsockopt");
    return value;
}

// The name of the kind that the kernel says this socket is.
static const char *kind_of(int fd)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].family == ask(fd, SO_DOMAIN) &&
            kinds[i].protocol == ask(fd, SO_PROTOCOL))
            return kinds[i].name;
    errx(1, "a socket of another kind");
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "usage: sockopt tcp|tcp6|udp|unix OPTION [VALUE]";
    int fd = -1;
    if (argc != 3 && argc != 4)
        errx(2, "%s", usage);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].word) == 0) {
            fd = socket(kinds[i].family, kinds[i].type, 0);
            if (fd == -1)
                err(1, "socket");
        }
    size_t o = 0;
    while (o < sizeof options / sizeof *options &&
           strcmp(argv[2], options[o].name) != 0)
        o++;
    if (fd == -1 || o == sizeof options / sizeof *options)
        errx(2, "%s", usage);
    int level = options[o].level;
    int option = options[o].option;
    int value = argc == 4 ? atoi(argv[3]) : 0;
    socklen_t size = sizeof value;
    printf("%s: %s", kind_of(fd), argv[2]);
    if ((argc == 4 &&
         setsockopt(fd, level, option, &value, size) == -1) ||
        getsockopt(fd, level, option, &value, &size) == -1)
        printf(": %s\n", strerrorname_np(errno));
    else
        printf(" is %d\n", value);
    return 0;
}
