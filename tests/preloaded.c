// preloaded: calls connect(), listen(), accept() and accept4() in all ways
// that keepalive-preload.so must not change, and prints what they say.
//
//     preloaded          results, errno and flags: the same with and without
//     preloaded values   the keepalive of each socket
//     preloaded threads  many connections from many threads at once
//
// tests/keepalive-preload.bats uses it. Exit status: 0, 1 if a call that
// must succeed failed.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PRESET = 1234 }; // an errno that no call sets

static int values;

static void said(const char *what, int result)
{
    int error = errno;
    if (!values)
        printf("%s: %s, errno %d\n", what, result == -1 ? "-1" : "well", error);
    errno = PRESET;
}

static void show(const char *what, int fd)
{
    int have[5] = {0};
    const int options[] = {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT};
    socklen_t size = sizeof(int);
    if (!values)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &have[4], &size) == -1)
        err(1, "getsockopt");
    for (int i = 0; i < 4; i++)
        if (getsockopt(fd, IPPROTO_TCP, options[i], &have[i], &size) == -1)
            have[i] = -1;
    printf("%s: %s %d/%d/%d %d\n", what, have[4] ? "on" : "off", have[0], have[1], have[2], have[3]);
}

static void pair(const char *name, int family, int protocol)
{
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
    socklen_t size = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (family == AF_INET6)
        ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
    else if (family == AF_INET)
        ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        size = offsetof(struct sockaddr_un, sun_path); // the kernel chooses a name
    printf("%s\n", name);
    int server = socket(family, SOCK_STREAM, protocol);
    int client = socket(family, SOCK_STREAM, protocol);
    if (server == -1 || client == -1 || bind(server, (struct sockaddr *)&address, size) == -1)
        err(1, "%s", name);
    errno = PRESET;
    said("listen", listen(server, 5));
    socklen_t full = sizeof address;
    if (getsockname(server, (struct sockaddr *)&address, &full) == -1)
        err(1, "getsockname");
    said("connect", connect(client, (struct sockaddr *)&address, full));
    said("connect again", connect(client, (struct sockaddr *)&address, full));
    struct sockaddr_storage from;
    socklen_t from_size = sizeof from;
    int accepted = accept4(server, (struct sockaddr *)&from, &from_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    said("accept4", accepted);
    if (!values)
        printf("flags %d %d, address of %u bytes\n", fcntl(accepted, F_GETFL) & O_NONBLOCK, fcntl(accepted, F_GETFD), from_size);
    if (fcntl(server, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    said("accept, nobody there", accept(server, NULL, NULL));
    show("listening", server);
    show("connected", client);
    show("accepted", accepted);
    close(client);
    close(accepted);
    close(server);
    int late = socket(family, SOCK_STREAM, protocol);
    errno = PRESET;
    said("connect, nobody listens", connect(late, (struct sockaddr *)&address, full));
    close(late);
}

static void *many(void *address)
{
    for (int i = 0; i < 300; i++) {
        int on = 0;
        socklen_t size = sizeof on;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd == -1 || connect(fd, address, sizeof(struct sockaddr_in)) == -1 ||
            getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size) == -1)
            err(1, "thread");
        if (on != 1)
            errx(1, "a connection without keepalive");
        struct linger now = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(fd);
    }
    return NULL;
}

static int threads(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t all[8];
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server == -1 || bind(server, (struct sockaddr *)&address, size) == -1 || listen(server, 4096) == -1 ||
        getsockname(server, (struct sockaddr *)&address, &size) == -1)
        err(1, "server");
    for (int i = 0; i < 8; i++)
        if (pthread_create(&all[i], NULL, many, &address) != 0)
            errx(1, "pthread_create");
    for (int i = 0; i < 8 * 300; i++) {
        int fd = accept(server, NULL, NULL);
        if (fd != -1)
            close(fd);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(all[i], NULL);
    printf("2400 connections\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "threads") == 0)
        return threads();
    values = argc > 1;
    pair("IPv4", AF_INET, 0);
    pair("IPv6", AF_INET6, 0);
    pair("MPTCP", AF_INET, 262);
    pair("Unix", AF_UNIX, 0);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    errno = PRESET;
    printf("UDP\n");
    said("connect", connect(udp, (struct sockaddr *)&there, sizeof there));
    said("listen", listen(udp, 1));
    said("accept", accept(udp, NULL, NULL));
    show("connected", udp);
    said("connect, no descriptor", connect(-1, (struct sockaddr *)&there, sizeof there));
    said("listen, no descriptor", listen(-1, 1));
    said("accept, no descriptor", accept(-1, NULL, NULL));
    said("accept4, no socket", accept4(1, NULL, NULL, 0));
    int slow = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    there.sin_addr.s_addr = htonl(0xc0000201); // 192.0.2.1: no way there
    said("connect, no way", connect(slow, (struct sockaddr *)&there, sizeof there));
    there.sin_family = AF_UNSPEC;
    said("connect, to nobody", connect(slow, (struct sockaddr *)&there, sizeof there));
    return 0;
}
