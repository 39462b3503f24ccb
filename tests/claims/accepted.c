// accepted: what an accepted socket has from its listener.
//
//     accepted before|after
//
// Sets keepalive, an idle time of 60 s and a user timeout of 5000 ms on
// a listening socket, before or after a client connects to it, and
// prints what the accepted socket has. Exit status: 0 said, 1 a failed
// call, 2 wrong usage.

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

static void tune(int fd)
{
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
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

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: accepted before|after");
    int before = strcmp(argv[1], "before") == 0;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 || client == -1)
        err(1, "socket");
    if (before)
        tune(listener);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) == -1 ||
        listen(listener, 1) == -1 ||
        getsockname(listener, (struct sockaddr *)&a, &size) == -1)
        err(1, "listen");
    if (connect(client, (struct sockaddr *)&a, sizeof a) == -1)
        err(1, "connect");
    if (!before)
        tune(listener);
    int fd = accept(listener, NULL, NULL);
    if (fd == -1)
        err(1, "accept");
    printf("keepalive %d, idle %d s, user timeout %d ms\n",
           get(fd, SOL_SOCKET, SO_KEEPALIVE),
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
           get(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
    return 0;
}
