// busy: a connection with data on its way, and keepalive of 1 s, 1
// s, 2.
//
//     busy HOST PORT USER_TIMEOUT_MS LIMIT_S
//
// Sends a byte half a second after it has connected, and says how the
// connection ended and when, counted from that byte, or that it is
// still connected at the limit. Exit status: 0 said, 1 a failed call, 2
// usage.

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
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void set(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) == -1)
        err(1, "setsockopt %d", option);
}

static int get(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, option, &value, &size) == -1)
        err(1, "getsockopt %d", option);
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: busy HOST PORT USER_TIMEOUT_MS LIMIT_S");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
        errx(1, "%s port %s", argv[1], argv[2]);
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd == -1)
        err(1, "socket");
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
    int user_timeout = atoi(argv[3]);
    int limit = atoi(argv[4]);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout);
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "connect");
    printf("keepalive %d: %d s, %d s, %d\n",
           get(fd, SOL_SOCKET, SO_KEEPALIVE),
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
           get(fd, IPPROTO_TCP, TCP_KEEPINTVL),
           get(fd, IPPROTO_TCP, TCP_KEEPCNT));
    usleep(500000);
    double start = now();
    if (send(fd, "x", 1, 0) == -1)
        err(1, "send");
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    if (poll(&p, 1, limit * 1000) == 0)
        printf("still connected after %.1f s, predicted %d s\n",
               now() - start, limit);
    else if (recv(fd, &byte, 1, 0) == -1)
        printf("%s after %.1f s, predicted %d s\n",
               strerrorname_np(errno), now() - start,
               user_timeout / 1000);
    else
        printf("the peer has said something\n");
    return 0;
}
