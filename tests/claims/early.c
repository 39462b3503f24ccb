// early: how early, or late, the timers of many connections are.
//
//     early HOST PORT
//
// Opens connections at short intervals, each with keepalive of 1 s, 1 s
// and one probe, and counts those that were given up before two seconds
// had passed; the latest is printed with its time. Exit status: 0 said,
// 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

enum { CONNECTIONS = 100, PREDICTED = 2 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void set(int fd, int level, int option)
{
    if (setsockopt(fd, level, option, &(int){1}, sizeof(int)) == -1)
        err(1, "setsockopt %d", option);
}

int main(int argc, char **argv)
{
    static struct pollfd polled[CONNECTIONS];
    static double start[CONNECTIONS];
    if (argc != 3)
        errx(2, "usage: early HOST PORT");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
        errx(1, "%s port %s", argv[1], argv[2]);
    for (int i = 0; i < CONNECTIONS; i++) {
        int fd = socket(a->ai_family, SOCK_STREAM, 0);
        if (fd == -1)
            err(1, "socket");
        set(fd, SOL_SOCKET, SO_KEEPALIVE);
        set(fd, IPPROTO_TCP, TCP_KEEPIDLE);
        set(fd, IPPROTO_TCP, TCP_KEEPINTVL);
        set(fd, IPPROTO_TCP, TCP_KEEPCNT);
        // Not after connect(): on a busy machine that may be late.
        start[i] = now();
        if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
            err(1, "connect");
        polled[i] = (struct pollfd){.fd = fd, .events = POLLIN};
        nanosleep(&(struct timespec){.tv_nsec = 7000000}, NULL);
    }
    int early = 0;
    double latest = 0;
    for (int left = CONNECTIONS; left > 0;) {
        if (poll(polled, CONNECTIONS, 9000) < 1)
            errx(1, "%d connections have no end", left);
        double seen = now();
        for (int i = 0; i < CONNECTIONS; i++) {
            char byte;
            if (polled[i].revents == 0)
                continue;
            if (recv(polled[i].fd, &byte, 1, 0) != -1 ||
                errno != ETIMEDOUT)
                errx(1, "an end that is not ETIMEDOUT");
            early += seen - start[i] < (double)PREDICTED;
            latest =
                seen - start[i] > latest ? seen - start[i] : latest;
            polled[i].fd = -1;
            left--;
        }
    }
    printf("%d connections, %d of them early, ETIMEDOUT\n", CONNECTIONS,
           early);
    printf("the latest after %.1f s, predicted %d s\n", latest,
           PREDICTED);
    return 0;
}
