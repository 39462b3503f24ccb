// once: reads twice from a connection that keepalive ends.
//
//     once HOST PORT
//
// Prints what each recv() said. Exit status: 0 said, 1 a failed call, 2
// wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: once HOST PORT");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
        errx(1, "%s port %s", argv[1], argv[2]);
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    int one = 1;
    if (fd == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) ==
            -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof one) ==
            -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof one) ==
            -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &one, sizeof one) ==
            -1 ||
        connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "connect");
    for (int i = 1; i <= 2; i++) {
        char byte;
        ssize_t got = recv(fd, &byte, 1, 0);
        if (got == -1)
            printf("recv %d: %s\n", i, strerrorname_np(errno));
        else
            printf("recv %d: returns %zd\n", i, got);
    }
    return 0;
}
