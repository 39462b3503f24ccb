// follow: a connection with keepalive on and no values of its own, so
// that it follows the system-wide ones.
//
//     follow HOST PORT LIMIT
//
// Prints the values that it has, and how it ends. Exit status: 0 said,
// 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ask(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, option, &value, &size) == -1)
        err(1, "getsockopt");
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: follow HOST PORT LIMIT");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
        errx(1, "%s port %s", argv[1], argv[2]);
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    int one = 1;
    double start = now(); // before: the kernel may be quicker than we
    if (fd == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) ==
            -1 ||
        connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "connect");
    int idle = ask(fd, IPPROTO_TCP, TCP_KEEPIDLE);
    int interval = ask(fd, IPPROTO_TCP, TCP_KEEPINTVL);
    int count = ask(fd, IPPROTO_TCP, TCP_KEEPCNT);
    printf("IPv%d, keepalive %d: %d s, %d s, %d\n",
           ask(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6 ? 6 : 4,
           ask(fd, SOL_SOCKET, SO_KEEPALIVE), idle, interval, count);
    int limit = atoi(argv[3]);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    if (poll(&p, 1, limit * 1000) == 0)
        printf("still connected after %.1f s, predicted %d s\n",
               now() - start, limit);
    else if (recv(fd, &byte, 1, 0) == -1)
        printf("%s after %.1f s, predicted %d s\n",
               strerrorname_np(errno), now() - start,
               idle + count * interval);
    return 0;
}
