// sockopt: sets one integer option on a new socket and reads it back.
//
//     sockopt tcp|udp|unix SO_KEEPALIVE|TCP_KEEPIDLE VALUE
//
// Prints "set: reads back N", or the name of the error. For claims
// about what the kernel accepts. Exit status: 0 said, 1 no socket, 2
// usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: sockopt tcp|udp|unix OPTION VALUE");
    int unix_domain = strcmp(argv[1], "unix") == 0;
    int tcp = strcmp(argv[1], "tcp") == 0;
    int fd = socket(unix_domain ? AF_UNIX : AF_INET,
                    tcp || unix_domain ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (fd == -1)
        err(1, "socket");
    int idle = strcmp(argv[2], "TCP_KEEPIDLE") == 0;
    int level = idle ? IPPROTO_TCP : SOL_SOCKET;
    int option = idle ? TCP_KEEPIDLE : SO_KEEPALIVE;
    int value = atoi(argv[3]);
    socklen_t size = sizeof value;
    if (setsockopt(fd, level, option, &value, size) == -1 ||
        getsockopt(fd, level, option, &value, &size) == -1)
        printf("%s\n", strerrorname_np(errno));
    else
        printf("set: reads back %d\n", value);
    return 0;
}
