// accepted: what an accepted socket has from its listener.
//
//     accepted before|after|apart 4|6
//
// Sets keepalive, its three values and a user timeout on a listening
// socket, before or after a client connects to it, and prints what the
// accepted socket has. Apart: also changes the accepted socket, then
// the listener, and prints both each time. Exit status: 0 said, 1 a
// failed call, 2 wrong usage.

#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void set(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) == -1)
        err(1, "setsockopt %d", option);
}

static void tune(int fd, int idle)
{
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 6);
    set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
}

static int get(int fd, int level, int option)
{
    int value;
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, option, &value, &size) == -1)
        err(1, "getsockopt %d", option);
    return value;
}

static void show(int fd, const char *name)
{
    printf("%s: keepalive %d, idle %d s, interval %d s, count %d, "
           "user timeout %d ms\n",
           name, get(fd, SOL_SOCKET, SO_KEEPALIVE),
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
           get(fd, IPPROTO_TCP, TCP_KEEPINTVL),
           get(fd, IPPROTO_TCP, TCP_KEEPCNT),
           get(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: accepted before|after|apart 4|6");
    int after = strcmp(argv[1], "after") == 0;
    int six = strcmp(argv[2], "6") == 0;
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_addr.s_addr =
                                   htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 new = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *a =
        six ? (struct sockaddr *)&new : (struct sockaddr *)&four;
    socklen_t size = six ? sizeof new : sizeof four;
    int listener = socket(a->sa_family, SOCK_STREAM, 0);
    int client = socket(a->sa_family, SOCK_STREAM, 0);
    if (listener == -1 || client == -1)
        err(1, "socket");
    if (!after)
        tune(listener, 60);
    if (bind(listener, a, size) == -1 || listen(listener, 1) == -1 ||
        getsockname(listener, a, &size) == -1)
        err(1, "listen");
    if (connect(client, a, size) == -1)
        err(1, "connect");
    if (after)
        tune(listener, 60);
    int fd = accept(listener, NULL, NULL);
    if (fd == -1)
        err(1, "accept");
    printf("%s\n", a->sa_family == AF_INET6 ? "IPv6" : "IPv4");
    show(listener, "listener");
    show(fd, "accepted");
    if (strcmp(argv[1], "apart") != 0)
        return 0;
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 61);
    show(fd, "accepted changed, accepted");
    show(listener, "accepted changed, listener");
    set(listener, SOL_SOCKET, SO_KEEPALIVE, 0);
    set(listener, IPPROTO_TCP, TCP_KEEPIDLE, 62);
    set(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, 6000);
    show(listener, "listener changed, listener");
    show(fd, "listener changed, accepted");
    return 0;
}
