// died: how one connection that dies looks to a program that reads,
// that writes without care, or that has data on its way.
//
//     died HOST PORT read|write|data
//
// Keepalive is on for the first two, 1 s, 1 s, 1. Exit status: 0 said,
// 1 a failed call, 2 wrong usage; or the signal that it dies of.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Opens the connection, with keepalive or without, and says so.
static int open_connection(char **argv, int keepalive)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
        errx(1, "%s port %s", argv[1], argv[2]);
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    int one = 1;
    socklen_t size = sizeof one;
    if (fd == -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, size) == -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, size) == -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &one, size) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, size) ==
            -1 ||
        getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &size) ==
            -1 ||
        connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "connect");
    printf("keepalive %s\n", keepalive ? "on" : "off");
    fflush(stdout);
    return fd;
}

static void say(const char *call, int number, ssize_t result)
{
    printf("%s %d: %s", call, number,
           result == -1 ? strerrorname_np(errno) : "no error");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: died HOST PORT read|write|data");
    const char *mode = argv[3];
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    char byte = 0;
    double start = now(); // before: the kernel may be quicker than we
    int fd = open_connection(argv, strcmp(mode, "data") != 0);
    if (strcmp(mode, "read") == 0) {
        for (int i = 1; i <= 2; i++) {
            say("recv", i, recv(fd, &byte, 1, 0));
            printf(" after %.1f s, predicted 2 s\n", now() - start);
        }
        return 0;
    }
    if (strcmp(mode, "data") == 0) {
        poll(NULL, 0, 3000); // time to cut the path
        if (send(fd, "", 1, 0) != 1)
            err(1, "send");
        printf("one byte sent\n");
    }
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, 30000) != 1)
        err(1, "poll");
    if (strcmp(mode, "write") == 0)
        for (int i = 1; i <= 2; i++) {
            say("send", i, send(fd, "", 1, 0));
            printf("\n");
            fflush(stdout);
        }
    say("recv", 1, recv(fd, &byte, 1, 0));
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        err(1, "getsockopt TCP_INFO");
    printf(", tcpi_probes %d, tcpi_retransmits %d\n", info.tcpi_probes,
           info.tcpi_retransmits);
    return 0;
}
