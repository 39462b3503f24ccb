// window: a peer that is well but reads nothing.
//
//     window USER_TIMEOUT_MS LIMIT_S
//
// Fills a connection to itself until nothing more can be sent, with
// keepalive of 1 s, 1 s, 2, and says how it ended and when, or that it
// is still connected at the limit. Exit status: 0 said, 1 a failed
// call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
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
    if (argc != 3)
        errx(2, "usage: window USER_TIMEOUT_MS LIMIT_S");
    int user_timeout = atoi(argv[1]);
    int limit = atoi(argv[2]);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 || fd == -1)
        err(1, "socket");
    set(listener, SOL_SOCKET, SO_RCVBUF, 4096);
    set(fd, SOL_SOCKET, SO_SNDBUF, 4096);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) == -1 ||
        listen(listener, 1) == -1 ||
        getsockname(listener, (struct sockaddr *)&a, &size) == -1 ||
        connect(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
        accept(listener, NULL, NULL) == -1)
        err(1, "connect");
    printf("keepalive %d: %d s, %d s, %d\n",
           get(fd, SOL_SOCKET, SO_KEEPALIVE),
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
           get(fd, IPPROTO_TCP, TCP_KEEPINTVL),
           get(fd, IPPROTO_TCP, TCP_KEEPCNT));
    static const char bytes[65536];
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    double start = now();
    while (poll(&room, 1, 300) == 1) {
        if (send(fd, bytes, sizeof bytes, MSG_DONTWAIT) == -1 &&
            errno != EAGAIN)
            err(1, "send");
        start = now();
    }
    struct pollfd end = {.fd = fd, .events = POLLIN};
    char byte;
    if (poll(&end, 1, limit * 1000) == 0)
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
