// rearm: changes keepalive a second after it has connected.
//
//     rearm HOST PORT idle|again|off-on
//
// Connects with keepalive on, an interval of 1 s and one probe, and the
// system's idle time. A second later it sets TCP_KEEPIDLE to 2 s, or
// lowers the system-wide idle time to 2 s and sets SO_KEEPALIVE to one
// again, or to zero and then to one. Says how and when the connection
// ended, counted from connect(), or that it is still connected after
// 6 s. Exit status: 0 said, 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
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

static void set_system_wide(void)
{
    int fd = open("/proc/sys/net/ipv4/tcp_keepalive_time", O_WRONLY);
    if (fd == -1 || write(fd, "2\n", 2) != 2)
        err(1, "tcp_keepalive_time");
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: rearm HOST PORT idle|again|off-on");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    if (getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
        errx(1, "%s port %s", argv[1], argv[2]);
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd == -1)
        err(1, "socket");
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 1);
    double start = now(); // before: the kernel may be quicker than we
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1)
        err(1, "connect");
    int idle = get(fd, IPPROTO_TCP, TCP_KEEPIDLE);
    struct timespec second = {.tv_sec = 1};
    nanosleep(&second, NULL);
    int predicted = 3;
    if (strcmp(argv[3], "idle") == 0) {
        set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 2);
    } else {
        set_system_wide();
        if (strcmp(argv[3], "off-on") == 0) {
            set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
            predicted = 4;
        }
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    }
    printf("keepalive %d: %d s, then %d s, 1 s, 1\n",
           get(fd, SOL_SOCKET, SO_KEEPALIVE), idle,
           get(fd, IPPROTO_TCP, TCP_KEEPIDLE));
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    if (poll(&p, 1, 5000) == 0)
        printf("still connected after %.1f s, predicted 6 s\n",
               now() - start);
    else if (recv(fd, &byte, 1, 0) == -1)
        printf("%s after %.1f s, predicted %d s\n",
               strerrorname_np(errno), now() - start, predicted);
    else
        printf("the peer has said something\n");
    return 0;
}
