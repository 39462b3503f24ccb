// forked: a connection that two processes share.
//
//     forked alone|shared HOST PORT
//
// Connects with keepalive; the parent closes the socket at once.
// Shared: a child has it open as well, and says after 7.5 s at most
// what became of it. Alone: there is no child. Exit status: 0 said, 1 a
// failed call, 2 wrong usage.

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
#include <sys/wait.h>
#include <unistd.h>

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

static void hold(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    if (poll(&p, 1, 7500) == 0)
        printf("the child: still connected\n");
    else if (recv(fd, &byte, 1, 0) == -1)
        printf("the child: %s\n", strerrorname_np(errno));
    else
        printf("the child: no error\n");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: forked alone|shared HOST PORT");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[2], argv[3], &hints, &a) != 0)
        errx(1, "%s port %s", argv[2], argv[3]);
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd == -1)
        err(1, "socket");
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 3);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "connect");
    printf("keepalive %d: %d s, %d s, %d\n",
           get(fd, SOL_SOCKET, SO_KEEPALIVE),
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
           get(fd, IPPROTO_TCP, TCP_KEEPINTVL),
           get(fd, IPPROTO_TCP, TCP_KEEPCNT));
    fflush(stdout);
    int shared = strcmp(argv[1], "shared") == 0;
    pid_t child = shared ? fork() : 0;
    if (child == -1)
        err(1, "fork");
    if (shared && child == 0) {
        hold(fd);
        return 0;
    }
    if (close(fd) == -1)
        err(1, "close");
    printf("the parent has closed it\n");
    fflush(stdout);
    if (shared && wait(NULL) == -1)
        err(1, "wait");
    if (!shared)
        sleep(7);
    return 0;
}
