// mptcp: keepalive on sockets of Multipath TCP.
//
//     mptcp [plain]
//
// Sets keepalive (3 s, 2 s, 4) on a listening and on a connecting MPTCP
// socket, connects them over loopback, and prints what the connecting
// one and the accepted one have; then what the kernel says to
// TCP_USER_TIMEOUT on the connecting one. With "plain" the listening
// socket is one of plain TCP. Exit status: 0 said, 1 a
// failed call.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP // glibc knows it since 2.32
#define IPPROTO_MPTCP 262
#endif

static void set(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) == -1)
        err(1, "setsockopt %d", option);
}

static int make(int protocol)
{
    int fd = socket(AF_INET, SOCK_STREAM, protocol);
    if (fd == -1)
        err(1, "socket");
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 3);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
    return fd;
}

static int get(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, option, &value, &size) == -1)
        err(1, "getsockopt %d", option);
    return value;
}

static void show(int fd, const char *name)
{
    int protocol = get(fd, SOL_SOCKET, SO_PROTOCOL);
    printf("%s: %s, keepalive %d, %d s, %d s, %d\n", name,
           protocol == IPPROTO_MPTCP ? "MPTCP" : "TCP",
           get(fd, SOL_SOCKET, SO_KEEPALIVE),
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
           get(fd, IPPROTO_TCP, TCP_KEEPINTVL),
           get(fd, IPPROTO_TCP, TCP_KEEPCNT));
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr =
                                      htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int plain = argc == 2 && strcmp(argv[1], "plain") == 0;
    int listener = make(plain ? IPPROTO_TCP : IPPROTO_MPTCP);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) ==
            -1 ||
        listen(listener, 1) == -1 ||
        getsockname(listener, (struct sockaddr *)&address, &size) == -1)
        err(1, "bind, listen or getsockname");
    int client = make(IPPROTO_MPTCP);
    if (connect(client, (struct sockaddr *)&address, sizeof address) ==
        -1)
        err(1, "connect");
    int accepted = accept(listener, NULL, NULL);
    if (accepted == -1)
        err(1, "accept");
    show(client, "connecting");
    show(accepted, "accepted");
    int timeout = 5000;
    int refused = setsockopt(client, IPPROTO_TCP, TCP_USER_TIMEOUT,
                             &timeout, sizeof timeout);
    printf("TCP_USER_TIMEOUT: %s\n",
           refused ? strerrorname_np(errno) : "accepted");
    fflush(stdout);
    sleep(4);
    return 0;
}
